'use client'
// Sessions that the palette may find: those of the view, and where the view is not the whole of them, what the server finds.
import { useEffect, useState } from 'react'
import { z } from 'zod'
import { SessionRow } from '../../server/protocol/browser-messages.ts'
import { useLive } from '../live/live-context.tsx'
import { apiCall } from '../settings/api-call.ts'

const Page = z.object({ sessions: z.array(SessionRow) })
const settleMs = 120
const askedMax = 50

/** Rows by id, the newest that this browser has. Read when the words change and not with every frame: a choice must not move. */
export function usePaletteSessions(words: readonly string[]): { rows: SessionRow[]; asking: boolean } {
  const { store } = useLive()
  const [found, setFound] = useState<{ word: string; rows: readonly SessionRow[] }>()
  // The server takes one piece of text; the longest says most.
  const word = [...words].sort((a, b) => b.length - a.length)[0] ?? ''
  const isWhole = store.newest().asked?.view === 'live'
  useEffect(() => {
    if (isWhole) return
    let stale = false
    const timer = setTimeout(async () => {
      const query = new URLSearchParams({ limit: String(askedMax), ...(word !== '' && { q: word.slice(0, 200) }) })
      const answer = await apiCall('GET', `/api/sessions?${query}`, Page)
      if (!stale) setFound({ word, rows: answer.value?.sessions ?? [] })
    }, settleMs)
    return () => {
      stale = true
      clearTimeout(timer)
    }
  }, [isWhole, word])
  const rows = new Map((found?.rows ?? []).map((row) => [row.session, row]))
  for (const row of store.newest().rows.values()) rows.set(row.session, row)
  return { rows: [...rows.values()], asking: !isWhole && found?.word !== word }
}
