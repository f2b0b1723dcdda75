// A control and a hold as the screen tells them, and which of a session's controls comes first.

import { isControlOpen, isLift, planOf, stepName } from '../protocol/control.ts'
import type { ControlView, HoldView } from '../protocol/control-views.ts'
import type { ControlRecord, Hold, SessionState } from './state.ts'

/** Copies, because the record goes on changing while the view travels. */
export function projectControl(record: ControlRecord, session: SessionState): ControlView {
  return {
    ...record,
    // An agent that never asks the gate has no tool calls that could be held there: the receipt says so in another step.
    plan: planOf(record.action, record.capability).filter((name) => name !== stepName.actionsHeld || session.gate),
    steps: record.steps.map((step) => ({ ...step })),
  }
}

export function projectHold({ restricts: _restricts, ...hold }: Hold): HoldView {
  return hold
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

function isTroubled({ state }: ControlRecord): boolean {
  return state === 'failed' || state === 'partial' || state === 'expired'
}
