// Rules and correlations -> one rule set that judges quickly: by log source, then by the texts that must occur, then by evaluation.
import { type LogSource, logSources } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import { compileExpression, type Predicate } from './compile-test.ts'
import { EventView, FieldSlots } from './event-view.ts'
import { type LinkedCorrelation, linkCorrelations } from './link-correlations.ts'
import { compileMatched } from './matched.ts'
import { alternativesOf } from './requirement.ts'
import { RuleIndex } from './rule-index.ts'
import type { Correlation, Problem, SigmaRule } from './sigma-rule.ts'

export type CompiledRule = {
  index: number
  rule: SigmaRule
  matches: Predicate
  /** What of the event that the view shows it matched on. */
  matched(view: EventView): Flag['matched']
  /** It only feeds a correlation beside it (in the same file, without `generate`) and raises no flag of its own. */
  isSilent: boolean
}

export type RuleSet = {
  rules: readonly CompiledRule[]
  correlations: readonly LinkedCorrelation[]
  bySource: ReadonlyMap<LogSource, RuleIndex>
  slots: FieldSlots
  /** Reused from event to event: judging is not reentrant. */
  view: EventView
  /** Duplicates, references to nothing. What they are in does not run. */
  problems: readonly Problem[]
}

export function compileRules(
  rules: readonly SigmaRule[],
  correlations: readonly Correlation[],
  /** False only to check that the prefilter changes nothing. */
  { prefilter = true }: { prefilter?: boolean } = {},
): RuleSet {
  const problems: Problem[] = []
  const unique = withoutDuplicates([...rules, ...correlations], problems)
  const kept = rules.filter((rule) => unique.has(rule))
  const linked = linkCorrelations(
    kept,
    correlations.filter((each) => unique.has(each)),
    problems,
  )
  const slots = new FieldSlots()
  const silent = silentRules(kept, linked)
  const compiled = kept.map(
    (rule, index): CompiledRule => ({
      index,
      rule,
      matches: whenFirstAsked(() => compileExpression(rule.when, slots)),
      matched: whenFirstAsked(() => compileMatched(rule.when, slots)),
      isSilent: silent.has(rule.id),
    }),
  )
  const alternatives = kept.map((rule) => (prefilter ? alternativesOf(rule.when) : []))
  const bySource = new Map<LogSource, RuleIndex>()
  for (const source of logSources) {
    const mine = compiled.filter(({ rule }) => rule.sources.includes(source)).map(({ index }) => index)
    if (mine.length > 0) bySource.set(source, new RuleIndex(mine, alternatives, slots))
  }
  return {
    rules: compiled,
    correlations: linked,
    bySource,
    slots,
    view: new EventView(slots),
    problems,
  }
}

/** The first of several with one id or name is kept. */
function withoutDuplicates(
  all: readonly (SigmaRule | Correlation)[],
  problems: Problem[],
): Set<SigmaRule | Correlation> {
  const kept = new Set<SigmaRule | Correlation>()
  const byId = new Map<string, SigmaRule | Correlation>()
  for (const each of all) {
    for (const key of new Set([each.id, each.name ?? each.id])) {
      const other = byId.get(key)
      if (other === undefined || other === each) continue
      const { file, line, column, title } = each
      const what = key === each.id ? 'id' : 'name'
      const message = `The ${what} ${key.slice(0, 80)} is already used by "${other.title}" (${other.file}:${other.line}); this one does not run`
      problems.push({ file, line, column, message, rule: title })
    }
    if (byId.has(each.id) || (each.name !== undefined && byId.has(each.name))) continue
    byId.set(each.id, each)
    if (each.name !== undefined) byId.set(each.name, each)
    kept.add(each)
  }
  return kept
}

/**
 * Sigma lets rules under a correlation be silent unless it says `generate`. We take that for rules that stand in the correlation's own file only:
 * a correlation dropped in elsewhere must not switch off a rule that somebody relies on.
 */
function silentRules(rules: readonly SigmaRule[], linked: readonly LinkedCorrelation[]): Set<string> {
  const silent = new Set<string>()
  const loud = new Set<string>()
  for (const { correlation, members } of linked)
    for (const member of members) {
      const rule = rules.find(({ id }) => id === member)
      if (rule?.file === correlation.file) (correlation.generate ? loud : silent).add(member)
    }
  for (const id of loud) silent.delete(id)
  return silent
}

/** Most rules are never asked: what judges an event, and what shows its match, is compiled at the first question. */
function whenFirstAsked<T>(compile: () => (view: EventView) => T): (view: EventView) => T {
  let compiled: ReturnType<typeof compile> | undefined
  return (view) => {
    compiled ??= compile()
    return compiled(view)
  }
}
