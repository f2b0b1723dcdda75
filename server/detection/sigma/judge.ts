// One event against a rule set.
import type { DetectionEvent } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import type { CompiledRule, RuleSet } from './compile-rules.ts'
import { fingerprintOf } from './fingerprint.ts'

/** Why not all rules were asked. */
export const tooMuchToJudge = 'too much to judge'

const nothingMatched: Flag['matched'] = Object.freeze([]) as never
const none: readonly CompiledRule[] = Object.freeze([])

/** Flags of the rules that match, in the order of the rule set. */
export function judge(ruleSet: RuleSet, event: DetectionEvent): Flag[] {
  const flags: Flag[] = []
  for (const each of matchesOf(ruleSet, event))
    if (!each.isSilent) flags.push(withMatched(ruleSet, each, flagOfRule(ruleSet, each, event)))
  return flags
}

/** Rules that match, the silent ones too. `isMore`: the event is of the same act as the one before; together they may cost so much. Every event comes through here: no closures, and nothing is made for an event that matches nothing. */
export function matchesOf(ruleSet: RuleSet, event: DetectionEvent, isMore = false): readonly CompiledRule[] {
  const { view, rules } = ruleSet
  const index = ruleSet.bySource.get(event.source)
  if (index === undefined) {
    view.pass(isMore)
    return none
  }
  view.show(event, isMore)
  let matches: CompiledRule[] | undefined
  for (const number of index.candidates(view)) {
    if (!view.mayAsk()) break
    const rule = rules[number] as CompiledRule
    if (rule.matches(view)) matches = added(matches, rule)
  }
  if (matches === undefined) return none
  return matches.length > 1 ? matches.sort((a, b) => a.index - b.index) : matches
}

function added<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item]
  list.push(item)
  return list
}

/** Right after `matchesOf` of the same event. What it matched on is looked for by `withMatched`, which costs more than the rest. */
export function flagOfRule(ruleSet: RuleSet, each: CompiledRule, event: DetectionEvent): Flag {
  const { rule } = each
  return {
    rule: rule.id,
    title: rule.title,
    severity: rule.level,
    ruleSeverity: rule.level,
    techniques: rule.techniques,
    tactics: rule.tactics,
    behaviour: rule.vigil?.behaviour,
    source: event.source,
    atMs: event.atMs,
    session: event.session,
    host: event.host,
    call: event.call,
    matched: nothingMatched,
    fingerprint: fingerprintOf(rule.id, event),
    context: [],
    notFully: event.notFully ?? (ruleSet.view.isCut ? tooMuchToJudge : undefined),
  }
}

/** The flag with what its rule matched on. Right after `matchesOf` of the same event: it looks at the view that was shown. */
export function withMatched(ruleSet: RuleSet, each: CompiledRule, flag: Flag): Flag {
  return { ...flag, matched: each.matched(ruleSet.view) }
}
