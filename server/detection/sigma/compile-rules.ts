// Rules and correlations -> one rule set that judges quickly: by log source, then by the texts that must occur, then by evaluation.
import { type LogSource, logSources } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import { compileExpression, type Predicate } from './compile-test.ts'
import { EventView, FieldSlots } from './event-view.ts'
import { type LinkedCorrelation, linkCorrelations } from './link-correlations.ts'
import { compileMatched } from './matched.ts'
import type { Regex } from './regex.ts'
import { alternativesOf } from './requirement.ts'
import { RuleIndex } from './rule-index.ts'
import type { Correlation, Expression, Problem, SigmaRule } from './sigma-rule.ts'

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
  /**
   * Compiles what is not compiled yet, a pattern or a rule a step: whoever has time to spare takes it before events come, so that none of them
   * pays for many rules at once. Nothing depends on it.
   */
  warm(): Generator<void, void, void>
  /** Commands that its rules themselves name as what they fire at. */
  examples(): readonly string[]
}

export function compileRules(
  rules: readonly SigmaRule[],
  correlations: readonly Correlation[],
  {
    prefilter = true,
    nowMs,
  }: {
    /** False only to check that the prefilter changes nothing. */
    prefilter?: boolean
    /** Bounds the time of judging one act as well as its work; see `EventView`. */
    nowMs?: () => number
  } = {},
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
  const lazy = kept.map((rule) => ({
    matches: whenFirstAsked(() => compileExpression(rule.when, slots)),
    matched: whenFirstAsked(() => compileMatched(rule.when, slots)),
  }))
  const compiled = lazy.map(({ matches, matched }, index): CompiledRule => {
    const rule = kept[index] as SigmaRule
    return { index, rule, matches: matches.ask, matched: matched.ask, isSilent: silent.has(rule.id) }
  })
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
    view: new EventView(slots, nowMs),
    problems,
    *warm() {
      for (const [index, rule] of kept.entries()) {
        if (lazy[index]?.matches.compile()) yield
        for (const regex of regexesOf(rule.when)) if (regex.compile()) yield
        if (lazy[index]?.matched.compile()) yield
      }
    },
    examples: () =>
      kept.flatMap(({ vigil }) => vigil?.examples?.fires ?? []).filter((each) => typeof each === 'string'),
  }
}

function* regexesOf(expression: Expression): Generator<Regex, void, void> {
  if (expression.kind === 'not') yield* regexesOf(expression.of)
  else if (expression.kind === 'test') {
    for (const test of expression.test.tests) if (test.kind === 'regex') yield test.regex
  } else for (const each of expression.of) yield* regexesOf(each)
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
function whenFirstAsked<T>(compile: () => (view: EventView) => T) {
  let compiled: ReturnType<typeof compile> | undefined
  return {
    ask(view: EventView): T {
      compiled ??= compile()
      return compiled(view)
    },
    /** False where that was done. */
    compile(): boolean {
      if (compiled !== undefined) return false
      compiled = compile()
      return true
    },
  }
}
