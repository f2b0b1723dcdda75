// An example of a rule -> the flags it raises: texts go through the shell reader as a live tool call's command would.
import type { DetectionEvent } from '../detection-event.ts'
import { openEngine } from '../engine.ts'
import type { Flag } from '../flag.ts'
import { commandEvents } from '../shell/command-events.ts'
import type { ReadShell } from '../shell/shell-reading.ts'
import type { RuleSet } from '../sigma/compile-rules.ts'
import type { Example, ExampleCommand, ExampleEvent } from '../sigma/vigil-block.ts'

type Step = string | ExampleCommand | ExampleEvent

export function playExample(example: Example, ruleSet: RuleSet, readShell: ReadShell): Flag[] {
  const engine = openEngine({ ruleSet })
  const steps: readonly Step[] = Array.isArray(example) ? example : [example]
  return steps.flatMap((step, index) => eventsOf(step, index, readShell).flatMap((event) => engine.observe(event)))
}

function eventsOf(step: Step, index: number, readShell: ReadShell): DetectionEvent[] {
  const call = `call-${index}`
  // Steps without a time follow each other by a second.
  const usual = { atMs: index * 1_000, session: 'session', host: 'host', call }
  if (typeof step === 'string') return commandEvents(readShell(step), { text: step, ...usual })
  const atMs = step.atMs ?? usual.atMs
  const session = step.session ?? usual.session
  if ('command' in step) return commandEvents(readShell(step.command), { text: step.command, ...usual, atMs, session })
  const { source, fields, host, trust } = step
  return [{ source, fields, ...usual, atMs, session, host: host ?? usual.host, trust, notFully: undefined }]
}
