'use client'
// What the Live page keeps in its URL: which view, the filter, the sorting and the columns, so that a link shows the same list.
import {
  parseAsArrayOf,
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from 'nuqs'
import { useMemo } from 'react'
import { Capability } from '../../server/protocol/control.ts'
import { spans } from './lane-axis.ts'
import { sortKeys } from './row-order.ts'
import { type Chips, flagChoices, stateGroups } from './session-filter.ts'

export const liveViews = ['table', 'lanes'] as const

const liveUrl = {
  view: parseAsStringLiteral(liveViews).withDefault('table'),
  q: parseAsString.withDefault(''),
  state: parseAsArrayOf(parseAsStringLiteral(stateGroups)).withDefault([]),
  host: parseAsArrayOf(parseAsString).withDefault([]),
  agent: parseAsArrayOf(parseAsString).withDefault([]),
  task: parseAsArrayOf(parseAsString).withDefault([]),
  revoked: parseAsArrayOf(parseAsStringLiteral(Capability.options)).withDefault([]),
  flag: parseAsStringLiteral(flagChoices),
  risk: parseAsInteger,
  sort: parseAsStringLiteral(sortKeys).withDefault('started'),
  /** The other way round. */
  up: parseAsBoolean.withDefault(false),
  /** Absent: as this browser keeps them. */
  cols: parseAsArrayOf(parseAsString),
  /** Minutes that the lanes show. */
  span: parseAsStringLiteral(spans).withDefault('15'),
}

export function useLiveUrl() {
  return useQueryStates(liveUrl, { history: 'replace', scroll: false })
}

/** Takes every narrowing away. */
export const noFilter = {
  q: null,
  state: null,
  host: null,
  agent: null,
  task: null,
  revoked: null,
  flag: null,
  risk: null,
} as const

/** The same object while the link says the same. */
export function useChips(): Chips {
  const [{ host, agent, task, revoked, flag, risk }] = useLiveUrl()
  const key = JSON.stringify([host, agent, task, revoked, flag, risk])
  // biome-ignore lint/correctness/useExhaustiveDependencies: the arrays are fresh each time; their words are the key
  return useMemo(() => ({ host, agent, task, revoked, flag, risk }), [key])
}
