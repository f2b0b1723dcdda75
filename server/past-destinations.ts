// The book of destinations as it was at a place of the log. The newest part before it is counted again; of what was first seen before that
// part, a row of today counts where nothing was added to it since then, and the others are said to be more, never shown with figures of now.
import { setImmediate } from 'node:timers/promises'
import { aboutSession } from './about-session.ts'
import { createDestinationBook, type Destination, type DestinationBook } from './destination-book.ts'
import type { ConsoleState } from './model/state.ts'
import type { StoredEvent } from './protocol/event.ts'

const readBackEvents = 150_000
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
  book: DestinationBook
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
): Promise<PastBook> {
  const book = createDestinationBook((session) => aboutSession(state, session))
  const firstSeq = Math.max(0, seq - readBackEvents)
  const countedSinceMs = firstSeq === 0 ? undefined : await log.seenAtAfter(firstSeq)
  for (let afterSeq = firstSeq; afterSeq < seq; ) {
    const events = await log.readOfKinds({ afterSeq, throughSeq: seq, kinds, limit: pageEvents })
    for (const event of events) book.take(event)
    afterSeq = events.length < pageEvents ? seq : (events.at(-1)?.seq ?? seq)
    await setImmediate()
  }
  let carried = 0
  let unknown = 0
  for (const { key, firstSeenAtMs, detail } of await log.knownBy(atMs)) {
    const counted = book.get(key)
    if (counted) counted.firstSeenAtMs = Math.min(counted.firstSeenAtMs, firstSeenAtMs)
    else if (detail !== undefined) {
      book.put(detail as Destination)
      carried += 1
    } else unknown += 1
  }
  return { book, countedSinceMs, carried, unknown }
}
