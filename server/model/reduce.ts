// The one reducer. `applyEvent` changes the state it is given (a copy per event would cost more than everything else here) and
// depends on nothing but that state and the event: applied to the same log it always ends in the same state.
import type { EventOf, StoredEvent } from '../protocol/event.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import { accountGpusOf, applyGpuEvent } from './gpu-truth.ts'
import { applyActionEnded, applyActionStarted } from './reduce-action.ts'
import { applyApproval } from './reduce-approval.ts'
import { applyConnectionClosed, applyConnectionOpened, confirmCuts, doubtAttempts } from './reduce-connection.ts'
import { applyControl } from './reduce-control.ts'
import { accountCost } from './reduce-cost.ts'
import { applyFlag, applyVerdict } from './reduce-flag.ts'
import { applyFleetEvent } from './reduce-fleet.ts'
import { applyGateDecided, applyGateHeld, applyRanCall } from './reduce-gate.ts'
import { applyHostEvent } from './reduce-host.ts'
import { applyIncident, noteContainment } from './reduce-incident.ts'
import { applyProcess, boundedArgv } from './reduce-process.ts'
import { bounds, type ConsoleState, type RestrictionReading, type SessionState } from './state.ts'

/** What an event touched: what has to be projected and broadcast again. */
export type Touched = {
  sessions: Set<SessionId>
  hosts: Set<HostId>
  removed: SessionId[]
  /** Containments, proposals, policies or webhooks. */
  fleet: boolean
}

export function nothingTouched(): Touched {
  return { sessions: new Set(), hosts: new Set(), removed: [], fleet: false }
}

/** An event's time for display: the source's clock, but never later than when we saw it (a clock ahead must not own the top of the list). */
export function displayTimeMs(event: StoredEvent): number {
  return Math.min(event.atMs, event.seenAtMs)
}

/**
 * Applies one event. Events at or below the partition's head were applied before and are ignored, so a repeat is harmless.
 * Adds what changed to `touched`.
 */
export function applyEvent(state: ConsoleState, event: StoredEvent, touched: Touched): void {
  if (event.seq <= (state.headSeq.get(event.partition) ?? 0)) return
  state.headSeq.set(event.partition, event.seq)
  // Vigil's own test says nothing of any agent: it must not make an old picture look fresh.
  if (event.kind !== 'canary.recorded') state.newestFactAtMs = event.seenAtMs
  if (event.kind === 'session.started' || event.kind === 'session.ended')
    accountGpusOf(state, hostOfSession(state, event), displayTimeMs(event))
  if (event.host !== undefined) {
    // Before the host's own: a probe that connects may be of another boot.
    applyGpuEvent(state, event, displayTimeMs(event))
    applyHostEvent(state, event, touched)
  }
  if (applyFleetEvent(state, event) || applyApproval(state, event) || applyIncident(state, event)) touched.fleet = true
  if (event.session === undefined) return
  const session = sessionFor(state, event.session, event, touched)
  session.counts.events += 1
  session.lastSeq = event.seq
  session.lastEventAtMs = displayTimeMs(event)
  applyToSession(state, session, event)
  touched.sessions.add(session.session)
  if (mayContain.has(event.kind) && noteContainment(state, session.session, event.seenAtMs)) touched.fleet = true
  if (event.kind === 'session.ended') forgetOldest(state, touched)
}

/** Kinds after which a session may be seen to be held or over. */
const mayContain: ReadonlySet<StoredEvent['kind']> = new Set<StoredEvent['kind']>([
  'control.ended',
  'session.observed',
  'restriction.observed',
  'session.ended',
])

function hostOfSession(state: ConsoleState, event: StoredEvent): HostId | undefined {
  return event.host ?? (event.session === undefined ? undefined : state.sessions.get(event.session)?.host)
}

function applyToSession(state: ConsoleState, session: SessionState, event: StoredEvent): void {
  const atMs = displayTimeMs(event)
  switch (event.kind) {
    case 'session.started':
      return applySessionStarted(state, session, event)
    case 'session.ended':
      return applySessionEnded(state, session, event)
    case 'session.observed':
      session.observedPaused = event.data.paused
      return
    case 'process.started':
    case 'process.executed':
    case 'process.exited':
    case 'process.escaped':
      return applyProcess(session, event, atMs)
    case 'connection.opened':
      return applyConnectionOpened(session, event.data, atMs)
    case 'connection.closed':
      return applyConnectionClosed(session, event.data, atMs)
    case 'gpu.process.started':
      session.gpuProcesses.set(`${event.data.gpu}:${event.data.pid}`, event.data.gpu)
      accountCost(session, atMs)
      return
    case 'gpu.process.ended':
      session.gpuProcesses.delete(`${event.data.gpu}:${event.data.pid}`)
      accountCost(session, atMs)
      return
    case 'action.started':
      return applyActionStarted(session, event.data, event.trust, atMs)
    case 'action.ended':
      applyRanCall(session, event.data, event.seenAtMs)
      return applyActionEnded(session, event.data, atMs)
    case 'control.requested':
    case 'control.delivered':
    case 'control.step':
    case 'control.ended':
    case 'hold.extended':
      return applyControl(state, session, event)
    case 'restriction.observed':
      session.readings.set(event.data.restriction, readingOf(event.data, event.data.left ?? [], atMs))
      if (event.data.restriction === 'network') {
        if (event.data.restricted) confirmCuts(session)
        else doubtAttempts(session)
      }
      return
    case 'capability.observed':
      session.readings.set(event.data.capability, readingOf(event.data, [], atMs))
      return
    case 'gate.decided':
      session.gate = { atMs, decision: event.data.decision, tool: event.data.tool }
      return applyGateDecided(session, event.data, event.seenAtMs)
    case 'model.called':
      // Never forgotten within a run: invented names must not push a real one out of a selector's sight.
      if (!session.models.includes(event.data.model) && session.models.length < bounds.models)
        session.models.push(event.data.model)
      return
    case 'flag.raised':
      return applyFlag(session, event, atMs)
    case 'flag.judged':
      return applyVerdict(session, event)
    case 'approval.requested':
      // A call that is held has not run: until it is decided the gate denies it.
      session.gate = { atMs, decision: 'deny', tool: event.data.tool }
      return applyGateHeld(session, event.data)
    case 'finding.made':
    case 'approval.endorsed':
    case 'approval.decided':
    case 'approval.used':
    case 'evidence.recorded':
    case 'containment.requested':
    case 'containment.lifted':
    case 'proposal.made':
    case 'proposal.decided':
    case 'policy.changed':
    case 'webhook.changed':
    case 'incident.opened':
    case 'incident.joined':
    case 'incident.changed':
    case 'message.recorded':
    case 'gap.recorded':
    case 'audit.recorded':
    case 'canary.recorded':
    case 'gpu.inventory':
    case 'probe.connected':
    case 'probe.disconnected':
    case 'flow.observed':
    case 'dns.queried':
    case 'ssh.observed':
    case 'tls.observed':
    case 'http.requested':
    case 'file.transferred':
    case 'alert.raised':
    case 'process.reported':
    case 'connection.reported':
    case 'file.reported':
    case 'login.reported':
    case 'gpu.fault':
    case 'gpu.process.reported':
    case 'placement.recorded':
    case 'trainer.reported':
    case 'metric.reported':
    case 'attribution.made':
    case 'clock.estimated':
    case 'connection.translated':
      return
    default:
      return unreachable(event)
  }
}

function readingOf(
  data: { restricted: boolean; enforcer?: string; observed: string; observedFrom: string },
  left: string[],
  atMs: number,
): RestrictionReading {
  const { restricted, enforcer, observed, observedFrom } = data
  return { restricted, enforcer, observed, observedFrom, left, atMs }
}

function unreachable(event: never): void {
  throw new Error(`no reduction for event ${JSON.stringify(event).slice(0, 200)}`)
}

const placingLabels = new Set(['gpu', 'gpus', 'worker', 'host', 'address', 'container', 'sandbox', 'pod'])

function applySessionStarted(state: ConsoleState, session: SessionState, event: EventOf<'session.started'>): void {
  const { data } = event
  // What its host said of a session that it holds stays: an agent must not talk itself out of a selector.
  const isTold = session.held !== 'none' && data.held === 'none'
  const newest = <T>(now: T | undefined, before: T | undefined) => (isTold ? (before ?? now) : (now ?? before))
  session.name = newest(data.name, session.name)
  session.agent = newest(data.agent, session.agent)
  session.task = newest(data.task, session.task)
  for (const [name, value] of Object.entries(data.labels ?? {})) {
    // Where it runs and what it may use is not for the agent to say: it would plan itself onto a GPU, or take another's address.
    if (event.trust === 'agent' && placingLabels.has(name)) continue
    const isKnown = Object.hasOwn(session.labels, name)
    if (isKnown ? !isTold : Object.keys(session.labels).length < bounds.labels) session.labels[name] = value
  }
  noteWhoseWord(session, event)
  // A report from telemetry adds words; only the host that holds the session says how it is held.
  if (data.held === 'none') return
  if (session.endedAtMs !== undefined) {
    // The same name again: a later run continues the session, and what is known of the earlier run's end is over.
    delete session.endedAtMs
    session.models = []
    session.released = []
    if (session.held === 'none') state.reportedCount += 1
    session.exitCode = undefined
    session.signal = undefined
    state.endedSessions = state.endedSessions.filter((ended) => ended !== session.session)
  }
  if (session.held === 'none') state.reportedCount -= 1
  // What another host, or a webhook, read of it says nothing of this host.
  if (session.host !== event.host) session.readings.clear()
  session.held = data.held
  session.host = event.host ?? session.host
  session.argv = data.argv ? boundedArgv(data.argv) : session.argv
  session.cwd = data.cwd ?? session.cwd
  session.cgroup = data.cgroup ?? session.cgroup
  session.abilities = data.abilities
  session.startedAtMs = displayTimeMs(event)
}

/** Somebody better vouches for it, or only the agent does: the last word is the one that stands in the session. */
function noteWhoseWord(session: SessionState, { data, trust }: EventOf<'session.started'>): void {
  const isTold = session.held !== 'none' && data.held === 'none'
  if (isTold) return
  const named = Object.keys(data.labels ?? {}).filter((name) => Object.hasOwn(session.labels, name))
  const told = [...named, ...(data.agent ? ['agent'] : []), ...(data.task ? ['task'] : [])]
  const others = (session.claimed ?? []).filter((name) => !told.includes(name))
  const claimed = trust === 'agent' ? [...others, ...told.filter((name) => !placingLabels.has(name))] : others
  if (claimed.length > 0) session.claimed = claimed
  else delete session.claimed
}

function applySessionEnded(state: ConsoleState, session: SessionState, event: EventOf<'session.ended'>): void {
  if (session.endedAtMs !== undefined) return
  const atMs = displayTimeMs(event)
  session.endedAtMs = atMs
  session.exitCode = event.data.exitCode
  session.signal = event.data.signal
  session.observedPaused = false
  // With the last process of a session every restriction has lost its object.
  session.holds = []
  session.readings.clear()
  session.gate = undefined
  session.gateHealth = undefined
  delete session.cost
  for (const process of session.processes.values()) {
    process.endedAtMs = atMs
    session.exitedProcesses.push(process)
  }
  session.processes.clear()
  for (const connection of session.connections.values()) {
    connection.closedAtMs = atMs
    session.closedConnections.push(connection)
  }
  session.connections.clear()
  session.openActions.clear()
  session.gpuProcesses.clear()
  session.exitedProcesses = session.exitedProcesses.slice(-bounds.exitedProcesses)
  session.closedConnections = session.closedConnections.slice(-bounds.closedConnections)
  if (session.held === 'none') state.reportedCount -= 1
  state.endedSessions.push(session.session)
}

function forgetOldest(state: ConsoleState, touched: Touched): void {
  while (state.endedSessions.length > bounds.endedSessions) {
    const oldest = state.endedSessions.shift()
    const session = oldest === undefined ? undefined : state.sessions.get(oldest)
    if (session) forget(state, session, touched)
  }
}

/** A tenth at a time, so that a flood of new names costs one sorting per many sessions. */
function forgetLongestSilent(state: ConsoleState, touched: Touched): void {
  const reported = [...state.sessions.values()].filter((each) => each.held === 'none' && each.endedAtMs === undefined)
  reported.sort((a, b) => a.lastSeq - b.lastSeq)
  for (const session of reported.slice(0, Math.ceil(bounds.reportedSessions / 10))) {
    state.reportedCount -= 1
    forget(state, session, touched)
  }
}

function forget(state: ConsoleState, session: SessionState, touched: Touched): void {
  for (const control of session.controls) state.sessionOfControl.delete(control.control)
  state.sessions.delete(session.session)
  touched.sessions.delete(session.session)
  touched.removed.push(session.session)
}

function sessionFor(state: ConsoleState, id: SessionId, event: StoredEvent, touched: Touched): SessionState {
  const known = state.sessions.get(id)
  if (known) return known
  const session: SessionState = {
    session: id,
    held: 'none',
    abilities: [],
    labels: {},
    startedAtMs: displayTimeMs(event),
    holds: [],
    observedPaused: false,
    readings: new Map(),
    models: [],
    released: [],
    recentActions: [],
    processes: new Map(),
    exitedProcesses: [],
    connections: new Map(),
    closedConnections: [],
    openActions: new Map(),
    gpuProcesses: new Map(),
    flags: [],
    flagCounts: {},
    controls: [],
    counts: { events: 0, actions: 0, processes: 0, connections: 0 },
    firstSeq: event.seq,
    lastSeq: event.seq,
    lastEventAtMs: displayTimeMs(event),
  }
  state.sessions.set(id, session)
  state.reportedCount += 1
  if (state.reportedCount > bounds.reportedSessions) forgetLongestSilent(state, touched)
  return session
}
