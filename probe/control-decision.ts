// What each open control of a session aims at, from what is wanted now. Pure. A control ends as enforced only when every one of
// its aims was read; what it aims at is never more than what is still wanted.
import { type HostRestriction, isLift, restrictionsOf } from '../server/protocol/control.ts'
import type { ControlId } from '../server/protocol/ids.ts'
import type { Wanted } from '../server/protocol/probe-messages.ts'

export type Pending = Wanted['pending'][number]

/** In the order in which a containment proceeds: what leaves the host first, then what computes. */
export const levels: readonly HostRestriction[] = ['network', 'gpu', 'pause']

export type Goal = {
  control: ControlId
  action: Pending['action']
  capability: Pending['capability']
  /** Levels that must be read as `on` before this control is enforced; empty for an act. */
  aims: HostRestriction[]
  on: boolean
  /** It has nothing left to aim at: something newer wants the opposite, or another cause holds it all. */
  over: 'superseded' | 'lifted' | undefined
}

export function goalOf(pending: Pending, restrict: readonly HostRestriction[]): Goal {
  const { control, action, capability } = pending
  const base = { control, action, capability }
  if (action === 'snapshot' || action === 'end') return { ...base, aims: [], on: true, over: undefined }
  const on = !isLift(action)
  const mine = levels.filter((level) => placedBy(pending).includes(level))
  const aims = mine.filter((level) => restrict.includes(level) === on)
  if (aims.length > 0) return { ...base, aims, on, over: undefined }
  return { ...base, aims, on, over: on ? 'superseded' : 'lifted' }
}

/** What the control, or the control that it is the inverse of, restricts. */
function placedBy({ action, capability }: Pending) {
  if (action === 'resume') return restrictionsOf('pause', undefined)
  if (action === 'restore') return restrictionsOf('revoke', capability)
  if (action === 'release') return restrictionsOf('contain', undefined)
  return restrictionsOf(action, capability)
}

/** Open controls of a wanted state: those that have no end yet. */
export function openGoals(wanted: Wanted, ended: ReadonlySet<string>): Goal[] {
  return wanted.pending.filter(({ control }) => !ended.has(control)).map((each) => goalOf(each, wanted.restrict))
}
