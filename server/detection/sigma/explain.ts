// What a page of rules shows of a rule file: which rules run and on what, which do not and why, with lines.
import { alternativesOf } from './requirement.ts'
import type { Correlation, Problem, RuleFile, SigmaRule } from './sigma-rule.ts'

export type Explanation = {
  file: string
  line: number
  title: string
  id: string | undefined
  runs: boolean
  /** Why it does not run; in words, with places. */
  refused: readonly Problem[]
  notes: readonly Problem[]
  /** What it looks at and looks for, in words; empty where it does not run. */
  watches: readonly string[]
}

/** One entry a rule, those that do not run too, in the order of the file. Mistakes of the file as a whole stand under its name. */
export function explain(read: RuleFile, file: string): Explanation[] {
  const running = [...read.rules, ...read.correlations].map(
    (rule): Explanation => ({
      file: rule.file,
      line: rule.line,
      title: rule.title,
      id: rule.id,
      runs: true,
      refused: [],
      notes: read.notes.filter((note) => note.rule === rule.title),
      watches: 'when' in rule ? watchesOfRule(rule) : watchesOfCorrelation(rule),
    }),
  )
  const refused = new Map<string, Problem[]>()
  for (const problem of [...read.problems, ...read.unsupported]) {
    const title = problem.rule ?? file
    refused.set(title, [...(refused.get(title) ?? []), problem])
  }
  for (const [title, problems] of refused)
    running.push({
      file,
      line: Math.min(...problems.map(({ line }) => line)),
      title,
      id: undefined,
      runs: false,
      refused: problems,
      notes: read.notes.filter((note) => note.rule === title),
      watches: [],
    })
  return running.sort((a, b) => a.line - b.line)
}

/** One rule by itself. */
export function watchesOfRule(rule: SigmaRule): string[] {
  const texts = alternativesOf(rule.when).flatMap(([first]) =>
    (first ?? []).map(({ field, text }) => `"${text}" in ${field}`),
  )
  const sought = [...new Set(texts)]
  const more = sought.length > 5 ? ` and ${sought.length - 5} more` : ''
  return [
    `events of ${rule.sources.join(' and ')}${rule.logSource.startsWith('vigil') ? '' : ` (for ${rule.logSource})`}`,
    sought.length === 0
      ? 'every one of them: no text must occur for it to match, so it costs more than others'
      : `only where one of these texts occurs: ${sought.slice(0, 5).join(', ')}${more}`,
  ]
}

function watchesOfCorrelation({ type, rules, groupBy, timespanMs, count, field }: Correlation): string[] {
  const by = groupBy.length === 0 ? 'each session' : `each ${groupBy.join(' and ')}`
  const span = `${timespanMs / 1_000} s`
  const many = count.max === Number.POSITIVE_INFINITY ? `${count.min} or more` : `${count.min} to ${count.max}`
  const what = {
    event_count: `${many} matches of ${rules.join(', ')}`,
    value_count: `${many} values of ${field} in matches of ${rules.join(', ')}`,
    temporal: `${count.min} of ${rules.join(', ')} together`,
    temporal_ordered: `${rules.join(', then ')}`,
  }[type]
  return [`${what}, within ${span}, for ${by}`]
}
