'use client'
// Keeps the table's order: made anew when the operator asks, followed otherwise.
import { useMemo, useState } from 'react'
import { useView } from '../live/live-context.tsx'
import { follow, insertWaiting, noOrder, orderAnew, type SortKey } from './row-order.ts'
import { matcherOf, type StateGroup } from './session-filter.ts'

type Ask = { query: string; states: readonly StateGroup[]; sort: SortKey; ready: boolean; still: boolean }

export function useRowOrder({ query, states, sort, ready, still }: Ask) {
  const rows = useView((view) => view.rows)
  const samples = useView((view) => view.samples)
  const [again, setAgain] = useState(0)
  const stateKey = states.join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: `states` is a fresh array each time; its words are the key
  const matches = useMemo(() => matcherOf(query, states), [query, stateKey])
  const asked = `${ready} ${again} ${sort} ${stateKey} ${query}`
  const [kept, setKept] = useState({ asked: '', order: noOrder })
  const order =
    kept.asked === asked ? follow(kept.order, rows, matches, still) : orderAnew(rows, matches, sort, samples)
  if (order !== kept.order || kept.asked !== asked) setKept({ asked, order })
  return {
    order,
    total: rows.size,
    sortAgain: () => setAgain((times) => times + 1),
    insert: () => setKept({ asked, order: insertWaiting(order) }),
  }
}
