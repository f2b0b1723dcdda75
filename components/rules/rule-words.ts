// What the room of rules says, in which order, and what a filter matches. Pure.
import { FlagSeverity, isPage } from '../../server/protocol/flag.ts'
import type { AutomaticResponse, RuleProblemView, RuleView, VerdictCounts } from '../../server/protocol/rule-view.ts'
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

/** The order of before, as long as somebody's hand is on the list: rows never move under it. What is new comes last. */
export function inSteadyOrder(rules: readonly RuleView[], before: readonly string[]): RuleView[] {
  const place = new Map(before.map((id, index) => [id, index]))
  const placeOf = ({ id }: RuleView) => place.get(id) ?? before.length
  return inOrder(rules).sort((a, b) => placeOf(a) - placeOf(b))
}

/** Which rules are shown, besides words; one word in the link. */
export const shows = ['all', 'fired', 'pages', 'limited', 'automatic', 'edited', 'problems'] as const
export type Show = (typeof shows)[number]

export const showWords: Readonly<Record<Show, string>> = {
  all: 'All',
  fired: 'Fired',
  pages: 'Pages',
  limited: 'Off or with exceptions',
  automatic: 'Automatic',
  edited: 'Edited',
  problems: 'Problems',
}

export function isShown(rule: RuleView, show: Show): boolean {
  switch (show) {
    case 'all':
      return true
    case 'fired':
      return rule.flags > 0
    case 'pages':
      return isPage(rule.severity)
    case 'limited':
      return !rule.isEnabled || rule.exceptions > 0
    case 'automatic':
      return rule.automatic !== undefined
    case 'edited':
      return rule.isEdited || rule.origin === 'console'
    case 'problems':
      return false
  }
}

/** Every word must occur somewhere in the rule. */
export function ruleMatches(q: string): (rule: RuleView) => boolean {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  return (rule) => {
    const { title, id, severity, behaviour, document, looksAt, why, techniques, tactics } = rule
    const said = [title, id, severity, behaviour, document, looksAt, why, ...techniques, ...tactics]
      .join('\n')
      .toLowerCase()
    return words.every((word) => said.includes(word))
  }
}

export function summaryText(rules: readonly RuleView[]): string {
  const fired = rules.filter(({ flags }) => flags > 0).length
  const pages = rules.filter(({ severity }) => isPage(severity)).length
  const off = rules.filter(({ isEnabled }) => !isEnabled).length
  return [
    `${plural(rules.length, 'rule')}, ${countText(pages)} of them page`,
    fired === 0 ? 'none fired in 7 days' : `${countText(fired)} fired in 7 days`,
    ...(off > 0 ? [`${countText(off)} off`] : []),
  ].join('; ')
}

export function firedText({ flags, sessions }: RuleView): string {
  return flags === 0 ? 'not in 7 days' : `${countText(flags)} × in ${plural(sessions, 'session')}`
}

/** How often a judged flag was right; undefined where nobody judged one. A drill says nothing of it. */
export function precisionWords(verdicts: VerdictCounts): { percent: string; counts: string } | undefined {
  const judged = verdicts.true + verdicts.false
  if (judged === 0) return undefined
  return {
    percent: `${Math.round((100 * verdicts.true) / judged)}%`,
    counts: `${countText(verdicts.true)} of ${countText(judged)}`,
  }
}

/** `server.yml:5:3`, as an editor opens it. */
export function placeText({ file, line, column }: Pick<RuleProblemView, 'file' | 'line' | 'column'>): string {
  return `${file}:${line}:${column}`
}

export type StateMark = 'off' | 'edited' | 'exceptions' | 'automatic'

export function automaticText({ action, minutes }: AutomaticResponse): string {
  return `${action === 'pause' ? 'pauses' : 'cuts the network'} for ${plural(minutes, 'minute')}`
}

/** What makes this rule other than its text says, in the order in which it matters. */
export function stateMarks(rule: RuleView): { mark: StateMark; word: string; means: string }[] {
  const { isEnabled, isEdited, exceptions, automatic } = rule
  return [
    ...(isEnabled ? [] : [{ mark: 'off' as const, word: 'off', means: 'It raises no flag until it is turned on.' }]),
    ...(automatic
      ? [{ mark: 'automatic' as const, word: automaticText(automatic), means: 'By itself, when it fires.' }]
      : []),
    ...(exceptions > 0
      ? [
          {
            mark: 'exceptions' as const,
            word: plural(exceptions, 'exception'),
            means: 'There it is quieter: nothing pages.',
          },
        ]
      : []),
    ...(isEdited
      ? [{ mark: 'edited' as const, word: 'edited', means: 'The console’s text runs, not the file’s own.' }]
      : []),
  ]
}

const originWords: Readonly<Record<RuleView['origin'], string>> = {
  pack: 'Vigil’s own pack',
  folder: 'a file of yours',
  console: 'written in the console',
  detector: 'a detector in the code',
}

/** `rule, Vigil’s own pack` */
export function kindText({ kind, origin }: RuleView): string {
  return kind === 'detector' ? originWords.detector : `${kind}, ${originWords[origin]}`
}

/** Heights of the days' bars, 0 to 1, oldest first; a day with one flag is never a day without. */
export function barHeights(perDay: readonly number[]): number[] {
  const most = Math.max(1, ...perDay)
  return perDay.map((count) => (count === 0 ? 0 : Math.max(0.18, count / most)))
}
