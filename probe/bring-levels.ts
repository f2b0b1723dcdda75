// Brings all levels of one session to what is wanted, in the order of a containment, and tells each step once, in the order in which it
// was done. A network that cannot be cut must never keep a freeze waiting.
import type { HostRestriction } from '../server/protocol/control.ts'
import type { Wanted } from '../server/protocol/probe-messages.ts'
import { type Goal, levels } from './control-decision.ts'
import { bringLevel, type Interrupt, joinAsked, type LevelResult, type Patience } from './control-level.ts'
import type { ControlReceipts } from './control-receipts.ts'
import type { AskedStep, Enforcer, Reading } from './enforce/enforcer.ts'
import type { Session } from './session.ts'

const roundsMax = 3

export type BringParts = {
  enforcerOf: (level: HostRestriction) => Enforcer | string
  receipts: ControlReceipts
  /** Levels that were never asked of the host. */
  untried: Set<HostRestriction>
  interrupted: Interrupt
}

/**
 * Every level once with little patience, so that a network that cannot be cut does not keep the freeze waiting; then again. A network
 * that is cut together with a freeze is read after it: an agent that still runs opens flow after flow, and the freeze ends that.
 */
export async function bringLevels(
  session: Session,
  wanted: Wanted,
  open: readonly Goal[],
  { enforcerOf, receipts, untried, interrupted }: BringParts,
): Promise<Map<HostRestriction, LevelResult>> {
  const results = new Map<HostRestriction, LevelResult>()
  const untold = new Map<HostRestriction, () => void>()
  const slow = new Map<HostRestriction, Promise<AskedStep[]>>()
  const tell = (): void => {
    for (const level of levels) untold.get(level)?.()
    untold.clear()
  }
  for (let round = 0; round < roundsMax; round += 1) {
    for (const level of levels) {
      const before = results.get(level)
      if (before && (before.agrees || before.problem !== undefined || before.reading?.empty)) continue
      // What was asked without a look is looked at, come what may: its steps are not told yet.
      if (before && !isUnread(before) && interrupted()) continue
      const on = wanted.restrict.includes(level)
      const patience = patienceOf(level, wanted.restrict)[round]
      if (patience === undefined || (round > 0 && !before)) continue
      // What was never restricted need not be read for every pause of every session.
      const isAsked = open.some(({ aims }) => aims.includes(level))
      if (!on && level !== 'pause' && !isAsked && !session.touched.has(level)) continue
      const enforcer = enforcerOf(level)
      if (typeof enforcer === 'string') {
        // Nor can anybody say that it is gone, where it was once read as in force.
        if (on || session.said.get(level)?.restricted) results.set(level, missing(level, on, enforcer))
        continue
      }
      const isNew = untried.delete(level) && on
      // Undone behind our back: that is told, although it is put right at once.
      const onNotInForce = (reading: Reading) => receipts.sayUndone(session, level, reading)
      const onSlow = (asking: Promise<AskedStep[]>) => slow.set(level, asking)
      const options = { patience, isNew, interrupted, onNotInForce, onSlow }
      const late = await settled(slow.get(level))
      if (late) slow.delete(level)
      const result = await bringLevel(session, level, on, enforcer, options)
      const earlier = joinAsked(before?.asked ?? [], late?.asked ?? [])
      const whole = { ...result, asked: joinAsked(earlier, result.asked) }
      results.set(level, whole)
      if (whole.reading && !whole.reading.empty) receipts.sayObserved(session, level, whole.reading)
      if (whole.agrees && !on) session.touched.delete(level)
      // Steps are told once: a level that is looked at again is told then.
      const isLast = whole.agrees || whole.problem !== undefined || patience === 'long'
      if (isLast) untold.set(level, () => tellSteps(session, whole, open, enforcer, receipts))
      // A freeze waits for one look at the cut that came before it.
      if (!isUnread(results.get('network'))) tell()
    }
  }
  tell()
  return results
}

/** What was asked late; a refusal is found again by the reading that follows. */
async function settled(asking: Promise<AskedStep[]> | undefined): Promise<{ asked: AskedStep[] } | undefined> {
  return asking?.then(
    (asked) => ({ asked }),
    () => ({ asked: [] }),
  )
}

function tellSteps(
  session: Session,
  result: LevelResult,
  open: readonly Goal[],
  enforcer: Enforcer,
  receipts: ControlReceipts,
): void {
  for (const { control, aims } of open) {
    if (aims.includes(result.level)) receipts.steps(session, control, result, enforcer.count(session))
  }
}

/** How patiently a level is brought about in each round. */
function patienceOf(level: HostRestriction, restrict: readonly HostRestriction[]): readonly Patience[] {
  if (level === 'pause') return ['long', 'long']
  if (level === 'network' && restrict.includes('network') && restrict.includes('pause'))
    return ['none', 'short', 'long']
  return ['short', 'long']
}

function isUnread(result: LevelResult | undefined): boolean {
  return result !== undefined && result.reading === undefined && result.problem === undefined
}

function missing(level: HostRestriction, on: boolean, why: string): LevelResult {
  return { level, on, agrees: false, asked: [], reading: undefined, readAtMs: Date.now(), problem: why }
}
