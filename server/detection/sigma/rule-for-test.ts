// Rules in tests are written as operators write them: YAML, with the parts that do not matter filled in.
import type { DetectionEvent, Fields, LogSource } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import { compileRules } from './compile-rules.ts'
import { judge } from './judge.ts'
import { readRuleFile } from './read-rule-file.ts'

export function eventForTest(fields: Fields, more: Partial<DetectionEvent> = {}): DetectionEvent {
  const base = { source: 'command', atMs: 0, session: 's1', host: 'h1', call: undefined, notFully: undefined } as const
  return { ...base, ...more, fields }
}

/** A rule file with this `detection:`, indented by nothing. */
export function ruleTextForTest(detection: string, logsource = 'product: vigil, category: command'): string {
  const indented = detection.replace(/^\n+/, '').replace(/^/gm, '  ').trimEnd()
  return `title: Rule\nid: rule-1\nlevel: medium\nlogsource: {${logsource}}\ndetection:\n${indented}\n`
}

/** Whether a rule with this one selection matches; throws what is wrong with the rule. */
export function selects(selection: string, fields: Fields, source: LogSource = 'command'): boolean {
  return fires(
    `selection:\n${selection.replace(/^\n+/, '').replace(/^/gm, '  ').trimEnd()}\ncondition: selection`,
    fields,
    source,
  )
}

export function fires(detection: string, fields: Fields, source: LogSource = 'command'): boolean {
  return (
    flagsOf(ruleTextForTest(detection, `product: vigil, category: ${source}`), eventForTest(fields, { source }))
      .length > 0
  )
}

/** Judged with and without the prefilter: no test may be able to tell them apart. */
export function flagsOf(text: string, event: DetectionEvent): Flag[] {
  const read = readRuleFile(text, 'rule.yml')
  const wrong = [...read.problems, ...read.unsupported]
  if (wrong.length > 0) throw new Error(wrong.map(({ line, message }) => `line ${line}: ${message}`).join('\n'))
  const flags = judge(compileRules(read.rules, read.correlations), event)
  const unfiltered = judge(compileRules(read.rules, read.correlations, { prefilter: false }), event)
  if (JSON.stringify(flags) !== JSON.stringify(unfiltered)) throw new Error('The prefilter changed the result')
  return flags
}
