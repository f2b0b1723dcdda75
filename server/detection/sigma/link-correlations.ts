// Correlations name what they count; here the names become rules, and chains of correlations get an order.
import type { Correlation, Problem, SigmaRule } from './sigma-rule.ts'

export type LinkedCorrelation = {
  correlation: Correlation
  /** Ids of the rules and correlations that it counts, in the order of the file. */
  members: readonly string[]
  /** The field that stands for each `group-by`, by member. */
  groupFields: ReadonlyMap<string, readonly string[]>
}

/** What counts on others comes after them. */
export function linkCorrelations(
  rules: readonly SigmaRule[],
  correlations: readonly Correlation[],
  problems: Problem[],
): LinkedCorrelation[] {
  const ids = new Map<string, string>()
  for (const { id, name } of [...rules, ...correlations]) {
    ids.set(id, id)
    if (name !== undefined) ids.set(name, id)
  }
  const tell = ({ file, line, column, title }: Correlation, message: string) => {
    problems.push({ file, line, column, message, rule: title })
  }
  const waiting = new Map<string, LinkedCorrelation>()
  for (const correlation of correlations) {
    const missing = correlation.rules.filter((rule) => !ids.has(rule))
    if (missing.length > 0)
      tell(
        correlation,
        `There is no rule ${missing.map((name) => `"${name.slice(0, 80)}"`).join(', ')} that runs; the correlation does not run`,
      )
    else waiting.set(correlation.id, link(correlation, ids))
  }
  return inOrder(rules, waiting, tell)
}

function link(correlation: Correlation, ids: ReadonlyMap<string, string>): LinkedCorrelation {
  const groupFields = new Map<string, string[]>()
  const members = correlation.rules.map((rule) => ids.get(rule) ?? rule)
  for (const [index, rule] of correlation.rules.entries()) {
    const member = members[index] ?? rule
    groupFields.set(
      member,
      correlation.groupBy.map((name) => {
        const alias = correlation.aliases.get(name)
        return alias?.get(rule) ?? alias?.get(member) ?? name
      }),
    )
  }
  return { correlation, members, groupFields }
}

function inOrder(
  rules: readonly SigmaRule[],
  waiting: Map<string, LinkedCorrelation>,
  tell: (correlation: Correlation, message: string) => void,
): LinkedCorrelation[] {
  const known = new Set(rules.map(({ id }) => id))
  const ordered: LinkedCorrelation[] = []
  for (let isGrowing = true; isGrowing; ) {
    isGrowing = false
    for (const [id, each] of waiting) {
      if (!each.members.every((member) => known.has(member))) continue
      waiting.delete(id)
      known.add(id)
      ordered.push(each)
      isGrowing = true
    }
  }
  for (const { correlation } of waiting.values())
    tell(correlation, 'The correlation counts itself, over others, or one that does not run; it does not run')
  return ordered
}
