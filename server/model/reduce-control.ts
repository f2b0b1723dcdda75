// Controls: asked, delivered, seen step by step, ended exactly once. A hold stands from its request until it is lifted;
// only an observation changes what a session "is".
import { isControlOpen, isLift, restrictionsOf, stepName } from '../protocol/control.ts'
import type { EventOf } from '../protocol/event.ts'
import type { ControlId } from '../protocol/ids.ts'
import { displayTimeMs } from './reduce.ts'
import { accountCost } from './reduce-cost.ts'
import {
  bounds,
  type ConsoleState,
  type ControlRecord,
  type ControlStep,
  type Hold,
  type SessionState,
} from './state.ts'

type ControlEvent =
  | EventOf<'control.requested'>
  | EventOf<'control.delivered'>
  | EventOf<'control.step'>
  | EventOf<'control.ended'>
  | EventOf<'hold.extended'>

export function applyControl(state: ConsoleState, session: SessionState, event: ControlEvent): void {
  const known = recordOf(session, event.data.control)
  const atMs = displayTimeMs(event)
  if (event.kind === 'control.requested') {
    if (known) return
    applyRequested(state, session, event)
    accountCost(session, atMs)
    return
  }
  if (!known) return
  switch (event.kind) {
    case 'hold.extended':
      return applyExtended(session, known, event, atMs)
    case 'control.step': {
      // Also after the end: that it was verified, that it was reverted.
      const { name, detail, ok = true, observedFrom } = event.data
      addStep(known, { name, atMs, detail, ok, observedFrom })
      return
    }
    case 'control.delivered':
      if (!isControlOpen(known.state)) return
      known.state = 'delivered'
      addStep(known, { name: stepName.delivered, atMs, detail: 'received by the probe', ok: true })
      return
    case 'control.ended':
      // Exactly one end: whatever comes after it changes nothing.
      if (isControlOpen(known.state)) applyEnded(session, known, event, atMs)
      return
  }
}

function applyEnded(session: SessionState, known: ControlRecord, event: EventOf<'control.ended'>, atMs: number): void {
  const { outcome, enforcer, observed, observedFrom, processCount, detail, left } = event.data
  Object.assign(known, {
    state: outcome,
    endedAtMs: atMs,
    enforcer,
    observed,
    observedFrom,
    processCount,
    detail,
    left,
  })
  const ok = outcome !== 'failed' && outcome !== 'partial' && outcome !== 'expired'
  addStep(known, { name: outcome, atMs, detail: observed ?? detail ?? '', ok, observedFrom })
  if (outcome !== 'enforced') return
  if (known.action === 'pause' || known.action === 'resume') session.observedPaused = known.action === 'pause'
  if (!isLift(known.action)) return
  // What was lifted tells on its own receipt that the host was read without it.
  for (const control of known.lifts ?? []) {
    const lifted = recordOf(session, control)
    if (lifted) addStep(lifted, { name: stepName.reverted, atMs, detail: observed ?? '', ok: true, observedFrom })
  }
}

function applyExtended(
  session: SessionState,
  known: ControlRecord,
  event: EventOf<'hold.extended'>,
  atMs: number,
): void {
  const hold = session.holds.find((each) => each.control === event.data.control)
  if (!hold) return
  hold.expiresAtMs = event.data.expiresAtMs
  const until =
    event.data.expiresAtMs === undefined ? 'until it is lifted' : new Date(event.data.expiresAtMs).toISOString()
  addStep(known, { name: 'extended', atMs, detail: `${until}, by ${event.data.by.name}`, ok: true })
}

function applyRequested(state: ConsoleState, session: SessionState, event: EventOf<'control.requested'>): void {
  const { control, action, by, reason, undoes, capability, expiresAtMs, containment, approvedBy } = event.data
  const requestedAtMs = displayTimeMs(event)
  const lifts = event.data.lifts ?? liftedOfOld(session, action)
  session.controls.unshift({
    control,
    action,
    capability,
    state: 'requested',
    by,
    approvedBy,
    reason,
    undoes,
    lifts,
    containment,
    requestedAtMs,
    steps: [{ name: stepName.requested, atMs: requestedAtMs, detail: `by ${by.name}`, ok: true }],
  })
  state.sessionOfControl.set(control, session.session)
  if (lifts.length > 0) {
    for (const hold of session.holds) if (lifts.includes(hold.control)) noteReleased(state, session, hold)
    session.holds = session.holds.filter((hold) => !lifts.includes(hold.control))
  }
  if (action === 'pause' || action === 'revoke' || action === 'contain') {
    const restricts = restrictionsOf(action, capability)
    session.holds.push({
      control,
      action,
      capability,
      restricts,
      by,
      reason,
      sinceMs: requestedAtMs,
      expiresAtMs,
      containment,
    })
    const standing = containment === undefined ? undefined : state.containments.get(containment)
    if (standing) standing.sessionCount += 1
  }
  forgetOldControls(state, session)
}

/** Let go by hand while its order stands: the order does not take it again by itself. */
function noteReleased(state: ConsoleState, session: SessionState, { containment }: Hold): void {
  if (containment === undefined || state.containments.get(containment)?.liftedAtMs !== undefined) return
  if (!session.released.includes(containment)) session.released.push(containment)
  session.released = session.released.slice(-bounds.endedContainments)
}

/** A `resume` from before holds were told apart lifted every pause. */
function liftedOfOld(session: SessionState, action: ControlRecord['action']): ControlId[] {
  if (action !== 'resume') return []
  return session.holds.filter((hold) => hold.action === 'pause').map((hold) => hold.control)
}

/** Open controls and those whose hold still stands are kept, whatever their number: both are bounded when they are asked. */
function forgetOldControls(state: ConsoleState, session: SessionState): void {
  const standing = new Set(session.holds.map((hold) => hold.control))
  let ended = 0
  session.controls = session.controls.filter((record) => {
    if (isControlOpen(record.state) || standing.has(record.control)) return true
    ended += 1
    if (ended <= bounds.endedControls) return true
    state.sessionOfControl.delete(record.control)
    return false
  })
}

function recordOf(session: SessionState, control: ControlId): ControlRecord | undefined {
  return session.controls.find((record) => record.control === control)
}

/** The first steps tell the story and the last ones how it ended: what a noisy host repeats in between is left out. */
function addStep(record: ControlRecord, step: ControlStep): void {
  const last = record.steps.at(-1)
  if (last && last.name === step.name && last.detail === step.detail && last.ok === step.ok) return
  record.steps.push(step)
  if (record.steps.length > bounds.stepsPerControl) record.steps.splice(Math.floor(bounds.stepsPerControl / 2), 1)
}
