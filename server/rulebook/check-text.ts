// What a text would be: its rules, its mistakes with their lines, and its own examples played.
import type { Flag } from '../detection/flag.ts'
import { playExample } from '../detection/rules/play-example.ts'
import type { ReadShell } from '../detection/shell/shell-reading.ts'
import type { RuleSet } from '../detection/sigma/compile-rules.ts'
import type { RuleFile, RuleHead } from '../detection/sigma/sigma-rule.ts'
import type { Example } from '../detection/sigma/vigil-block.ts'
import type { RuleCheckView, RuleExampleView } from '../protocol/rule-view.ts'
import { correlationWords, problemViews } from './rule-views.ts'
import type { TextAlone } from './text-alone.ts'

/** Examples are played for so long; a person waits for the answer, and sessions for the processor. */
const playMs = 150
const shownMax = 160

export function checkText(file: RuleFile, alone: TextAlone, readShell: ReadShell, nowMs: () => number): RuleCheckView {
  return {
    rules: [
      ...file.rules.map((rule) => viewOf(rule, 'rule', rule.logSource)),
      ...file.correlations.map((each) => viewOf(each, 'correlation', correlationWords(each))),
    ],
    problems: problemViews(alone.problems, file.unsupported),
    examples: playAll([...file.rules, ...file.correlations], alone.ruleSet, readShell, nowMs),
  }
}

function viewOf(rule: RuleHead, kind: 'rule' | 'correlation', looksAt: string): RuleCheckView['rules'][number] {
  return { id: rule.id, title: rule.title, severity: rule.level, kind, looksAt }
}

function playAll(rules: readonly RuleHead[], ruleSet: RuleSet, readShell: ReadShell, nowMs: () => number) {
  const untilMs = nowMs() + playMs
  const played: RuleExampleView[] = []
  for (const rule of rules)
    for (const expects of ['fires', 'silent'] as const)
      for (const example of rule.vigil?.examples?.[expects] ?? []) {
        if (nowMs() > untilMs) return played
        const flags = playExample(example, ruleSet, readShell).filter((flag) => flag.rule === rule.id)
        played.push(told(rule, expects, example, flags))
      }
  return played
}

function told(rule: RuleHead, expects: 'fires' | 'silent', example: Example, flags: readonly Flag[]): RuleExampleView {
  const isAsExpected = flags.length > 0 === (expects === 'fires')
  const instead = expects === 'fires' ? 'nothing was flagged' : `flagged as ${flags[0]?.severity ?? ''}`
  return { rule: rule.id, expects, text: textOf(example), isAsExpected, ...(!isAsExpected && { instead }) }
}

function textOf(example: Example): string {
  const text = typeof example === 'string' ? example : JSON.stringify(example)
  return text.length <= shownMax ? text : `${text.slice(0, shownMax - 1)}…`
}
