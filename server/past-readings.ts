// What is read of a moment, by name: plain data in, plain data out, so that whoever rebuilt the state reads it too and no state is handed over.

import { destinationDetail, destinationPage, rowOf, type SeenAs } from './destination-list.ts'
import { createCoverage } from './destination-views.ts'
import type { DetectionContexts } from './detection/context/context-schema.ts'
import { projectApprovals } from './model/project-approval.ts'
import { projectGpus } from './model/project-gpu.ts'
import { emptySampleHistory } from './model/sample-history.ts'
import type { ConsoleState } from './model/state.ts'
import { timesIn } from './numbers.ts'
import { destinationsUpTo, type PastBook, type PastDestinationLog } from './past-destinations.ts'
import { type PastSignals, type ReadNewest, readBackEvents, signalsUpTo } from './past-signals.ts'
import type { SessionId } from './protocol/ids.ts'
import { namesOfGpu } from './web/gpu-names.ts'
import type { PastReading, PastReadings } from './web/ports.ts'
import { sessionDetailOf, sessionPageOf } from './web/session-page.ts'

/** What was put together for one moment is asked for again by the next page of it. */
const keptMax = 3

export type Then = { state: ConsoleState; seq: number; atMs: number }
type Readers = {
  [N in PastReading]: (then: Then, query: PastReadings[N]['query']) => Promise<PastReadings[N]['answer']>
}

export function createPastReadings(log: PastDestinationLog & { readNewest: ReadNewest }): Readers {
  const signalsAt = keptFew((seq: number) => signalsUpTo(seq, log.readNewest))
  const booksAt = new Map<string, Promise<PastBook>>()

  /** Two moments between the same two events differ in what was known by then, so the moment counts too. */
  function bookAt(then: Then): Promise<PastBook> {
    const key = `${then.seq} ${then.atMs}`
    const known = booksAt.get(key)
    if (known) return known
    const made = destinationsUpTo(then, log)
    keep(booksAt, key, made)
    return made
  }

  const seenAs = ({ state, atMs }: Then, contexts: object): SeenAs => ({
    nowMs: atMs,
    contexts: contexts as DetectionContexts,
    coverage: createCoverage(),
    isRevoked: (id) => state.sessions.get(id as SessionId)?.readings.get('network')?.restricted === true,
  })

  const told = ({ countedSinceMs, carried, unknown }: PastBook, lists: 'then' | 'now') => ({
    ...(countedSinceMs !== undefined && { countedSinceMs }),
    carried,
    unknown,
    lists,
  })

  return {
    sessions: async ({ state, atMs }, query) => sessionPageOf(state, query, atMs),
    session: async ({ state }, { id }) => sessionDetailOf(state, id, emptySampleHistory()),
    approvals: async ({ state }) => projectApprovals(state),
    gpus: async ({ state, atMs }, { samples, prices }) => projectGpus(state, samples, prices, atMs),
    gpuNames: async ({ state }, { host, gpu }) => namesOfGpu(state.gpus.values(), host, gpu),
    incidentTimes: async ({ state }) => timesIn(state),
    async signals({ seq }, query) {
      const { board } = await signalsAt(seq)
      const firstSeq = Math.max(0, seq - readBackEvents)
      const sinceMs = firstSeq === 0 ? undefined : await log.seenAtAfter(firstSeq)
      return { ...board.list(query), counts: board.counts(), sinceMs }
    },
    async signal({ seq }, { id }) {
      const { board, tieOf }: PastSignals = await signalsAt(seq)
      const event = board.get(id)
      return event && { event, tie: tieOf(id) }
    },
    async destinations(then, { ask, contexts, of }) {
      const made = await bookAt(then)
      const { book } = made
      const shelf = { rows: book.rows(), size: book.size(), forgotten: book.forgotten(), isReading: false }
      return { ...destinationPage(shelf, ask, seenAs(then, contexts)), past: told(made, of) }
    },
    async destination(then, { key, contexts, of }) {
      const made = await bookAt(then)
      const row = rowOf(made.book, key)
      return row && { ...destinationDetail(row, seenAs(then, contexts)), past: told(made, of) }
    },
  }
}

function keptFew<T>(make: (seq: number) => Promise<T>): (seq: number) => Promise<T> {
  const kept = new Map<number, Promise<T>>()
  return (seq) => {
    const known = kept.get(seq)
    if (known) return known
    const made = make(seq)
    keep(kept, seq, made)
    return made
  }
}

function keep<K, T>(kept: Map<K, Promise<T>>, key: K, made: Promise<T>): void {
  kept.set(key, made)
  // What failed is asked for again.
  made.catch(() => kept.get(key) === made && kept.delete(key))
  for (const oldest of kept.keys()) {
    if (kept.size <= keptMax) return
    kept.delete(oldest)
  }
}
