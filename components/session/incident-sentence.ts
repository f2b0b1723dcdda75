// Sentences of incidents. Titles are made of rules' titles; what people wrote is their words.
import type { EventKind } from '../../server/protocol/event.ts'
import type { Kind } from './event-kind.ts'
import { code, muted, oneLine, plain, some, strong, text } from './event-words.ts'

const deeds: Readonly<Record<string, string>> = {
  acknowledge: 'acknowledged',
  assign: 'gave to somebody',
  retitle: 'gave a title to',
  grade: 'graded',
  note: 'wrote a note on',
  write: 'wrote in the postmortem of',
  resolve: 'resolved',
  reopen: 'opened again',
  merge: 'merged',
  split: 'split',
}

export const incidentKinds = {
  'incident.opened': {
    icon: 'alert',
    tab: 'operators',
    tone: () => 'critical',
    say: (d) =>
      some(
        strong(text(d, 'incident')),
        plain(d.isDrill === true ? 'was opened, a drill:' : 'was opened:'),
        muted(text(d, 'because')),
      ),
  },
  'incident.joined': {
    icon: 'alert',
    tab: 'operators',
    say: (d) =>
      some(
        plain('A flag joined'),
        strong(text(d, 'incident')),
        code(oneLine(text(d, 'title'))),
        muted(text(d, 'because')),
      ),
  },
  'incident.changed': {
    icon: 'audit',
    tab: 'operators',
    say: (d) => {
      const by = typeof d.by === 'object' && d.by !== null && 'name' in d.by ? String(d.by.name) : ''
      const change =
        typeof d.change === 'object' && d.change !== null && 'type' in d.change ? String(d.change.type) : ''
      return some(strong(by), plain(deeds[change] ?? 'changed'), strong(text(d, 'incident')))
    },
  },
} as const satisfies Partial<Record<EventKind, Kind>>
