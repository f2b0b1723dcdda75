// A command that could not be read to its end: what hides behind size or depth must at least show that it hides.
import type { DetectionEvent } from '../detection-event.ts'
import type { Flag } from '../flag.ts'
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
    'commands longer, deeper or with more parts than are read (medium); with syntax errors or out of time (low)',
  sources: ['command'],
}

/** Honest agents make syntax errors, and a busy machine runs out of time. */
const mild: ReadonlySet<string> = new Set(['syntax errors', 'out of time'])

/** Of the events of one tool call: once. Undefined where all of it was read. */
export function unreadCommandFlag(events: readonly DetectionEvent[]): Flag | undefined {
  const [event] = events
  if (event?.source !== 'command' || event.notFully === undefined) return undefined
  const { notFully } = event
  const isMild = mild.has(notFully)
  return flagOf(unreadCommand, event, {
    what: notFully,
    matched: [
      ['Text', event.fields.Text ?? null],
      ['not read', notFully],
    ],
    ...(isMild && { severity: 'low', context: 'lowered: it happens to honest commands' }),
  })
}
