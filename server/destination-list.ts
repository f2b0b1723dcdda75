// The list of destinations and one of them, out of a book: of today's and of one that was counted again for a moment of the past.
import { type Destination, type DestinationBook, keyOf, slotMs } from './destination-book.ts'
import { type createCoverage, inOrder, isNew, listingOf, matches, newForMs, viewOf } from './destination-views.ts'
import type { DetectionContexts } from './detection/context/context-schema.ts'
import type { DestinationDetail, DestinationPage } from './protocol/destination-view.ts'
import { newForMs as freshForMs, type LiveFigures } from './protocol/live-view.ts'
import type { DestinationsQuery } from './web/ports.ts'

export type SeenAs = {
  nowMs: number
  contexts: DetectionContexts
  coverage: ReturnType<typeof createCoverage>
  isRevoked: (session: string) => boolean
}

export function destinationPage(
  shelf: { rows: Iterable<Destination>; size: number; forgotten: number; isReading: boolean },
  { q, listing, onlyNew, session, host, protocol, offset, limit }: DestinationsQuery,
  { nowMs, contexts, coverage, isRevoked }: SeenAs,
): DestinationPage {
  const found: Destination[] = []
  const words = (q ?? '').trim().toLowerCase()
  let newCount = 0
  let newUnlisted = 0
  const listingNow = (row: Destination) => listingOf(row, coverage(row, contexts))
  for (const row of shelf.rows) {
    if (isNew(row, nowMs)) {
      newCount += 1
      if (listingNow(row) !== 'listed') newUnlisted += 1
    } else if (onlyNew) continue
    if (session !== undefined && !row.uses.some((use) => use.session === session)) continue
    if (host !== undefined && !row.uses.some((use) => use.host === host)) continue
    if (protocol !== undefined && row.protocol !== protocol) continue
    if (listing !== undefined && listingNow(row) !== listing) continue
    if (matches(row, words)) found.push(row)
  }
  found.sort(inOrder(listingNow, nowMs))
  return {
    destinations: found
      .slice(offset, offset + limit)
      .map((row) => viewOf(row, coverage(row, contexts), nowMs, isRevoked)),
    matching: found.length,
    kept: shelf.size,
    forgotten: shelf.forgotten,
    newCount,
    newUnlisted,
    newForMs,
    isReading: shelf.isReading,
  }
}

/** The one figure on Live, and what stands beside it. */
export function destinationFigures(
  shelf: { rows: Iterable<Destination>; size: number; forgotten: number; isReading: boolean },
  nowMs: number,
): LiveFigures['destinations'] {
  let [fresh, denied, newestAtMs] = [0, 0, 0]
  for (const row of shelf.rows) {
    if (nowMs - row.firstSeenAtMs > freshForMs) continue
    fresh += 1
    if (row.denied > 0) denied += 1
    newestAtMs = Math.max(newestAtMs, row.firstSeenAtMs)
  }
  return {
    fresh,
    denied,
    seen: shelf.size,
    ...(fresh > 0 && { newestAtMs }),
    isFull: shelf.forgotten > 0,
    isReading: shelf.isReading,
  }
}

export function destinationDetail(
  row: Destination,
  { nowMs, contexts, coverage, isRevoked }: SeenAs,
): DestinationDetail {
  return {
    destination: viewOf(row, coverage(row, contexts), nowMs, isRevoked),
    uses: [...row.uses].reverse(),
    slots: row.slots.map(([fromMs, connections]) => ({ fromMs, connections })),
    slotMs,
  }
}

/** A port may have been counted with the others of its address. */
export function rowOf(book: DestinationBook, key: string): Destination | undefined {
  const [protocol = '', address = ''] = key.split('~')
  return book.get(key) ?? book.get(keyOf(protocol, address, undefined))
}
