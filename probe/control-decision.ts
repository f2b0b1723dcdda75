// What to do about one session, from what is wanted and what was just read. Pure. A control is ended as enforced only when the
// reading already agrees; everything else is asking.
import type { ControlId } from '../server/protocol/ids.ts'
import type { Wanted } from '../server/protocol/probe-messages.ts'
import type { Reading } from './enforce/enforcer.ts'

export type ControlDecision = {
  /** Controls that want the opposite of the wanted level. */
  superseded: ControlId[]
  /** Controls that wait for this level, in order. */
  waiting: ControlId[]
  next: 'confirm' | 'apply' | 'revert' | 'cancel'
}

export function decideControl(wanted: Wanted, reading: Reading, ended: ReadonlySet<string>): ControlDecision {
  const open = wanted.pending.filter(({ control }) => !ended.has(control))
  const action = wanted.paused ? 'pause' : 'resume'
  const superseded = open.filter((pending) => pending.action !== action).map(({ control }) => control)
  const waiting = open.filter((pending) => pending.action === action).map(({ control }) => control)
  if (reading.empty) return { superseded, waiting, next: 'cancel' }
  if (reading.paused === wanted.paused) return { superseded, waiting, next: 'confirm' }
  return { superseded, waiting, next: wanted.paused ? 'apply' : 'revert' }
}
