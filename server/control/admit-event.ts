// May this fact enter the log? A sender speaks only for what its key names, and never in the words that are Vigil's own.
import { isRestricted } from '../model/holds.ts'
import type { ConsoleState, ControlRecord, SessionState } from '../model/state.ts'
import { isControlOpen, isLift, type Restriction, restrictionsOf } from '../protocol/control.ts'
import type { EventInput, EventKind } from '../protocol/event.ts'
import type { ControlId, HostId, SessionId } from '../protocol/ids.ts'
import { cutText, shortTextMax } from '../protocol/text.ts'
import type { Trust } from '../protocol/trust.ts'
import { isHostControl } from './wanted-state.ts'

/** Who hands events in, as its key says: never as the sender says. */
export type Sender =
  | { type: 'vigil' }
  | { type: 'probe'; host: HostId }
  | {
      type: 'source'
      /** Whose event ids these are: one sender's ids can never take the place of another's. */
      name: string
      trust: Trust
      host?: HostId | undefined
      session?: SessionId | undefined
    }

/** The key of Vigil's own test of its pipe; keys of the store have other ids, so nobody else's name is this. */
export const canarySender = 'key/env:vigil-canary'

/** What the batch under assembly has already decided but the state does not show yet. */
export type BatchMemory = {
  ended: Set<ControlId>
  hostOfSession: Map<SessionId, HostId>
  requested: Map<ControlId, SessionId>
  /** What hosts have read, by session and restriction. */
  read: Map<string, boolean>
}

export function emptyBatchMemory(): BatchMemory {
  return { ended: new Set(), hostOfSession: new Map(), requested: new Map(), read: new Map() }
}

const vigilOnly: ReadonlySet<EventKind> = new Set<EventKind>([
  'control.requested',
  'control.delivered',
  'probe.disconnected',
  'audit.recorded',
  'hold.extended',
  'capability.observed',
  'gate.decided',
  'containment.requested',
  'containment.lifted',
  'proposal.made',
  'proposal.decided',
  'policy.changed',
  'webhook.changed',
  'attribution.made',
  'flag.raised',
  'flag.judged',
  'approval.requested',
  'approval.endorsed',
  'approval.decided',
  'approval.used',
  'finding.made',
  'incident.opened',
  'incident.joined',
  'incident.changed',
  'clock.estimated',
])
const probeOnly: ReadonlySet<EventKind> = new Set<EventKind>([
  'probe.connected',
  'gpu.inventory',
  'gpu.process.started',
  'gpu.process.ended',
  'session.observed',
  'restriction.observed',
  'evidence.recorded',
  'control.step',
  'control.ended',
  'process.escaped',
  'connection.translated',
  'gap.recorded',
])

/** In the reason for refusing a second end: nothing is lost by that. */
export const alreadyEnded = 'has already ended'

/** Every reason against an effect without proof begins so. */
const unproven = 'enforced'

export type Admission = { ok: true } | { ok: false; reason: string }

/** Decides one event in the order of the log and notes in `memory` what it settles. */
export function admitEvent(state: ConsoleState, memory: BatchMemory, sender: Sender, event: EventInput): Admission {
  const reason = reasonAgainst(state, memory, sender, event)
  if (reason !== undefined) return { ok: false, reason }
  if (event.kind === 'control.ended') memory.ended.add(event.data.control)
  if (event.kind === 'control.requested' && event.session) memory.requested.set(event.data.control, event.session)
  if (event.kind === 'session.observed') memory.read.set(`${event.session} pause`, event.data.paused)
  if (event.kind === 'restriction.observed')
    memory.read.set(`${event.session} ${event.data.restriction}`, event.data.restricted)
  if (event.kind === 'session.started' && event.session && event.host && event.data.held !== 'none') {
    memory.hostOfSession.set(event.session, event.host)
  }
  return { ok: true }
}

function reasonAgainst(
  state: ConsoleState,
  memory: BatchMemory,
  sender: Sender,
  event: EventInput,
): string | undefined {
  if (sender.type !== 'vigil') {
    if (vigilOnly.has(event.kind)) return `kind ${event.kind} is written by the server alone`
    if (event.kind === 'canary.recorded' && (sender.type !== 'source' || sender.name !== canarySender))
      return `kind ${event.kind} is posted by the server's own test alone`
    if (sender.type === 'source' && probeOnly.has(event.kind)) return `kind ${event.kind} is a probe's to say`
    if (sender.host !== undefined && event.host !== undefined && event.host !== sender.host) {
      return `this key speaks for host ${sender.host} only`
    }
    if (sender.type === 'source' && sender.session !== undefined && event.session !== sender.session) {
      return `this key speaks for session ${sender.session} only`
    }
  }
  if (
    event.kind === 'placement.recorded' &&
    sender.type === 'source' &&
    (sender.session !== undefined || sender.trust === 'agent')
  )
    return 'who should use a GPU is not for a session to say'
  if (sender.type === 'source' && event.kind === 'session.started' && event.data.held !== 'none') {
    return 'only the probe that holds a session may say how it is held: send held "none"'
  }
  if (sender.type === 'source' && sender.host !== undefined && event.session !== undefined) {
    const holder = holderOf(state, memory, event.session)
    if (holder !== undefined && holder !== sender.host) return `session ${event.session} is held by another host`
  }
  if (sender.type === 'probe' && event.session !== undefined) {
    const holder = holderOf(state, memory, event.session)
    if (holder !== undefined && holder !== sender.host) return `session ${event.session} is held by another host`
    // Also after its end, what a host told of a session stays that host's: only a new run may be another's.
    const known = state.sessions.get(event.session)
    const isOver = holder === undefined && known !== undefined && known.held !== 'none'
    if (isOver && known.host !== sender.host && event.kind !== 'session.started')
      return `session ${event.session} was held by another host`
  }
  // A source may not end or fake the process life of a session that a host holds: the host itself tells that.
  if (sender.type === 'source' && event.session !== undefined && hostTells.has(event.kind)) {
    if (wasEverHeld(state, memory, event.session)) {
      return `session ${event.session} is held by a host, whose probe alone reports ${event.kind}`
    }
  }
  return event.kind.startsWith('control.') ? reasonAgainstControl(state, memory, sender, event) : undefined
}

/**
 * An end that a host may not tell so is an end all the same: left open, its control would wait for ever. Undefined for every
 * other event, and for a second end.
 */
export function failedInstead(event: EventInput, reason: string): EventInput | undefined {
  // Only for want of proof: whose control it is not may not end it at all.
  if (event.kind !== 'control.ended' || !reason.startsWith(unproven)) return undefined
  const { control, outcome } = event.data
  const detail = cutText(`the host called it ${outcome}, which is not believed: ${reason}`, shortTextMax)
  return { ...event, id: undefined, data: { control, outcome: 'failed', detail } }
}

const hostTells: ReadonlySet<EventKind> = new Set<EventKind>([
  'session.ended',
  'process.started',
  'process.executed',
  'process.exited',
  'connection.opened',
  'connection.closed',
])

/** Also after its end: what its host told stays the host's to tell. */
function wasEverHeld(state: ConsoleState, memory: BatchMemory, id: SessionId): boolean {
  return memory.hostOfSession.has(id) || (state.sessions.get(id)?.held ?? 'none') !== 'none'
}

function holderOf(state: ConsoleState, memory: BatchMemory, id: SessionId): HostId | undefined {
  const held = memory.hostOfSession.get(id)
  if (held !== undefined) return held
  const session = state.sessions.get(id)
  return session && session.held !== 'none' && session.endedAtMs === undefined ? session.host : undefined
}

function reasonAgainstControl(
  state: ConsoleState,
  memory: BatchMemory,
  sender: Sender,
  event: EventInput,
): string | undefined {
  if (event.kind !== 'control.ended' && event.kind !== 'control.step' && event.kind !== 'control.delivered')
    return undefined
  const { control } = event.data
  // A step that arrives after the end is evidence of what the host did; only a second end, or a delivery, is refused.
  const late = event.kind !== 'control.step'
  if (late && memory.ended.has(control)) return `control ${control} ${alreadyEnded}`
  const sessionId = memory.requested.get(control) ?? state.sessionOfControl.get(control)
  if (sessionId === undefined || sessionId !== event.session) return `control ${control} was not asked of this session`
  const session = state.sessions.get(sessionId)
  const record = session?.controls.find((each) => each.control === control)
  // A vault's receipt is not a host's to write, nor is that of a session which another holds, or none.
  if (sender.type === 'probe' && session && record) {
    if (session.host !== sender.host || !isHostControl(state, session, record))
      return `control ${control} is not this host's to tell`
  }
  if (late && record && !isControlOpen(record.state)) return `control ${control} ${alreadyEnded} (${record.state})`
  if (event.kind === 'control.ended' && event.data.outcome === 'enforced') {
    // Acknowledged is not enforced: without what was read, and where, there is no effect to claim.
    if (!event.data.observed || !event.data.observedFrom)
      return 'enforced needs what was observed, and where it was read'
    if (sender.type === 'probe' && session && record) return reasonAgainstReading(memory, session, record)
  }
  return undefined
}

type Level = 'network' | 'gpu' | 'pause'
const isLevel = (restriction: Restriction): restriction is Level =>
  restriction === 'network' || restriction === 'gpu' || restriction === 'pause'
const liftedBy = { resume: 'pause', restore: 'revoke', release: 'contain' } as const

/** A host may not call enforced what its own newest reading contradicts: neither a restriction, nor that it is gone. */
function reasonAgainstReading(
  memory: BatchMemory,
  session: SessionState,
  { action, capability }: ControlRecord,
): string | undefined {
  const isRead = (level: Level): boolean => {
    const before = level === 'pause' ? session.observedPaused : session.readings.get(level)?.restricted
    return memory.read.get(`${session.session} ${level}`) ?? before ?? false
  }
  if (isLift(action)) {
    const gone = restrictionsOf(liftedBy[action], capability).filter(isLevel)
    const standing = gone.find((level) => !isRestricted(session, level) && isRead(level))
    return standing && `enforced, but the host still reads ${standing} as restricted`
  }
  const claimed = restrictionsOf(action, capability).filter(isLevel)
  const missing = claimed.find((level) => !isRead(level))
  return missing && `enforced, but the host has not read ${missing} as restricted`
}
