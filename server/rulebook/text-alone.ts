// One text with just what it needs of the others: what a check plays and a backtest judges.
import { compileRules, type RuleSet } from '../detection/sigma/compile-rules.ts'
import type { Correlation, Problem, RuleFile, SigmaRule } from '../detection/sigma/sigma-rule.ts'

export type TextAlone = {
  ruleSet: RuleSet
  /** Rules and correlations of the text itself. */
  ids: ReadonlySet<string>
  /** Its own, those of its references and ids that others have already. */
  problems: Problem[]
}

type All = { rules: readonly SigmaRule[]; correlations: readonly Correlation[] }

/** `others`: every rule that runs; those of a text with the same name do not count. */
export function textAlone(file: RuleFile, name: string, others: All): TextAlone {
  const otherRules = others.rules.filter((each) => each.file !== name)
  const otherCorrelations = others.correlations.filter((each) => each.file !== name)
  const taken = new Map([...otherRules, ...otherCorrelations].map((each) => [each.id, each]))
  const problems = [...file.problems]
  for (const each of [...file.rules, ...file.correlations]) {
    const known = taken.get(each.id)
    if (known)
      problems.push({
        ...placeOf(each),
        rule: each.title,
        message: `${known.file} has a rule with this id: give it another, or edit that one`,
      })
  }
  const needed = referredBy(file.correlations, otherRules, otherCorrelations)
  const ruleSet = compileRules([...file.rules, ...needed.rules], [...file.correlations, ...needed.correlations])
  problems.push(...ruleSet.problems.filter((each) => each.file === name))
  return { ruleSet, ids: new Set([...file.rules, ...file.correlations].map(({ id }) => id)), problems }
}

function placeOf({ file, line, column }: Problem | SigmaRule | Correlation) {
  return { file, line, column }
}

/** Correlations may count correlations. */
function referredBy(correlations: readonly Correlation[], rules: readonly SigmaRule[], others: readonly Correlation[]) {
  const found = { rules: new Set<SigmaRule>(), correlations: new Set<Correlation>() }
  const waiting = correlations.flatMap((each) => each.rules)
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const isMeant = (each: { id: string; name: string | undefined }) => each.id === name || each.name === name
    for (const rule of rules) if (isMeant(rule)) found.rules.add(rule)
    for (const each of others) {
      if (!isMeant(each) || found.correlations.has(each)) continue
      found.correlations.add(each)
      waiting.push(...each.rules)
    }
  }
  return found
}
