// What the Egress page keeps in its URL, so that a link shows the same facts, and what it asks the server for them. Pure but for the hook.
import { parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { type SignalGroup, signalGroups } from '../../server/protocol/signal-view.ts'

/** In the order of the tabs: what needs a person first. */
export const tabs = ['alerts', 'flows', 'lookups', 'sessions', 'host'] as const satisfies readonly SignalGroup[]
export type Tab = (typeof tabs)[number]
// Fails to compile when a group has no tab.
signalGroups satisfies Record<Tab, readonly string[]>

/** Which facts by what is known of them; one word in the link, so that a new one can be added. */
export const tiesChoices = ['all', 'tied', 'untied'] as const
export type Ties = (typeof tiesChoices)[number]
const tiedAsked: Readonly<Record<Ties, string | undefined>> = { all: undefined, tied: 'yes', untied: 'no' }

/** Each open row is asked for again and again: a link must not open more than a person would. */
export const openMax = 24

export const egressUrl = {
  tab: parseAsStringLiteral(tabs).withDefault('alerts'),
  q: parseAsString.withDefault(''),
  ties: parseAsStringLiteral(tiesChoices).withDefault('all'),
  /** Ids of the rows that are open; those past `openMax` are not looked at. */
  open: parseAsArrayOf(parseAsString).withDefault([]),
}

export function useEgressUrl() {
  return useQueryStates(egressUrl, { history: 'replace', scroll: false })
}

export type Ask = { tab: Tab; q: string; ties: Ties }
export const pageSize = 200
/** As many characters as the server takes. */
const wordsMax = 200

/** `before`: `nextBefore` of the page before. */
export function signalsPath({ tab, q, ties }: Ask, before?: number): string {
  const query = new URLSearchParams({ groups: tab, limit: String(pageSize) })
  const tied = tiedAsked[ties]
  if (tied !== undefined) query.set('tied', tied)
  const words = q.trim().slice(0, wordsMax)
  if (words !== '') query.set('q', words)
  if (before !== undefined) query.set('before', String(before))
  return `/api/signals?${query}`
}

export function signalPath(id: string): string {
  return `/api/signals/${encodeURIComponent(id)}`
}
