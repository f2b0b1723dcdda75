// Every rule, correlation and detector as a page of rules shows it.
import { protectedPath } from './detection/context/protected-path.ts'
import type { RuleHead } from './detection/sigma/sigma-rule.ts'
import { detectorCatalog } from './detection/stateful/stateful-detectors.ts'
import type { FlagBoard } from './flag-board.ts'
import type { LoadedRules } from './open-detection.ts'
import type { RuleProblemView, RuleView } from './protocol/rule-view.ts'

type Counts = ReturnType<FlagBoard['counts']>

export function ruleViews({ rules, correlations }: LoadedRules, counts: Counts): RuleView[] {
  return [
    ...rules.map((rule) => ofSigma(rule, 'rule', rule.logSource, counts)),
    ...correlations.map((each) =>
      ofSigma(each, 'correlation', `${each.type} of ${each.rules.join(', ')} in ${each.timespanMs / 1_000} s`, counts),
    ),
    ...[...detectorCatalog, protectedPath].map(
      (each): RuleView => ({
        id: each.id,
        title: each.title,
        severity: each.severity,
        behaviour: each.behaviour,
        kind: 'detector',
        looksAt: each.measures,
        why: each.why,
        response: each.response,
        techniques: [...each.techniques, ...(each.formerly ?? [])],
        tactics: [...each.tactics],
        atlas: [],
        falsePositives: [...each.falsePositives],
        ...countsOf(each.id, counts),
      }),
    ),
  ]
}

function ofSigma(rule: RuleHead, kind: 'rule' | 'correlation', looksAt: string, counts: Counts): RuleView {
  return {
    id: rule.id,
    title: rule.title,
    severity: rule.level,
    behaviour: rule.vigil?.behaviour,
    kind,
    file: rule.file,
    looksAt,
    why: rule.vigil?.why ?? rule.description,
    response: rule.vigil?.response,
    techniques: [...rule.techniques],
    tactics: [...rule.tactics],
    atlas: [...rule.atlas],
    falsePositives: [...rule.falsePositives],
    ...countsOf(rule.id, counts),
  }
}

function countsOf(id: string, counts: Counts): Pick<RuleView, 'flags' | 'sessions' | 'lastAtMs'> {
  const { flags = 0, sessions = 0, lastAtMs } = counts.get(id.slice(0, 64)) ?? {}
  return { flags, sessions, ...(lastAtMs !== undefined && { lastAtMs }) }
}

export function problemViews({ problems, unsupported }: LoadedRules): RuleProblemView[] {
  const view = ({ file, line, column, rule, message }: LoadedRules['problems'][number]): RuleProblemView => ({
    file,
    line,
    column,
    rule,
    message,
  })
  return [...problems.map(view), ...unsupported.map((each) => ({ ...view(each), construct: each.construct }))]
}
