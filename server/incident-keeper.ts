// Lets incidents form by themselves: looks at every flag that is committed and writes down which incident it belongs to. Decided in the one
// writer against the newest state, so that two flags at once never open two; what a crash cut off is made up for at the next start.

import { setTimeout as sleep } from 'node:timers/promises'
import { destinationsOf, type FlagToGroup, groupFlag, whyItOpens } from './detection/incidents/group-flag.ts'
import type { IncidentState } from './model/incident-state.ts'
import { isStartedBy } from './model/lineage.ts'
import { applyIncident, incidentOf } from './model/reduce-incident.ts'
import type { ConsoleState } from './model/state.ts'
import { OverloadedError, type Pipeline } from './pipeline.ts'
import type { EventInput, EventOf, StoredEvent } from './protocol/event.ts'
import type { SessionId } from './protocol/ids.ts'
import { incidentIdOf } from './protocol/incident.ts'
import { cutText, shortTextMax } from './protocol/text.ts'

/** Flags decided together at most: what one look at the state may cost. */
const flagsOfTurnMax = 50
/** Of the log's end, looked at again after a start. */
const rememberedEvents = 5_000
const overloadWaitMs = 250
const pageEvents = 1_000

export type IncidentKeeper = {
  /** Resolves when every flag that was committed by now is where it belongs. */
  settled(): Promise<void>
  close(): Promise<void>
}

export function keepIncidents(options: {
  pipeline: Pipeline
  headSeq: number
  readLog(afterSeq: number, limit: number): Promise<StoredEvent[]>
  /** Who started it says so, in the audit: never a session of itself. */
  isDrill: (session: SessionId, seenAtMs: number) => boolean
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}): IncidentKeeper {
  const { pipeline, nowMs, onError } = options
  let waiting: EventOf<'flag.raised'>[] = []
  let working: Promise<void> | undefined
  let closed = false

  pipeline.onCommit(({ events }) => take(events))

  function take(events: readonly StoredEvent[]): void {
    for (const event of events) if (event.kind === 'flag.raised') waiting.push(event)
    if (waiting.length > 0) working ??= work()
  }

  async function work(): Promise<void> {
    while (waiting.length > 0 && !closed) {
      const flags = waiting.slice(0, flagsOfTurnMax)
      try {
        await pipeline.command(
          (state) => ({
            result: undefined,
            events: incidentEvents(state, flags, nowMs(), options.isDrill),
            trust: 'vigil',
          }),
          {
            lane: 'ordinary',
            about: 'incidents',
          },
        )
        waiting = waiting.slice(flags.length)
      } catch (error) {
        if (closed) break
        if (!(error instanceof OverloadedError)) {
          onError('group flags', error)
          waiting = waiting.slice(flags.length)
        }
        await sleep(overloadWaitMs)
      }
    }
    // In the same turn as the last look at what waits: what comes from now on begins anew.
    working = undefined
  }

  const reading = readAgain().catch((error) => onError('look for flags without an incident', error))

  /** Only what nobody decided: a flag that belonged to nothing then must not be judged by the incidents of today. */
  async function readAgain(): Promise<void> {
    const tail: StoredEvent[] = []
    let after = Math.max(0, options.headSeq - rememberedEvents)
    while (!closed && after < options.headSeq) {
      const events = await options.readLog(after, Math.min(pageEvents, options.headSeq - after))
      for (const event of events) if (event.kind === 'flag.raised' || event.kind === 'incident.joined') tail.push(event)
      const last = events.at(-1)
      if (!last) break
      after = last.seq
    }
    take(undecided(tail))
  }

  return {
    async settled() {
      await reading
      while (working) await working
    },
    async close() {
      closed = true
      await reading
      await working
    },
  }
}

/**
 * Flags are decided in the order of the log. So those behind the newest that joined anything were not decided, and of those before it only what
 * would open one and yet joined nothing: such a flag is never left alone, so its decision failed.
 */
export function undecided(tail: readonly StoredEvent[]): EventOf<'flag.raised'>[] {
  const joined = new Set(tail.flatMap((event) => (event.kind === 'incident.joined' ? [event.data.flag] : [])))
  const flags = tail.flatMap((event) => (event.kind === 'flag.raised' ? [event] : []))
  const decidedBefore = flags.findLastIndex(({ id }) => joined.has(id)) + 1
  return flags.filter(
    (flag, index) => index >= decidedBefore || (whyItOpens(flag) !== undefined && !joined.has(flag.id)),
  )
}

/** What the flags make of the state's incidents; several of one turn see each other. Leaves the state as it is. */
export function incidentEvents(
  state: ConsoleState,
  flags: readonly EventOf<'flag.raised'>[],
  nowMs: number,
  isDrill: (session: SessionId, seenAtMs: number) => boolean,
): EventInput[] {
  const events: EventInput[] = []
  // A copy of what grouping reads: the writer applies the events once they are durable.
  const copy: ConsoleState = {
    ...state,
    incidents: new Map([...state.incidents].map(([id, each]) => [id, copyOf(each)])),
    incidentOfSession: new Map(state.incidentOfSession),
  }
  const say = (event: EventInput) => {
    events.push(event)
    const stored = { ...event, id: '', partition: 0, seq: 0, seenAtMs: nowMs, trust: 'vigil' } as unknown as StoredEvent
    applyIncident(copy, stored)
  }
  for (const flag of flags) {
    const given = contextOf(copy, flag, isDrill)
    const incidents = [...copy.incidents.values()]
    const grouping = groupFlag(
      incidents,
      (id) => incidentOf(copy, id),
      given,
      (id) => ({ ...labelsOf(copy, id), isKin: areKin(copy, id, flag.session) }),
    )
    if (grouping.is === 'nothing') continue
    const base = { v: 1 as const, atMs: nowMs }
    const incident = grouping.is === 'join' ? grouping.incident : incidentIdOf(copy.incidentCount + 1)
    const because = cutText(grouping.because, shortTextMax)
    if (grouping.is === 'open') {
      const follows = grouping.follows && { follows: grouping.follows }
      say({ ...base, kind: 'incident.opened', data: { incident, because, isDrill: given.isDrill, ...follows } })
    }
    const { rule, title, severity, tactics, techniques, call, source } = flag.data
    say({
      ...base,
      kind: 'incident.joined',
      data: {
        incident,
        because: grouping.is === 'open' ? 'it opened the incident' : because,
        flag: flag.id,
        rule,
        title,
        severity,
        tactics,
        techniques,
        ...(flag.session !== undefined && { session: flag.session }),
        ...(given.host !== undefined && { host: given.host }),
        ...(call !== undefined && { call }),
        source,
        flagAtMs: flag.atMs,
        detectedAtMs: flag.seenAtMs,
        destinations: destinationsOf(flag.data),
      },
    })
  }
  return events
}

/** Deep enough for what a joined flag changes. */
function copyOf(incident: IncidentState): IncidentState {
  const { sessions, hosts, destinations, flags } = incident
  return { ...incident, sessions: [...sessions], hosts: [...hosts], destinations: [...destinations], flags: [...flags] }
}

function contextOf(
  state: ConsoleState,
  flag: EventOf<'flag.raised'>,
  isDrill: (session: SessionId, seenAtMs: number) => boolean,
): FlagToGroup {
  const session = flag.session === undefined ? undefined : state.sessions.get(flag.session)
  const labels = flag.session === undefined ? { run: undefined, group: undefined } : labelsOf(state, flag.session)
  return {
    flag,
    host: flag.host ?? session?.host,
    ...labels,
    isDrill: flag.session !== undefined && isDrill(flag.session, flag.seenAtMs),
  }
}

function areKin(state: ConsoleState, one: SessionId, other: SessionId | undefined): boolean {
  const a = state.sessions.get(one)
  const b = other === undefined ? undefined : state.sessions.get(other)
  return a !== undefined && b !== undefined && (isStartedBy(a, b) || isStartedBy(b, a))
}

function labelsOf(state: ConsoleState, id: SessionId) {
  return { run: toldLabel(state, id, 'run'), group: toldLabel(state, id, 'group') }
}

/** Never what only the agent says of itself: it would put itself beside whom it likes. */
function toldLabel(state: ConsoleState, id: SessionId | undefined, name: string): string | undefined {
  const session = id === undefined ? undefined : state.sessions.get(id)
  return session?.claimed?.includes(name) ? undefined : session?.labels[name]
}
