'use client'
// What the Live page keeps in its URL: the filter and the sorting, so that a link shows the same list.
import { parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { sortKeys } from './row-order.ts'
import { stateGroups } from './session-filter.ts'

export function useLiveUrl() {
  return useQueryStates(
    {
      q: parseAsString.withDefault(''),
      state: parseAsArrayOf(parseAsStringLiteral(stateGroups)).withDefault([]),
      sort: parseAsStringLiteral(sortKeys).withDefault('started'),
    },
    { history: 'replace', scroll: false },
  )
}
