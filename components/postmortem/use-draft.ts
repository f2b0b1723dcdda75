'use client'
// One draft, kept in this browser so that a reload or a lost session loses nothing.
import { useCallback, useEffect, useState } from 'react'
import { toast } from 'sonner'
import type { PostmortemSection } from '../../server/protocol/postmortem-section.ts'
import { useOperator } from '../shell/operator.tsx'
import { type Draft, draftKey, draftOf } from './section-draft.ts'

/** `isKept` false: this browser keeps nothing, and a reload would lose it. */
export function useDraft(incident: string, section: PostmortemSection) {
  const operator = useOperator()?.id
  const key = operator === undefined ? undefined : draftKey(operator, incident, section)
  const [draft, setDraft] = useState<Draft>()
  const [isKept, setKept] = useState(true)
  useEffect(() => {
    if (key !== undefined) setDraft(read(key))
  }, [key])
  const write = useCallback(
    (next: Draft | undefined) => {
      setDraft(next)
      setKept(key !== undefined && keep(key, next))
    },
    [key],
  )
  /** With the way back: a click on the wrong button loses nobody's work. */
  const drop = useCallback(
    (dropped: Draft) => {
      write(undefined)
      toast('The draft was thrown away', { action: { label: 'Undo', onClick: () => write(dropped) }, duration: 12_000 })
    },
    [write],
  )
  return { draft, write, drop, isKept }
}

function read(key: string): Draft | undefined {
  try {
    return draftOf(localStorage.getItem(key))
  } catch {
    return undefined
  }
}

function keep(key: string, draft: Draft | undefined): boolean {
  try {
    if (draft === undefined) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(draft))
    return true
  } catch {
    return draft === undefined
  }
}
