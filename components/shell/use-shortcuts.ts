'use client'
// Binds keys to what the page does with them; the rules of what may fire are in shortcuts.ts.
import { useEffect, useRef } from 'react'
import { type KeyPress, type Shortcut, shortcutOf } from './shortcuts.ts'

export function useShortcuts(handlers: Partial<Record<Shortcut, () => unknown>>): void {
  const newest = useRef(handlers)
  useEffect(() => {
    newest.current = handlers
  })
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const shortcut = event.defaultPrevented ? undefined : shortcutOf(pressOf(event))
      const handler = shortcut && newest.current[shortcut]
      if (!handler) return
      event.preventDefault()
      handler()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
}

function pressOf(event: KeyboardEvent): KeyPress {
  const { key, ctrlKey: ctrl, metaKey: meta, altKey: alt, repeat, isComposing: composing } = event
  return { key, ctrl, meta, alt, repeat, composing, target: targetOf(event.target) }
}

function targetOf(target: EventTarget | null): KeyPress['target'] {
  if (!(target instanceof Element)) return 'page'
  if (target.closest('input, textarea, select, [contenteditable=""], [contenteditable="true"]')) return 'text'
  if (document.querySelector('[role="dialog"], [role="menu"]')) return 'dialog'
  return target.closest('button, a, summary, [role="tab"], [role="button"]') ? 'interactive' : 'page'
}
