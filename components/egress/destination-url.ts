// What the pages of destinations keep in their URLs, and what they ask the server. Pure but for the hook.
import { parseAsBoolean, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'

export const listings = ['unlisted', 'partly', 'listed'] as const
export const rowsMax = 1_000
const wordsMax = 200

const destinationsUrl = {
  q: parseAsString.withDefault(''),
  listing: parseAsStringLiteral(listings),
  new: parseAsBoolean.withDefault(false),
  session: parseAsString.withDefault(''),
  host: parseAsString.withDefault(''),
}

export function useDestinationsUrl() {
  return useQueryStates(destinationsUrl, { history: 'replace', scroll: false })
}

export type DestinationsAsk = {
  q: string
  listing: (typeof listings)[number] | null
  new: boolean
  session: string
  host: string
}

export function destinationsPath(ask: DestinationsAsk, limit = rowsMax): string {
  const query = new URLSearchParams({ limit: String(limit) })
  const words = ask.q.trim().slice(0, wordsMax)
  if (words !== '') query.set('q', words)
  if (ask.listing) query.set('listing', ask.listing)
  if (ask.new) query.set('new', 'yes')
  if (ask.session !== '') query.set('session', ask.session)
  if (ask.host !== '') query.set('host', ask.host)
  return `/api/egress/destinations?${query}`
}

/** The page of one. Its key holds an address, so it is a parameter and no part of the path. */
export function destinationHref(key: string): string {
  return `/egress/destination?${new URLSearchParams({ key })}`
}

/** The form that allows it, filled in; nothing is changed by following it. */
export function allowHref(to: string, port: number | undefined, taskSet: string | undefined): string {
  const query = new URLSearchParams({ to, ...(port !== undefined && { ports: String(port) }) })
  if (taskSet !== undefined) {
    query.set('scope', 'taskSet')
    query.set('name', taskSet)
  }
  return `/egress/allowlists?${query}`
}

/** `443, 8000-8999` -> `[443, '8000-8999']`; empty: all of them. */
export function portsOf(text: string): (number | string)[] | undefined {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  return words.length === 0 ? undefined : words.map((word) => (/^\d{1,6}$/.test(word) ? Number(word) : word))
}
