// What fired, by rule and step, and how often that was right as far as operators said so. Pure.
import type { EventOf } from '../../protocol/event.ts'
import type { FlagSeverity } from '../../protocol/flag.ts'
import type { EventId, SessionId } from '../../protocol/ids.ts'
import { isTold, type NumbersStep, type NumbersView } from '../../protocol/numbers-view.ts'
import type { VerdictCounts } from '../../protocol/rule-view.ts'

/** Rules that are told one by one; the rest is in the sums. */
const rulesMax = 500

export type RuleNamed = { title: string; severity: FlagSeverity }
export type NameOfRule = (rule: string) => RuleNamed | undefined

/** Counted in the log. `rule` undefined: its name could not be read. */
export type FlagCount = { step: number; rule: string | undefined; flags: number; ofDrills: number }

export type FlagsCounted = {
  counts: readonly FlagCount[]
  steps: readonly NumbersStep[]
  drills: boolean
  nameOf: NameOfRule
  sinceMs?: number | undefined
}

export function flagFiguresOf(given: FlagsCounted): NumbersView['flags'] {
  const { steps, drills, nameOf, sinceMs } = given
  const nothing = (): (number | null)[] => steps.map((step) => (isTold(step, sinceMs) ? 0 : null))
  const perStep = nothing()
  const rules = new Map<string, (number | null)[]>()
  let [drillsLeftOut, unreadable] = [0, 0]
  for (const { step, rule, flags, ofDrills } of given.counts) {
    const counted = drills ? flags : flags - ofDrills
    drillsLeftOut += flags - counted
    if (counted === 0 || steps[step] === undefined) continue
    perStep[step] = (perStep[step] ?? 0) + counted
    if (rule === undefined) {
      unreadable += counted
      continue
    }
    const own = rules.get(rule) ?? nothing()
    rules.set(rule, own)
    own[step] = (own[step] ?? 0) + counted
  }
  const told = [...rules].map(([rule, own]) => ({
    rule,
    ...nameOf(rule),
    flags: own.reduce<number>((sum, each) => sum + (each ?? 0), 0),
    perStep: own,
  }))
  return {
    rules: told.sort((a, b) => b.flags - a.flags || a.rule.localeCompare(b.rule)).slice(0, rulesMax),
    perStep,
    drillsLeftOut,
    unreadable,
    ...(sinceMs !== undefined && { sinceMs }),
  }
}

/** `verdicts`: oldest first; the newest word on a flag counts, and one that was taken back is none. */
export function precisionOf(
  verdicts: readonly EventOf<'flag.judged'>[],
  {
    isDrill,
    nameOf,
    sinceMs,
  }: { isDrill(session: SessionId, flag: EventId): boolean; nameOf: NameOfRule; sinceMs?: number | undefined },
): NumbersView['precision'] {
  const newest = new Map<EventId, EventOf<'flag.judged'>>()
  for (const event of verdicts) newest.set(event.data.flag, event)
  const rules = new Map<string, VerdictCounts>()
  for (const { data, session } of newest.values()) {
    if (data.verdict === undefined) continue
    const counts = rules.get(data.rule) ?? { true: 0, false: 0, drill: 0 }
    rules.set(data.rule, counts)
    // Of a rehearsal every verdict is a rehearsal's, as on the rule's own page.
    counts[session !== undefined && isDrill(session, data.flag) ? 'drill' : data.verdict] += 1
  }
  const told = [...rules].map(([rule, counts]) => {
    const judged = counts.true + counts.false
    const title = nameOf(rule)?.title
    return {
      rule,
      ...(title !== undefined && { title }),
      verdicts: counts,
      ...(judged > 0 && { precision: counts.true / judged }),
    }
  })
  const judged = ({ verdicts: { true: right, false: wrong } }: (typeof told)[number]) => right + wrong
  return {
    rules: told.sort((a, b) => judged(b) - judged(a) || a.rule.localeCompare(b.rule)).slice(0, rulesMax),
    ...(sinceMs !== undefined && { sinceMs }),
  }
}
