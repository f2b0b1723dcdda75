'use client'
// Keeps the table's order: made anew when the operator asks, followed otherwise. Looks at the rows only when they are other rows.
import { useMemo, useState } from 'react'
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { useLive } from '../live/live-context.tsx'
import { usePacedView } from '../live/use-paced-view.ts'
import { append, follow, insertWaiting, noOrder, orderAnew, type RowOrder, type SortKey } from './row-order.ts'
import { type Chips, matcherOf, type StateGroup } from './session-filter.ts'

type Ask = {
  query: string
  states: readonly StateGroup[]
  /** The same object while it says the same. */
  chips: Chips
  sort: SortKey
  up: boolean
  ready: boolean
  still: boolean
}

type Kept = { asked: string; order: RowOrder; rows: ReadonlyMap<string, SessionRow>; isComing: boolean }
const noRows: Kept['rows'] = new Map()

export function useRowOrder({ query, states, chips, sort, up, ready, still }: Ask) {
  const { store } = useLive()
  const { rows, toCome } = usePacedView()
  const isComing = toCome > 0
  const [again, setAgain] = useState(0)
  const stateKey = states.join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: `states` is a fresh array each time; its words are the key
  const matches = useMemo(
    () => matcherOf(query, states, chips, Date.now() + store.clock().offsetMs),
    [query, stateKey, chips, store],
  )
  const asked = `${ready} ${again} ${sort} ${up} ${stateKey} ${JSON.stringify(chips)} ${query}`
  const [kept, setKept] = useState<Kept>({ asked: '', order: noOrder, rows: noRows, isComing: false })
  const order = useMemo(() => {
    const anew = () => orderAnew(rows, matches, sort, store.shown().samples, up)
    if (kept.asked !== asked) return anew()
    // While older rows still come, those at the end are theirs; without a hand on the table each place is exact.
    if (kept.isComing && !still) return kept.rows === rows ? kept.order : anew()
    return follow(kept.isComing ? append(kept.order, rows, matches) : kept.order, rows, matches, still)
  }, [kept, asked, rows, matches, still, sort, up, store])
  if (order !== kept.order || kept.asked !== asked || kept.isComing !== isComing)
    setKept({ asked, order, rows, isComing })
  return {
    order,
    total: rows.size + toCome,
    sortAgain: () => setAgain((times) => times + 1),
    insert: () => setKept({ asked, order: insertWaiting(order), rows, isComing }),
  }
}
