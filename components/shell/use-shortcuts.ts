'use client'
// Binds keys to what the page does with them; the rules of what may fire are in shortcuts.ts.
import { useEffect, useRef } from 'react'
import { boundKeys, type Meanings } from './bound-keys.ts'
import { type KeyPress, type Shortcut, shortcutOf, shortcutOrder } from './shortcuts.ts'

/** `means`: where a key does something else here than its name in the help says. */
export function useShortcuts(handlers: Partial<Record<Shortcut, () => unknown>>, means: Meanings = {}): void {
  const newest = useRef(handlers)
  useEffect(() => {
    newest.current = handlers
  })
  const bound = shortcutOrder.filter((each) => handlers[each] !== undefined).join('\n')
  const said = JSON.stringify(means)
  useEffect(() => {
    if (bound === '') return
    return boundKeys.bind({ shortcuts: bound.split('\n') as Shortcut[], means: JSON.parse(said) as Meanings })
  }, [bound, said])
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const meaning = meaningOf(event)
      const shortcut = event.defaultPrevented ? undefined : meaning
      const handler = shortcut && newest.current[shortcut]
      if (!handler) return
      event.preventDefault()
      handler()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
}

const goMs = 1_500
const meanings = new WeakMap<KeyboardEvent, { shortcut: Shortcut | undefined }>()
let goneAtMs = Number.NEGATIVE_INFINITY

/** Read once a press, however many parts of the page listen: whether `g` came before it is the same for all of them. */
function meaningOf(event: KeyboardEvent): Shortcut | undefined {
  const known = meanings.get(event)
  if (known) return known.shortcut
  const shortcut = shortcutOf(pressOf(event))
  meanings.set(event, { shortcut })
  if (!isModifier(event.key)) goneAtMs = shortcut === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY
  return shortcut
}

function isModifier(key: string): boolean {
  return key === 'Shift' || key === 'Control' || key === 'Alt' || key === 'Meta'
}

function pressOf(event: KeyboardEvent): KeyPress {
  const { key, shiftKey: shift, ctrlKey: ctrl, metaKey: meta, altKey: alt, repeat, isComposing: composing } = event
  const afterGo = event.timeStamp - goneAtMs < goMs
  return { key, shift, ctrl, meta, alt, repeat, composing, afterGo, target: targetOf(event.target) }
}

function targetOf(target: EventTarget | null): KeyPress['target'] {
  if (!(target instanceof Element)) return 'page'
  const tick = 'input[type="checkbox"], input[type="radio"]'
  if (
    target.closest('input, textarea, select, [contenteditable=""], [contenteditable="true"]') &&
    !target.matches(tick)
  )
    return 'text'
  if (document.querySelector('[role="dialog"], [role="menu"]')) return 'dialog'
  return target.closest('input, button, a, summary, [role="tab"], [role="button"]') ? 'interactive' : 'page'
}
