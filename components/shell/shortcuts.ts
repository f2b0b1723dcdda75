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
  ...(['t', 'f', 'Escape', '/', ' ', '[', ']', 'g', '?', 'v', 'n'] as const),
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

/** What each key means where it is bound; a page that means something else by one says so as it binds it. */
export const meaningOfKey: Readonly<Record<Shortcut, string>> = {
  j: 'Move to the next row',
  k: 'Move to the previous row',
  o: 'Open what is in focus',
  Enter: 'Open what is in focus',
  p: 'Ask to pause it, or to resume it; press again to take it back',
  c: 'Ask to contain it; press again to take it back',
  x: 'Select it, for containing several at once; Shift and a click select a range',
  a: 'Approve once; high and critical take the key twice',
  e: 'Edit what waits before it may run',
  d: 'Deny',
  D: 'Deny, and ask to pause its session',
  r: 'Write a reason for the agent',
  t: 'Say of the flag that it is so; again to take it back',
  f: 'Say of the flag that it is noise; again to take it back',
  Escape: 'Let go of the selection, close what is open in the list',
  '/': 'Filter the list',
  v: 'The views that this browser keeps',
  n: 'Write a note',
  ' ': 'Hold what is on screen; press again to go on',
  '[': 'Go to the mark before: a flag, a held action, a control',
  ']': 'Go to the next mark',
  g: 'Then a letter: go to a room',
  palette: 'Find or do anything',
  '?': 'This help',
  ...(Object.fromEntries(rooms.map(({ key, name }) => [`g ${key}`, `Go to ${name}`])) as Record<RoomShortcut, string>),
}

/** In the order in which the help tells them. */
export const shortcutOrder: readonly Shortcut[] = [
  ...singles.filter((key) => key !== 'g' && key !== '?'),
  ...rooms.map(({ key }) => `g ${key}` as const),
  'palette',
  '?',
]

const caps: Readonly<Partial<Record<Shortcut, readonly string[]>>> = {
  Escape: ['Esc'],
  ' ': ['Space'],
  D: ['⇧ D'],
  palette: ['Ctrl K', '⌘ K'],
}

/** What is printed on the keys. */
export function capsOf(shortcut: Shortcut): readonly string[] {
  return caps[shortcut] ?? shortcut.split(' ')
}
