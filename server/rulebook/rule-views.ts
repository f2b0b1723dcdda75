// Every rule, correlation and detector as a page of rules shows it.
import { protectedPath } from '../detection/context/protected-path.ts'
import type { Problem, RuleHead, Unsupported } from '../detection/sigma/sigma-rule.ts'
import { detectorCatalog } from '../detection/stateful/stateful-detectors.ts'
import type { RuleCount } from '../flag-board.ts'
import type { LoadedRules } from '../open-detection.ts'
import type { AutomaticResponse, RuleProblemView, RuleView } from '../protocol/rule-view.ts'
import { originOf } from './rule-texts.ts'

/** What is set about a rule, and how often it fired. */
export type AboutRule = {
  count(rule: string): RuleCount
  isEnabled(rule: string): boolean
  exceptions(rule: string): number
  automatic(rule: string): AutomaticResponse | undefined
  isEdited(document: string): boolean
}

/** In `flag.raised` an id has so many characters at most. */
export const ruleIdMax = 64

export function ruleViews({ rules, correlations }: LoadedRules, about: AboutRule): RuleView[] {
  return [
    ...rules.map((rule) => ofSigma(rule, 'rule', rule.logSource, about)),
    ...correlations.map((each) => ofSigma(each, 'correlation', correlationWords(each), about)),
    ...detectorViews(about),
  ]
}

export function correlationWords({ type, rules, timespanMs }: LoadedRules['correlations'][number]): string {
  return `${type} of ${rules.join(', ')} in ${timespanMs / 1_000} s`
}

function detectorViews(about: AboutRule): RuleView[] {
  return [...detectorCatalog, protectedPath].map(
    (each): RuleView => ({
      id: each.id,
      title: each.title,
      severity: each.severity,
      behaviour: each.behaviour,
      kind: 'detector',
      origin: 'detector',
      isEdited: false,
      looksAt: each.measures,
      why: each.why,
      response: each.response,
      techniques: [...each.techniques, ...(each.formerly ?? [])],
      tactics: [...each.tactics],
      atlas: [],
      falsePositives: [...each.falsePositives],
      ...setOf(each.id, about),
    }),
  )
}

function ofSigma(rule: RuleHead, kind: 'rule' | 'correlation', looksAt: string, about: AboutRule): RuleView {
  return {
    id: rule.id,
    title: rule.title,
    severity: rule.level,
    behaviour: rule.vigil?.behaviour,
    kind,
    origin: originOf(rule.file),
    document: rule.file,
    isEdited: about.isEdited(rule.file),
    looksAt,
    why: rule.vigil?.why ?? rule.description,
    response: rule.vigil?.response,
    techniques: [...rule.techniques],
    tactics: [...rule.tactics],
    atlas: [...rule.atlas],
    falsePositives: [...rule.falsePositives],
    ...setOf(rule.id, about),
  }
}

type SetOfRule = Pick<
  RuleView,
  'isEnabled' | 'exceptions' | 'automatic' | 'flags' | 'sessions' | 'lastAtMs' | 'perDay' | 'verdicts'
>

function setOf(id: string, about: AboutRule): SetOfRule {
  const { lastAtMs, ...count } = about.count(id.slice(0, ruleIdMax))
  const automatic = about.automatic(id)
  return {
    isEnabled: about.isEnabled(id),
    exceptions: about.exceptions(id),
    ...(automatic && { automatic }),
    ...count,
    ...(lastAtMs !== undefined && { lastAtMs }),
  }
}

export function problemViews(problems: readonly Problem[], unsupported: readonly Unsupported[]): RuleProblemView[] {
  return [
    ...problems.map(problemView),
    ...unsupported.map((each) => ({ ...problemView(each), construct: each.construct })),
  ]
}

function problemView({ file, line, column, rule, message }: Problem): RuleProblemView {
  return { file, line, column, message, ...(rule !== undefined && { rule }) }
}
