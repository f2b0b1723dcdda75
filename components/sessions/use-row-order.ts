'use client'
// Keeps the table's order: made anew when the operator asks, followed otherwise. Looks at the rows only when they are other rows.
import { useMemo, useState } from 'react'
import { useLive, useView } from '../live/live-context.tsx'
import { follow, insertWaiting, noOrder, orderAnew, type SortKey } from './row-order.ts'
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

export function useRowOrder({ query, states, chips, sort, up, ready, still }: Ask) {
  const { store } = useLive()
  const rows = useView((view) => view.rows)
  const [again, setAgain] = useState(0)
  const stateKey = states.join(' ')
  // biome-ignore lint/correctness/useExhaustiveDependencies: `states` is a fresh array each time; its words are the key
  const matches = useMemo(
    () => matcherOf(query, states, chips, Date.now() + store.clock().offsetMs),
    [query, stateKey, chips, store],
  )
  const asked = `${ready} ${again} ${sort} ${up} ${stateKey} ${JSON.stringify(chips)} ${query}`
  const [kept, setKept] = useState({ asked: '', order: noOrder })
  const order = useMemo(
    () =>
      kept.asked === asked
        ? follow(kept.order, rows, matches, still)
        : orderAnew(rows, matches, sort, store.shown().samples, up),
    [kept, asked, rows, matches, still, sort, up, store],
  )
  if (order !== kept.order || kept.asked !== asked) setKept({ asked, order })
  return {
    order,
    total: rows.size,
    sortAgain: () => setAgain((times) => times + 1),
    insert: () => setKept({ asked, order: insertWaiting(order) }),
  }
}
