// The book of destinations as it was at a place of the log. The newest part before it is counted again; of what was first seen before that
// part, a row of today counts where nothing was added to it since then, and the others are said to be more, never shown with figures of now.
import { setImmediate } from 'node:timers/promises'
import { aboutSession } from './about-session.ts'
import { createDestinationBook, type Destination, type DestinationBook } from './destination-book.ts'
import type { ConsoleState } from './model/state.ts'
import { readBackEvents } from './past-signals.ts'
import type { StoredEvent } from './protocol/event.ts'

const pageEvents = 2_000
/** What the book counts, and what says names and denials. */
const kinds = [
  'connection.opened',
  'connection.closed',
  'flow.observed',
  'ssh.observed',
  'tls.observed',
  'http.requested',
  'file.transferred',
  'alert.raised',
] as const

export type PastDestinationLog = {
  readOfKinds(query: {
    afterSeq: number
    throughSeq: number
    kinds: readonly string[]
    limit: number
  }): Promise<StoredEvent[]>
  seenAtAfter(seq: number): Promise<number | undefined>
  /** `detail` is there where nothing was counted on the row since. */
  knownBy(atMs: number): Promise<{ key: string; firstSeenAtMs: number; detail: unknown }[]>
}

export type PastBook = {
  seq: number
  book: DestinationBook
  /** Whose sessions it knows; the newest that it was counted up to. */
  of: { state: ConsoleState }
  /** Absent: the whole log was counted. */
  countedSinceMs: number | undefined
  /** Rows that were not used in that part: names and denials may have been added later. */
  carried: number
  /** Known by then, and used again since: how much by then is not known. */
  unknown: number
}

export async function destinationsUpTo(
  { seq, atMs, state }: { seq: number; atMs: number; state: ConsoleState },
  log: PastDestinationLog,
  /** A book of an earlier place; it is this one's own from then on, and nobody else may look at it. */
  from?: PastBook,
): Promise<PastBook> {
  const of = from?.of ?? { state }
  of.state = state
  const book = from?.book ?? createDestinationBook((session) => aboutSession(of.state, session))
  const firstSeq = from?.seq ?? Math.max(0, seq - readBackEvents)
  const countedSinceMs = from ? from.countedSinceMs : firstSeq === 0 ? undefined : await log.seenAtAfter(firstSeq)
  for (let afterSeq = firstSeq; afterSeq < seq; ) {
    const events = await log.readOfKinds({ afterSeq, throughSeq: seq, kinds, limit: pageEvents })
    for (const event of events) book.take(event)
    afterSeq = events.length < pageEvents ? seq : (events.at(-1)?.seq ?? seq)
    await setImmediate()
  }
  let carried = from?.carried ?? 0
  let unknown = 0
  for (const { key, firstSeenAtMs, detail } of await log.knownBy(atMs)) {
    const counted = book.get(key)
    if (counted) counted.firstSeenAtMs = Math.min(counted.firstSeenAtMs, firstSeenAtMs)
    else if (detail !== undefined) {
      book.put(detail as Destination)
      carried += 1
    } else unknown += 1
  }
  return { seq, book, of, countedSinceMs, carried, unknown }
}
