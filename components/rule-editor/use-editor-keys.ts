'use client'
// Ctrl or ⌘ with S saves, with Enter backtests: the only keys with a modifier, and only while a text is edited.
import { useEffect, useRef } from 'react'

type Deeds = { onSave: () => void; onBacktest: () => void }

export function useEditorKeys(deeds: Deeds): void {
  const newest = useRef(deeds)
  useEffect(() => {
    newest.current = deeds
  })
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.repeat) return
      if (document.querySelector('[role="dialog"]')) return
      const key = event.key.toLowerCase()
      if (key !== 's' && key !== 'enter') return
      // The browser would save the page.
      event.preventDefault()
      if (key === 's') newest.current.onSave()
      else newest.current.onBacktest()
    }
    window.addEventListener('keydown', onKeyDown)
    return () => window.removeEventListener('keydown', onKeyDown)
  }, [])
}
