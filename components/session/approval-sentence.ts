// Sentences of actions that wait for a person. The action is the agent's text and shown as code.
import type { EventKind } from '../../server/protocol/event.ts'
import type { Kind } from './event-kind.ts'
import { code, type Data, muted, number, oneLine, plain, some, strong, type Tone, text } from './event-words.ts'
import { nested } from './signal-words.ts'

const inputShown = 160

const decisionWords: Readonly<Record<string, string>> = {
  approved: 'let it run',
  edited: 'let an edited action run',
  denied: 'denied it',
  expired: 'denied: nobody decided in time',
  withdrawn: 'withdrawn: the session ended',
}

function toneOf(decision: string): Tone {
  return decision === 'denied' || decision === 'expired' ? 'warn' : 'normal'
}

function byName(data: Data): string {
  return text(nested(data, 'by'), 'name')
}

export const approvalKinds = {
  'approval.requested': {
    icon: 'gate',
    tab: 'actions',
    say: (d) =>
      some(
        plain('Waits for'),
        strong(number(d, 'people') === 2 ? 'two people' : 'a person'),
        code(`${text(d, 'tool')} ${oneLine(text(d, 'input')).slice(0, inputShown)}`),
        muted(text(d, 'policy')),
      ),
    tone: () => 'warn',
  },
  'approval.endorsed': {
    icon: 'gate',
    tab: 'operators',
    say: (d) => some(strong(byName(d)), plain('approved it: one of two'), muted(text(d, 'reason'))),
    tone: () => 'normal',
  },
  'approval.decided': {
    icon: 'gate',
    tab: 'operators',
    say: (d) =>
      some(
        strong(['expired', 'withdrawn'].includes(text(d, 'decision')) ? '' : byName(d)),
        plain(decisionWords[text(d, 'decision')] ?? text(d, 'decision')),
        muted(text(d, 'reason')),
      ),
    tone: (d) => toneOf(text(d, 'decision')),
  },
  'approval.used': {
    icon: 'gate',
    tab: 'actions',
    say: () => some(plain('The approved call was let through')),
    tone: () => 'normal',
  },
} satisfies Partial<Record<EventKind, Kind>>
