// What the room of rules says, in which order, and what a filter matches. Pure.
import { FlagSeverity } from '../../server/protocol/flag.ts'
import type { RuleProblemView, RuleView } from '../../server/protocol/rule-view.ts'
import { countText, plural } from '../ui/format-quantity.ts'

/** What fired stands first, the newest on top; the rest by severity, then by behaviour and title. */
export function inOrder(rules: readonly RuleView[]): RuleView[] {
  const rank = ({ severity }: RuleView) => -FlagSeverity.options.indexOf(severity)
  return [...rules].sort(
    (a, b) =>
      (b.lastAtMs ?? 0) - (a.lastAtMs ?? 0) ||
      rank(a) - rank(b) ||
      (a.behaviour ?? '').localeCompare(b.behaviour ?? '') ||
      a.title.localeCompare(b.title),
  )
}

/** Every word must occur somewhere in the rule. */
export function ruleMatches(q: string): (rule: RuleView) => boolean {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  return (rule) => {
    const { title, id, severity, behaviour, file, looksAt, why, techniques, tactics } = rule
    const said = [title, id, severity, behaviour, file, looksAt, why, ...techniques, ...tactics]
      .join('\n')
      .toLowerCase()
    return words.every((word) => said.includes(word))
  }
}

export function summaryText(rules: readonly RuleView[]): string {
  const fired = rules.filter(({ flags }) => flags > 0).length
  const pages = rules.filter(({ severity }) => severity === 'high' || severity === 'critical').length
  return `${plural(rules.length, 'rule')}, ${countText(pages)} of them page; ${fired === 0 ? 'none has fired yet' : `${countText(fired)} fired`}`
}

export function firedText({ flags, sessions }: RuleView): string {
  return flags === 0 ? 'never' : `${countText(flags)} × in ${plural(sessions, 'session')}`
}

/** `server.yml:5:3`, as an editor opens it. */
export function placeText({ file, line, column }: RuleProblemView): string {
  return `${file}:${line}:${column}`
}
