'use client'
// Ctrl or ⌘ with S saves, with Enter backtests: the only keys with a modifier, and only while a text is edited.
import { useEffect, useRef } from 'react'
import { boundKeys, type OtherKeys } from '../shell/bound-keys.ts'

const editorKeys: OtherKeys = [
  { keys: ['Ctrl S', '⌘ S'], means: 'Save the text' },
  { keys: ['Ctrl ⏎', '⌘ ⏎'], means: 'Backtest the text' },
]

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
    const unbind = boundKeys.bind({ other: editorKeys })
    return () => {
      unbind()
      window.removeEventListener('keydown', onKeyDown)
    }
  }, [])
}
