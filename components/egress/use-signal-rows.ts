'use client'
// Asks for the newest page again and again, and keeps the rows on screen; older pages come when asked for.
import { useCallback, useMemo, useState } from 'react'
import { z } from 'zod'
import { SignalView, type TieView } from '../../server/protocol/signal-view.ts'
import { usePastAt } from '../replay/replay-context.tsx'
import { asOf, pastAgainMs } from '../replay/replay-words.ts'
import { type ApiProblem, apiCall } from '../settings/api-call.ts'
import { useListed } from '../settings/use-listed.ts'
import { type Ask, signalsPath, type Tab } from './egress-url.ts'
import { addOlder, followPage, type Hand, insertWaiting, rowsAnew, type SignalRows, withTie } from './waiting-rows.ts'

const againMs = 2_000
const Count = z.object({ kept: z.number(), untied: z.number() })
export type Count = z.infer<typeof Count>
const Page = z.object({
  signals: z.array(SignalView),
  nextBefore: z.number().nullable(),
  counts: z.record(z.string(), Count),
  /** Of the past: only what was seen since then was looked at. */
  sinceMs: z.number().optional(),
})

type Kept = { path: string; tab: Tab; rows: SignalRows }
type Older = { path: string; asking: boolean; problem?: ApiProblem | undefined }

export function useSignalRows(ask: Ask, hand: Hand) {
  const at = usePastAt()
  const path = asOf(signalsPath(ask), at)
  // An answer says which question it is of: after a change of tab the one before may still come.
  const schema = useMemo(() => Page.transform((page) => ({ ...page, path })), [path])
  const { value, problem, again } = useListed(path, schema, true, at === undefined ? againMs : pastAgainMs)
  const [kept, setKept] = useState<Kept>()
  const [older, setOlder] = useState<Older>()
  const page = value?.path === path ? value : undefined
  const mine = kept?.path === path ? kept : undefined
  const rows = page ? (mine ? followPage(mine.rows, page, hand) : rowsAnew(page)) : mine?.rows
  if (rows && rows !== mine?.rows) setKept({ path, tab: ask.tab, rows })

  /** Only while these rows are still what is asked for. */
  const change = useCallback(
    (of: (rows: SignalRows) => SignalRows) =>
      setKept((now) => {
        if (now?.path !== path) return now
        const next = of(now.rows)
        return next === now.rows ? now : { ...now, rows: next }
      }),
    [path],
  )
  const loadOlder = async () => {
    const before = rows?.nextBefore
    if (before === null || before === undefined) return
    setOlder({ path, asking: true })
    const answer = await apiCall('GET', asOf(signalsPath(ask, before), at), Page)
    setOlder({ path, asking: false, problem: answer.problem })
    const found = answer.value
    if (found) change((now) => addOlder(now, found))
  }
  return {
    /** Undefined: the server was not heard yet. While new words are being asked for, the rows of those before. */
    rows: rows ?? (kept?.tab === ask.tab ? kept.rows : undefined),
    /** The rows are of an earlier question. */
    asking: rows === undefined,
    counts: value?.counts,
    sinceMs: value?.sinceMs,
    problem,
    again,
    insert: () => page && change((now) => insertWaiting(now, page)),
    learn: useCallback((id: string, tie: TieView | undefined) => change((now) => withTie(now, id, tie)), [change]),
    loadOlder,
    older: older?.path === path ? older : undefined,
  }
}
