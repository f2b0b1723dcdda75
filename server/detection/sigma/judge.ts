// One event against a rule set.
import type { DetectionEvent } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import type { CompiledRule, RuleSet, SourceIndex } from './compile-rules.ts'
import { fingerprintOf } from './fingerprint.ts'

const none: readonly CompiledRule[] = Object.freeze([])

/** Flags of the rules that match, in the order of the rule set. */
export function judge(ruleSet: RuleSet, event: DetectionEvent): Flag[] {
  const flags: Flag[] = []
  for (const each of matchesOf(ruleSet, event)) if (!each.isSilent) flags.push(flagOfRule(ruleSet, each, event))
  return flags
}

/** Rules that match, the silent ones too. Every event comes through here: no closures, and nothing is made for an event that matches nothing. */
export function matchesOf(ruleSet: RuleSet, event: DetectionEvent): readonly CompiledRule[] {
  const index = ruleSet.bySource.get(event.source)
  if (index === undefined) return none
  const { view, rules } = ruleSet
  view.show(event)
  let matches: CompiledRule[] | undefined
  for (const number of index.always) {
    const rule = rules[number] as CompiledRule
    if (rule.matches(view)) matches = added(matches, rule)
  }
  const candidates = candidatesOf(ruleSet, index)
  if (candidates !== undefined)
    for (const number of candidates) {
      const rule = rules[number] as CompiledRule
      if (rule.matches(view)) matches = added(matches, rule)
    }
  if (matches === undefined) return none
  return matches.length > 1 ? matches.sort((a, b) => a.index - b.index) : matches
}

/** Rules one of whose alternatives has all its demands met by the event that the view shows. */
function candidatesOf(ruleSet: RuleSet, { scans }: SourceIndex): number[] | undefined {
  const { view, marks, met, demands, ruleOf, candidates } = ruleSet
  // The last mark is the number of the present event: what is met under another number is of another event.
  const last = marks.length - 1
  const mark = ((marks[last] as number) + 1) >>> 0 || resetMarks(ruleSet)
  marks[last] = mark
  let found: number[] | undefined
  for (const { slot, scan, entries } of scans)
    for (const text of view.folded(slot)) {
      const count = scan.find(text)
      for (let place = 0; place < count; place++) {
        const demanding = entries[scan.found[place] as number] as Int32Array
        for (let each = 0; each < demanding.length; each++) {
          const entry = demanding[each] as number
          const alternative = entry >> 2
          const before = marks[alternative] === mark ? (met[alternative] as number) : 0
          const now = before | (1 << (entry & 3))
          if (now === before) continue
          marks[alternative] = mark
          met[alternative] = now
          if (now !== demands[alternative]) continue
          const rule = ruleOf[alternative] as number
          if (candidates[rule] === mark) continue
          candidates[rule] = mark
          found = added(found, rule)
        }
      }
    }
  return found
}

function added<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item]
  list.push(item)
  return list
}

function resetMarks({ marks, candidates }: RuleSet): number {
  marks.fill(0)
  candidates.fill(0)
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
