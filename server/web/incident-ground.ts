// What an incident is read against: the state as it is now, or as it was at a moment. One reading of the log serves both; only whoever knows
// the state is another.
import { gpusOfIncident, type UsedGpu } from '../model/gpu-course.ts'
import type { IncidentState } from '../model/incident-state.ts'
import { type OffTaskOf, projectIncidentDetail } from '../model/project-incident.ts'
import type { ConsoleState } from '../model/state.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { assumedGpuPrices } from '../protocol/gpu-truth-view.ts'
import type { EventId, HostId, SessionId } from '../protocol/ids.ts'
import type { IncidentDetail, IncidentId } from '../protocol/incident.ts'
import type { TieView } from '../protocol/signal-view.ts'
import type { GpuPriceStore } from './gpu-routes.ts'
import type { Clock, PastPort, PipelinePort, SamplesPort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { readAt } from './replay-routes.ts'

/** Of the newest part of the log it is known in memory which ties stand; an older conclusion is taken as the log has it. */
const rememberedSeqs = 100_000

/** What facts are worth as of that moment. */
export type Weighed = {
  /** False: a conclusion that had been taken back, or replaced. */
  stands(event: StoredEvent): boolean
  used: UsedGpu[]
}

export type IncidentGround = {
  nowMs: number
  /** True: of a moment that is over, so that it is the same whenever it is asked for. */
  isPast: boolean
  incident: IncidentState
  detail: IncidentDetail
  /** On which its sessions run or ran. */
  hosts: HostId[]
  weigh(events: readonly StoredEvent[], sessions: readonly SessionId[]): Promise<Weighed>
}

export type GroundPorts = {
  /** When the log has the newest event of an incident; undefined: it has none. */
  incidentLastSeenAt(id: IncidentId): Promise<number | undefined>
  pipeline: PipelinePort
  samples: Pick<SamplesPort, 'history'>
  prices: GpuPriceStore
  past: PastPort
  clock: Clock
  tieOf(id: EventId): TieView | undefined
  offTaskOf: OffTaskOf
}

/**
 * As it is now, or was at the moment `at` (as in the address). What was over for so long that it left memory is as the log had it when it was
 * last changed: a postmortem is reopened after months. Throws ProblemError 404 where there is none, 422 for what is no moment.
 */
export async function groundOf(
  ports: GroundPorts,
  req: { raw: Request },
  id: IncidentId,
  at: string | undefined,
): Promise<IncidentGround> {
  if (at !== undefined) return await groundAt(ports, req, at, id)
  if (ports.pipeline.state.incidents.has(id)) return groundNow(ports, id)
  const lastMs = await ports.incidentLastSeenAt(id)
  if (lastMs === undefined) return none()
  const ground = await groundAt(ports, req, String(lastMs), id)
  return { ...ground, detail: { ...ground.detail, asLastKnownAtMs: lastMs } }
}

function groundNow({ pipeline, samples, clock, tieOf, offTaskOf }: GroundPorts, id: IncidentId): IncidentGround {
  const { state } = pipeline
  const nowMs = clock.nowMs()
  const incident = state.incidents.get(id) ?? none()
  return {
    nowMs,
    isPast: false,
    incident,
    detail: projectIncidentDetail(state, incident, nowMs, offTaskOf),
    hosts: hostsOf(state, incident.sessions),
    weigh: async (events, sessions) => ({
      used: gpusOfIncident(state, events, new Set(sessions), samples.history.gpus.values(), clock.nowMs()),
      stands: standing((event) => tieOf(event)?.event, state.headSeq),
    }),
  }
}

async function groundAt(
  { past, clock, prices }: GroundPorts,
  req: { raw: Request },
  at: string,
  id: IncidentId,
): Promise<IncidentGround> {
  const query = { id, prices: prices.read() ?? assumedGpuPrices }
  const read = await readAt({ past, clock }, req, at, 'incident', query)
  const found = read?.answer ?? none()
  return {
    ...found,
    nowMs: read?.atMs ?? clock.nowMs(),
    isPast: true,
    async weigh(events, sessions) {
      const weighed = await readAt({ past, clock }, req, at, 'incidentEvidence', {
        sessions,
        gpuFacts: events.filter(({ kind }) => kind === 'gpu.process.started' || kind === 'gpu.process.reported'),
        subjects: events.flatMap((event) => subjectOf(event) ?? []),
      })
      const { used = [], ties, headSeq } = weighed?.answer ?? {}
      return { used, stands: standing((event) => ties?.get(event), headSeq ?? new Map()) }
    },
  }
}

export function hostsOf(state: ConsoleState, sessions: readonly SessionId[]): HostId[] {
  return [...new Set(sessions.flatMap((session) => state.sessions.get(session)?.host ?? []))]
}

function none(): never {
  throw new ProblemError(
    404,
    'No such incident',
    'there is none of that name, or its events are past their time to be kept',
  )
}

const subjectOf = (event: StoredEvent): EventId | undefined =>
  event.kind === 'attribution.made' ? event.data.subjects[0]?.event : undefined

/** A tie that was taken back names no session any more, so no reading of the session's facts meets that: it is asked for here. */
function standing(tieNow: (subject: EventId) => EventId | undefined, headSeq: ReadonlyMap<number, number>) {
  return (event: StoredEvent): boolean => {
    const subject = subjectOf(event)
    if (subject === undefined) return true
    const current = tieNow(subject)
    return current === undefined
      ? event.seq < (headSeq.get(event.partition) ?? 0) - rememberedSeqs
      : current === event.id
  }
}
