// Sentences of what detection says. Titles are our rules' or an operator's words; what matched is the agent's, and shown as code.
import type { EventKind } from '../../server/protocol/event.ts'
import type { Kind } from './event-kind.ts'
import { code, type Data, muted, number, oneLine, plain, some, strong, type Tone, text } from './event-words.ts'
import { nested } from './signal-words.ts'

const matchedShown = 120
const severityWords: Readonly<Record<string, string>> = {
  informational: 'Note',
  low: 'Low flag',
  medium: 'Flag',
  high: 'High flag',
  critical: 'Critical flag',
}

const verdictWords: Readonly<Record<string, string>> = {
  true: 'said of a flag: it is what it says',
  false: 'said of a flag: noise',
  drill: 'said of a flag: a drill',
}

function wordOf(severity: string): string {
  return Object.hasOwn(severityWords, severity) ? (severityWords[severity] ?? 'Flag') : 'Flag'
}

function toneOf(severity: string): Tone {
  if (severity === 'critical' || severity === 'high') return 'critical'
  return severity === 'medium' ? 'warn' : 'normal'
}

/** The first thing that matched: what the rule saw. */
function matchedText(data: Data): string {
  const [first] = Array.isArray(data.matched) ? (data.matched as unknown[]) : []
  const value = typeof first === 'object' && first !== null && 'value' in first ? first.value : ''
  return typeof value === 'string' ? cut(oneLine(value), matchedShown) : ''
}

export const flagKinds = {
  'flag.raised': {
    icon: 'alert',
    tab: 'actions',
    say: (d) =>
      some(
        plain(wordOf(text(d, 'severity'))),
        strong(text(d, 'title')),
        code(matchedText(d)),
        muted(text(d, 'notFully') === '' ? '' : `not fully parsed: ${text(d, 'notFully')}`),
      ),
    aside: (d) =>
      number(nested(d, 'risk'), 'score') === undefined
        ? ''
        : `risk ${Math.round(number(nested(d, 'risk'), 'score') ?? 0)}`,
    tone: (d) => toneOf(text(d, 'severity')),
  },
  'flag.judged': {
    icon: 'audit',
    tab: 'operators',
    say: (d) =>
      some(
        strong(text(nested(d, 'by'), 'name')),
        plain(verdictWords[text(d, 'verdict')] ?? 'took back what was said of a flag'),
        muted(text(d, 'note')),
      ),
    tone: () => 'normal',
  },
  'finding.made': {
    icon: 'alert',
    tab: 'actions',
    say: (d) =>
      some(
        plain('The policy of'),
        code(text(d, 'run')),
        plain('does this:'),
        strong(text(d, 'title')),
        muted(`${number(d, 'sessionCount') ?? 0} episodes`),
      ),
    tone: (d) => toneOf(text(d, 'severity')),
  },
} satisfies Partial<Record<EventKind, Kind>>

/** With a mark that something is missing. */
function cut(words: string, max: number): string {
  return words.length <= max ? words : `${words.slice(0, max - 1)}…`
}
