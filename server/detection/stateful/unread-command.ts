// A command that could not be read or judged to its end: what hides behind size or depth must at least show that it hides.
import type { DetectionEvent } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
import { tooMuchToJudge } from '../sigma/judge.ts'
import { type DetectorRule, flagOf } from './detector.ts'

export const unreadCommand: DetectorRule = {
  id: 'vigil-unread-command',
  title: 'A command could not be read to its end',
  behaviour: 'defense-evasion',
  severity: 'medium',
  why: 'Rules judge what is read: what a command does beyond that, nobody has looked at.',
  response: 'Read the command itself, and see by the session’s processes and connections what it did.',
  tactics: ['defense-evasion'],
  techniques: ['T1027'],
  falsePositives: [
    'A long generated script or data given as part of a command',
    'Text that is no shell command, or half of one',
  ],
  measures:
    'commands longer, deeper or with more parts than are read, or than rules are asked about (medium); with syntax errors or out of time (low)',
  sources: ['command', 'content', 'process'],
}

/** Honest agents make syntax errors, and a busy machine runs out of time. */
const mild: ReadonlySet<string> = new Set(['syntax errors', 'out of time'])

/** Of the events of one act, such as a tool call: once. `wasCut`: not all rules were asked about them. Undefined where all of it was read and judged. */
export function unreadCommandFlag(events: readonly DetectionEvent[], wasCut: boolean): Flag | undefined {
  const [event] = events
  if (event === undefined) return undefined
  const unread = event.source === 'command' ? event.notFully : undefined
  // A slip in the syntax must not make less of it.
  const notFully = wasCut && (unread === undefined || mild.has(unread)) ? tooMuchToJudge : unread
  if (notFully === undefined) return undefined
  const { Text, CommandLine } = event.fields
  const flag = flagOf(unreadCommand, event, {
    what: notFully,
    matched: [
      ['Text', Text ?? CommandLine ?? null],
      [notFully === tooMuchToJudge ? 'not judged' : 'not read', notFully],
    ],
    ...(mild.has(notFully) && { severity: 'low', context: 'lowered: it happens to honest commands' }),
  })
  return { ...flag, notFully }
}
