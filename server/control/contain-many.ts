// Containment of many: one standing order, and one ordinary control for every session that matches it, now or later.
import { isContained } from '../model/holds.ts'
import type { ConsoleState, ContainmentState, SessionState } from '../model/state.ts'
import type { Actor } from '../protocol/actor.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ContainmentId, ControlId, SessionId } from '../protocol/ids.ts'
import { isSelected, type Selector } from '../protocol/selector.ts'
import { type Decision, mayControl, type Role, requestControl } from './request-control.ts'

/** Standing at once, at most. */
const containmentsMax = 100

export type ContainCommand = {
  containment: ContainmentId
  selector: Selector
  by: Actor
  role: Role
  reason?: string | undefined
  ttlMs?: number | undefined
  nowMs: number
  newControlId: () => ControlId
}

export type Containing = { ok: true; events: EventInput[]; sessions: number } | Extract<Decision, { ok: false }>

/** Never waits for anyone. Sessions that nothing can hold are left out here and stay visible as running. */
export function requestContainment(state: ConsoleState, command: ContainCommand): Containing {
  const { containment, selector, by, role, reason, ttlMs, nowMs } = command
  if (!mayControl(role)) {
    return {
      ok: false,
      refusal: {
        status: 403,
        title: 'Not allowed',
        detail: `a ${role} reads; containing needs the role responder or admin`,
      },
    }
  }
  const standing = [...state.containments.values()].filter((each) => each.liftedAtMs === undefined)
  if (standing.length >= containmentsMax) {
    return { ok: false, refusal: { status: 409, title: 'Too many containments', detail: 'lift one that stands first' } }
  }
  const expiresAtMs = ttlMs === undefined ? undefined : nowMs + ttlMs
  const events: EventInput[] = [
    {
      v: 1,
      kind: 'containment.requested',
      atMs: nowMs,
      data: { containment, by, selector, ...(reason && { reason }), ...(expiresAtMs && { expiresAtMs }) },
    },
  ]
  let sessions = 0
  for (const session of state.sessions.values()) {
    if (!isSelected(selector, session)) continue
    const part = containOne(state, session, { containment, by, reason, nowMs, control: command.newControlId() })
    if (part.length === 0) continue
    sessions += 1
    events.push(...part)
  }
  return { ok: true, events, sessions }
}

/** What a host must know to hold sessions from their birth on. */
export function standingSelectors(state: ConsoleState): Selector[] {
  return [...state.containments.values()].filter((each) => each.liftedAtMs === undefined).map((each) => each.selector)
}

/** Controls for a session that started after them, one for every standing containment that means it. */
export function containLater(
  state: ConsoleState,
  id: SessionId,
  nowMs: number,
  newControlId: () => ControlId,
): EventInput[] {
  const session = state.sessions.get(id)
  if (!session) return []
  return standingFor(state, session).flatMap(({ containment, by, reason }) =>
    containOne(state, session, { containment, by, reason, nowMs, control: newControlId() }),
  )
}

function standingFor(state: ConsoleState, session: SessionState): ContainmentState[] {
  return [...state.containments.values()].filter(
    (each) =>
      each.liftedAtMs === undefined &&
      isSelected(each.selector, session) &&
      !session.released.includes(each.containment) &&
      !session.holds.some((hold) => hold.containment === each.containment),
  )
}

function containOne(
  state: ConsoleState,
  session: SessionState,
  from: {
    containment: ContainmentId
    by: Actor
    reason?: string | undefined
    nowMs: number
    control: ControlId
  },
): EventInput[] {
  if (session.endedAtMs !== undefined) return []
  const decision = requestControl(state, session.session, { ...from, action: 'contain', role: 'admin' })
  return decision.ok ? decision.events : []
}

/** Lifts the order and every hold that it placed; other causes go on holding. */
export function liftContainment(
  state: ConsoleState,
  command: {
    containment: ContainmentId
    by: Actor
    role: Role
    reason?: string | undefined
    approvedBy?: Actor | undefined
    nowMs: number
    newControlId: () => ControlId
  },
): Decision {
  const { containment, by, role, reason, approvedBy, nowMs } = command
  if (!mayControl(role)) {
    return {
      ok: false,
      refusal: {
        status: 403,
        title: 'Not allowed',
        detail: `a ${role} reads; lifting needs the role responder or admin`,
      },
    }
  }
  const known = state.containments.get(containment)
  if (!known)
    return { ok: false, refusal: { status: 404, title: 'No such containment', detail: 'it is not known here' } }
  if (known.liftedAtMs !== undefined) {
    return {
      ok: false,
      refusal: { status: 409, title: 'Already lifted', detail: `by ${known.liftedBy?.name ?? 'somebody'}` },
    }
  }
  const events: EventInput[] = [
    {
      v: 1,
      kind: 'containment.lifted',
      atMs: nowMs,
      data: { containment, by, ...(reason && { reason }), ...(approvedBy && { approvedBy }) },
    },
  ]
  for (const session of state.sessions.values()) {
    if (!isContained(session)) continue
    const parts = session.holds.filter((hold) => hold.containment === containment)
    const lifts = parts.map((hold) => hold.control)
    if (lifts.length === 0) continue
    const control = command.newControlId()
    const decision = requestControl(state, session.session, {
      control,
      action: 'release',
      by,
      role,
      reason,
      lifts,
      approvedBy,
      nowMs,
    })
    if (decision.ok) events.push(...decision.events)
  }
  return { ok: true, events }
}
