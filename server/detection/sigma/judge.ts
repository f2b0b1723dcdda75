// One event against a rule set.
import type { DetectionEvent } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import type { CompiledRule, RuleSet } from './compile-rules.ts'
import { fingerprintOf } from './fingerprint.ts'

const none: readonly CompiledRule[] = Object.freeze([])

/** Flags of the rules that match, in the order of the rule set. */
export function judge(ruleSet: RuleSet, event: DetectionEvent): Flag[] {
  const flags: Flag[] = []
  for (const each of matchesOf(ruleSet, event)) if (!each.isSilent) flags.push(flagOfRule(ruleSet, each, event))
  return flags
}

/** Rules that match, the silent ones too. */
export function matchesOf(ruleSet: RuleSet, event: DetectionEvent): readonly CompiledRule[] {
  const index = ruleSet.bySource.get(event.source)
  if (index === undefined) return none
  const { view, marks, rules } = ruleSet
  view.show(event)
  // The last mark is the number of the present event; a rule that carries it is a candidate already.
  const last = marks.length - 1
  const mark = ((marks[last] as number) + 1) >>> 0 || resetMarks(marks)
  marks[last] = mark
  let candidates: number[] | undefined
  for (const { slot, scan, rulesOf } of index.scans)
    for (const text of view.folded(slot))
      scan.scan(text, (literal) => {
        for (const rule of rulesOf[literal] as readonly number[]) {
          if (marks[rule] === mark) continue
          marks[rule] = mark
          if (candidates === undefined) candidates = [rule]
          else candidates.push(rule)
        }
      })
  let matches: CompiledRule[] | undefined
  const evaluate = (number: number) => {
    const rule = rules[number] as CompiledRule
    if (!rule.matches(view)) return
    if (matches === undefined) matches = [rule]
    else matches.push(rule)
  }
  for (const number of index.always) evaluate(number)
  if (candidates !== undefined) for (const number of candidates) evaluate(number)
  if (matches === undefined) return none
  return matches.length > 1 ? matches.sort((a, b) => a.index - b.index) : matches
}

function resetMarks(marks: Uint32Array): number {
  marks.fill(0)
  return 1
}

/** Right after `matchesOf` of the same event: it looks at the view that was shown. */
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
    matched: each.matched(ruleSet.view),
    fingerprint: fingerprintOf(rule.id, event),
    context: [],
    notFully: event.notFully,
  }
}
