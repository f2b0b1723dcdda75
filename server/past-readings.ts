// What is read of a moment, by name: plain data in, plain data out, so that whoever rebuilt the state reads it too and no state is handed over.

import { destinationDetail, destinationFigures, destinationPage, rowOf, type SeenAs } from './destination-list.ts'
import { createCoverage } from './destination-views.ts'
import type { DetectionContexts } from './detection/context/context-schema.ts'
import { gpusOfIncident } from './model/gpu-course.ts'
import { projectApprovals } from './model/project-approval.ts'
import { projectGpus, projectOffTask } from './model/project-gpu.ts'
import { type OffTaskOf, projectIncidentDetail, projectIncidents } from './model/project-incident.ts'
import { emptySampleHistory } from './model/sample-history.ts'
import type { ConsoleState } from './model/state.ts'
import { timesIn } from './numbers.ts'
import { destinationsUpTo, type PastBook, type PastDestinationLog } from './past-destinations.ts'
import { type PastSignals, type ReadNewest, signalsUpTo } from './past-signals.ts'
import type { GpuPrices } from './protocol/gpu-truth-view.ts'
import type { EventId, SessionId } from './protocol/ids.ts'
import { namesOfGpu } from './web/gpu-names.ts'
import { hostsOf } from './web/incident-ground.ts'
import { incidentsPage } from './web/incidents-page.ts'
import type { PastReading, PastReadings } from './web/ports.ts'
import { sessionDetailOf, sessionPageOf } from './web/session-page.ts'

/** What was put together for one moment is asked for again by the next page of it. */
const keptMax = 3
/** Events between two moments of which the later goes on from the earlier. */
const aheadMax = 20_000

/** Two moments between the same two events differ in what is new by then, so the moment counts too. */
export type Then = { state: ConsoleState; seq: number; atMs: number }
type Readers = {
  [N in PastReading]: (then: Then, query: PastReadings[N]['query']) => Promise<PastReadings[N]['answer']>
}

export function createPastReadings(log: PastDestinationLog & { readNewest: ReadNewest }): Readers {
  const signals = keptFew<PastSignals>((then, from) => signalsUpTo(then.seq, log.readNewest, from))
  const books = keptFew<PastBook>((then, from) => destinationsUpTo(then, log, from))

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
    incidents: async ({ state, atMs }, { ask, prices }) =>
      incidentsPage(projectIncidents(state, atMs, offTaskAt(state, prices, atMs)), ask),
    async incident({ state, atMs }, { id, prices }) {
      const incident = state.incidents.get(id)
      if (!incident) return undefined
      const detail = projectIncidentDetail(state, incident, atMs, offTaskAt(state, prices, atMs))
      return { incident, detail, hosts: hostsOf(state, incident.sessions) }
    },
    async incidentEvidence(then, { sessions, gpuFacts, subjects }) {
      const { state, atMs, seq } = then
      const { ties } = await signals(then)
      const current = subjects.flatMap((subject): [EventId, EventId][] => {
        const tie = ties.get(subject)
        return tie ? [[subject, tie.event]] : []
      })
      return {
        // Readings of then are of another store: an exporter's own word on who had the card is not asked for.
        used: gpusOfIncident(state, gpuFacts, new Set(sessions), [], atMs),
        ties: new Map(current),
        headSeq: new Map([...state.headSeq.keys()].map((partition) => [partition, seq])),
      }
    },
    incidentTimes: async ({ state }) => timesIn(state),
    async signals(then, query) {
      const { board, sinceSeq } = await signals(then)
      // Read at once: another moment may take the board on from here.
      const page = { ...board.list(query), counts: board.counts() }
      return { ...page, sinceMs: sinceSeq === 0 ? undefined : await log.seenAtAfter(sinceSeq) }
    },
    async signal(then, { id }) {
      const { board, ties } = await signals(then)
      const event = board.get(id)
      return event && { event, tie: ties.get(id) }
    },
    async destinations(then, { ask, contexts, of }) {
      const made = await books(then)
      const { book } = made
      const shelf = { rows: book.rows(), size: book.size(), forgotten: book.forgotten(), isReading: false }
      return { ...destinationPage(shelf, ask, seenAs(then, contexts)), past: told(made, of) }
    },
    async destinationFigures(then) {
      const { book, unknown } = await books(then)
      // What was known by then and is not counted again for it was known before: it is not new.
      const shelf = { rows: book.rows(), size: book.size() + unknown, forgotten: book.forgotten(), isReading: false }
      return destinationFigures(shelf, then.atMs)
    },
    async destination(then, { key, contexts, of }) {
      const made = await books(then)
      const row = rowOf(made.book, key)
      return row && { ...destinationDetail(row, seenAs(then, contexts)), past: told(made, of) }
    },
  }
}

/** Models of cards are as their hosts told them. */
const offTaskAt =
  (state: ConsoleState, prices: GpuPrices, nowMs: number): OffTaskOf =>
  (sessions) =>
    projectOffTask(state, sessions, { samples: emptySampleHistory(), prices, nowMs })

/**
 * What is put together for a moment, kept for the next page of it. One a little later goes on from the nearest before, which nobody sees any
 * more: those who waited for it have read it by then, and it changes only after a reading of the log.
 */
function keptFew<T extends { seq: number }>(make: (then: Then, from?: T) => Promise<T>): (then: Then) => Promise<T> {
  const kept = new Map<string, { then: Then; made: Promise<T> }>()
  return (then) => {
    const key = `${then.seq} ${then.atMs}`
    const known = kept.get(key)
    if (known) return known.made
    let nearest: { key: string; then: Then; made: Promise<T> } | undefined
    for (const [at, each] of kept) {
      const ahead = then.seq - each.then.seq
      if (ahead < 0 || ahead > aheadMax || each.then.atMs > then.atMs) continue
      if (nearest === undefined || each.then.seq >= nearest.then.seq) nearest = { key: at, ...each }
    }
    if (nearest) kept.delete(nearest.key)
    const made = nearest ? nearest.made.then((from) => make(then, from)) : make(then)
    kept.set(key, { then, made })
    // What failed is asked for again.
    made.catch(() => kept.delete(key))
    for (const oldest of kept.keys()) {
      if (kept.size <= keptMax) break
      kept.delete(oldest)
    }
    return made
  }
}
