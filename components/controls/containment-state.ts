// Whether a session may be called contained: every part of it was read as in force. Pure; anything less has another word.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { isControlOpen, type Restriction, restrictionsOf } from '../../server/protocol/control.ts'
import type { HoldView } from '../../server/protocol/control-views.ts'
import { isInForce } from './control-trouble.ts'

/** A control that was asked this long before a newer open one may still be open behind it; then it is not red yet. */
const behindAnotherMs = 5_000

export type ContainmentState = {
  /** `containing`: asked, not all of it observed. `partly`: its control has ended, and something of it is not in force. */
  state: 'contained' | 'containing' | 'partly'
  hold: HoldView
  /** What was not read as in force. */
  missing: Restriction[]
}

/** Undefined where nothing contains it, and where its host is silent: then nothing may be said of now. */
export function containmentOf(row: SessionRow): ContainmentState | undefined {
  const hold = row.holds.find((each) => each.action === 'contain')
  if (!hold || row.state === 'ended' || row.state === 'silent') return undefined
  const missing = restrictionsOf('contain', undefined).filter((each) => !isInForce(row, each))
  if (missing.length === 0 && row.escapedCount === 0) return { state: 'contained', hold, missing }
  return { state: mayBeOpen(row, hold) ? 'containing' : 'partly', hold, missing }
}

export function isContained(row: SessionRow): boolean {
  return containmentOf(row)?.state === 'contained'
}

/** Whether the control that placed this hold is, or may be, still on its way: a row tells of one control only. */
export function mayBeOpen({ control }: SessionRow, hold: HoldView): boolean {
  if (!control || !isControlOpen(control.state)) return false
  // The row tells the newest open one: an older one being open says that this one is not.
  const laterMs = control.requestedAtMs - hold.sinceMs
  return control.control === hold.control || (laterMs >= 0 && laterMs < behindAnotherMs)
}

/** Wanted, its control has ended, and it was read as not (wholly) in force: the loudest thing a row can say. */
export function notInForce(row: SessionRow): SessionRow['restrictions'] {
  if (row.state === 'ended') return []
  return row.restrictions.filter(({ restriction, wanted, enforced }) => {
    if (!wanted || restriction === 'pause' || enforced === 'yes') return false
    if (enforced === 'unknown' && restriction !== 'network' && restriction !== 'gpu') return false
    const holds = row.holds.filter((hold) => restrictionsOf(hold.action, hold.capability).includes(restriction))
    return !holds.some((hold) => mayBeOpen(row, hold))
  })
}
