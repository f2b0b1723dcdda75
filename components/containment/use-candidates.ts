'use client'
// The sessions that a scope is counted over: the live rows where the page has them all, else asked for over HTTP while it is needed.
// Always the newest, also while the view is held: nobody acts on a frozen picture.
import { useEffect, useState, useSyncExternalStore } from 'react'
import { z } from 'zod'
import { SessionRow } from '../../server/protocol/browser-messages.ts'
import { useLive } from '../live/live-context.tsx'
import type { Candidate } from './candidates.ts'

const Page = z.object({
  sessions: z.array(
    SessionRow.extend({
      labels: z.record(z.string(), z.string()).optional(),
      models: z.array(z.string()).optional(),
    }),
  ),
  nextCursor: z.number().nullable(),
})
const states = 'running,pausing,paused,resuming,silent,reported'
const againMs = 4_000
const pagesMax = 10

export type Candidates = {
  rows: readonly Candidate[]
  /** `partly`: there are more than were read. */
  known: 'yes' | 'partly' | 'not-yet' | 'failed'
}

export function useCandidates(): Candidates {
  const { store } = useLive()
  const rows = useSyncExternalStore(
    store.subscribe,
    () => (store.newest().asked?.view === 'live' ? store.newest().rows : undefined),
    () => undefined,
  )
  const [fetched, setFetched] = useState<Candidates>({ rows: [], known: 'not-yet' })
  const here = rows !== undefined
  useEffect(() => {
    if (here) return
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout>
    const ask = () =>
      void fetchCandidates(abort.signal)
        .then(setFetched, () => !abort.signal.aborted && setFetched((last) => ({ ...last, known: 'failed' })))
        .finally(() => {
          if (!abort.signal.aborted) timer = setTimeout(ask, againMs)
        })
    ask()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [here])
  const [kept, setKept] = useState<{ of: typeof rows; value: Candidates }>()
  if (rows === undefined) return fetched
  if (kept?.of === rows) return kept.value
  const value: Candidates = { rows: [...rows.values()], known: 'yes' }
  setKept({ of: rows, value })
  return value
}

async function fetchCandidates(signal: AbortSignal): Promise<Candidates> {
  const rows: Candidate[] = []
  let cursor: number | null = null
  for (let page = 0; page < pagesMax; page += 1) {
    const from: string = cursor === null ? '' : `&cursor=${cursor}`
    const response = await fetch(`/api/sessions?state=${states}&limit=1000${from}`, { signal })
    if (!response.ok) throw new Error(`answered ${response.status}`)
    const { sessions, nextCursor } = Page.parse(await response.json())
    rows.push(...(sessions as Candidate[]))
    cursor = nextCursor
    if (cursor === null) return { rows, known: 'yes' }
  }
  return { rows, known: 'partly' }
}
