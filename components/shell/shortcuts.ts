// Which key press means something. Pure: nothing fires from a text field, with a modifier, or inside a dialog.
import { type RoomShortcut, roomOfKey, rooms } from './rooms.ts'

export type KeyPress = {
  key: string
  shift: boolean
  ctrl: boolean
  meta: boolean
  alt: boolean
  repeat: boolean
  /** An input method is composing a character. */
  composing: boolean
  /** The press before it was `g`, a moment ago: this one names a room. */
  afterGo: boolean
  /** Where the press landed. `interactive`: a button or link, which has its own use for Space and Enter. */
  target: 'text' | 'dialog' | 'interactive' | 'page'
}

const singles = [
  ...(['j', 'k', 'o', 'Enter', 'p', 'c', 'x', 'a', 'e', 'd', 'D', 'r'] as const),
  ...(['t', 'f', 'Escape', '/', ' ', 'g', '?', 'v'] as const),
] as const
export type Shortcut = RoomShortcut | (typeof singles)[number] | 'palette'
const single: ReadonlySet<string> = new Set<Shortcut>(singles)
const repeatable: ReadonlySet<string> = new Set(['j', 'k'])

/** A letter is a capital by the Shift key alone: with caps lock on, `d` must not become what only `⇧ D` does. */
function keyOf({ key, shift }: KeyPress): string {
  if (!/^[a-z]$/i.test(key)) return key
  return shift ? key.toUpperCase() : key.toLowerCase()
}

export function shortcutOf(press: KeyPress): Shortcut | undefined {
  const key = keyOf(press)
  if (press.composing || press.alt) return undefined
  if (press.ctrl || press.meta) return key.toLowerCase() === 'k' && !press.repeat ? 'palette' : undefined
  if (press.target === 'text' || press.target === 'dialog') return undefined
  if (press.target === 'interactive' && (key === ' ' || key === 'Enter')) return undefined
  if (press.repeat && !repeatable.has(key)) return undefined
  // After `g` a letter names a room or nothing: `g c` must never contain what is on screen.
  if (press.afterGo && key !== 'g') return roomOfKey(key)
  return single.has(key) ? (key as Shortcut) : undefined
}

export const shortcutHelp: readonly { keys: readonly string[]; means: string }[] = [
  { keys: ['j', 'k'], means: 'Move to the next or previous row' },
  { keys: ['o', 'Enter'], means: 'Open the session or rule, or what is known of the source or fact' },
  { keys: ['p'], means: 'Ask to pause it, or to resume it; press again to take it back' },
  { keys: ['c'], means: 'On a session’s page: ask to contain it; press again to take it back' },
  { keys: ['a'], means: 'Approve once; high and critical take the key twice' },
  { keys: ['e', 'r'], means: 'Edit what waits before it may run; write a reason for the agent' },
  { keys: ['d', '⇧ D'], means: 'Deny; deny and ask to pause its session' },
  { keys: ['x'], means: 'Select it, for containing several at once; Shift and a click select a range' },
  {
    keys: ['t', 'f', 'd'],
    means: 'On a rule’s page: say of a flag that it is so, noise or a drill; again to take it back',
  },
  { keys: ['Esc'], means: 'Let go of the selection, close what is open in the list' },
  { keys: ['/'], means: 'Filter the list' },
  { keys: ['v'], means: 'On Live: the views that this browser keeps' },
  { keys: ['Space'], means: 'Hold what is on screen; press again to go on' },
  ...rooms.map(({ key, name }) => ({ keys: ['g', key], means: `Go to ${name}` })),
  { keys: ['Ctrl K', '⌘ K'], means: 'Find or do anything' },
  { keys: ['?'], means: 'This help' },
]
