// Which key press means something. Pure: nothing fires from a text field, with a modifier, or inside a dialog.

export type KeyPress = {
  key: string
  ctrl: boolean
  meta: boolean
  alt: boolean
  repeat: boolean
  /** An input method is composing a character. */
  composing: boolean
  /** Where the press landed. `interactive`: a button or link, which has its own use for Space and Enter. */
  target: 'text' | 'dialog' | 'interactive' | 'page'
}

export type Shortcut = 'j' | 'k' | 'o' | 'Enter' | 'p' | '/' | ' ' | 'g' | 'l' | '?' | 'palette'
const single: ReadonlySet<string> = new Set<Shortcut>(['j', 'k', 'o', 'Enter', 'p', '/', ' ', 'g', 'l', '?'])
const repeatable: ReadonlySet<string> = new Set(['j', 'k'])

export function shortcutOf(press: KeyPress): Shortcut | undefined {
  if (press.composing || press.alt) return undefined
  if (press.ctrl || press.meta) return press.key.toLowerCase() === 'k' && !press.repeat ? 'palette' : undefined
  if (press.target === 'text' || press.target === 'dialog') return undefined
  if (press.target === 'interactive' && (press.key === ' ' || press.key === 'Enter')) return undefined
  if (press.repeat && !repeatable.has(press.key)) return undefined
  return single.has(press.key) ? (press.key as Shortcut) : undefined
}

export const shortcutHelp: readonly { keys: readonly string[]; means: string }[] = [
  { keys: ['j', 'k'], means: 'Move to the next or previous session' },
  { keys: ['o', 'Enter'], means: 'Open the session' },
  { keys: ['p'], means: 'Ask to pause it, or to resume it; press again to take it back' },
  { keys: ['/'], means: 'Filter the list' },
  { keys: ['Space'], means: 'Hold what is on screen; press again to go on' },
  { keys: ['g', 'l'], means: 'Go to Live' },
  { keys: ['Ctrl K', '⌘ K'], means: 'Find or do anything' },
  { keys: ['?'], means: 'This help' },
]
