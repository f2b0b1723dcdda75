// A control and a hold as the screen tells them, and which of a session's controls comes first.

import { isControlOpen, isLift, planOf, stepName } from '../protocol/control.ts'
import type { ControlView, HoldView } from '../protocol/control-views.ts'
import type { ConsoleState, ControlRecord, Hold, SessionState } from './state.ts'

/** Copies, because the record goes on changing while the view travels. */
export function projectControl(record: ControlRecord, session: SessionState): ControlView {
  return {
    ...record,
    // An agent that never asks the gate has no tool calls that could be held there: the receipt says so in another step.
    plan: planOf(record.action, record.capability).filter((name) => name !== stepName.actionsHeld || session.gate),
    steps: record.steps.map((step) => ({ ...step })),
  }
}

/** A hold of a standing order ends with it, if that has an end. */
export function projectHold(state: ConsoleState, { restricts: _restricts, ...hold }: Hold): HoldView {
  const standing = hold.containment === undefined ? undefined : state.containments.get(hold.containment)
  return { ...hold, expiresAtMs: hold.expiresAtMs ?? standing?.expiresAtMs }
}

/** The newest open control of a session, if any: what a screen shows as "asked, not confirmed". */
export function openControl(session: SessionState): ControlRecord | undefined {
  return session.controls.find((record) => isControlOpen(record.state))
}

/**
 * The control that a row tells: the newest one that is still open, else one that did not do what it should and still stands
 * (a later success elsewhere must not cover it), else the newest.
 */
export function foremostControl(session: SessionState): ControlRecord | undefined {
  const open = openControl(session)
  if (open) return open
  const [newest] = session.controls
  if (newest && (isTroubled(newest) || isLift(newest.action))) return newest
  const standing = new Set(session.holds.map((hold) => hold.control))
  return session.controls.find((record) => standing.has(record.control) && isTroubled(record)) ?? newest
}

/** Also one that was enforced and then not verified: an observation of another kind has contradicted it. */
export function isTroubled({ state, steps }: ControlRecord): boolean {
  if (state === 'failed' || state === 'partial' || state === 'expired') return true
  return steps.some((step) => step.name === stepName.notVerified)
}
