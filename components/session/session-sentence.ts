// Sentences of what our own probe saw on a host and what an agent said that it did. Text of an event is shown, never obeyed.
import type { EventKind } from '../../server/protocol/event.ts'
import { plural } from '../ui/format-quantity.ts'
import type { Kind } from './event-kind.ts'
import {
  argvText,
  code,
  endpoint,
  exitText,
  join,
  muted,
  number,
  oneLine,
  outcomeTone,
  plain,
  processText,
  some,
  span,
  strong,
  text,
  tokensText,
  trafficText,
} from './event-words.ts'

export const sessionKinds = {
  'probe.connected': {
    icon: 'host',
    tab: 'operators',
    say: (d) => some(plain('Host connected'), muted(`probe ${text(d, 'version')}, kernel ${text(d, 'kernel')}`)),
  },
  'probe.disconnected': {
    icon: 'host',
    tab: 'operators',
    say: (d) => some(plain('Host disconnected'), muted(text(d, 'reason'))),
    tone: () => 'warn',
  },
  'gpu.inventory': {
    icon: 'gpu',
    tab: 'processes',
    say: (d) =>
      some(
        plain(
          Array.isArray(d.gpus) && d.gpus.length > 0
            ? `${plural(d.gpus.length, 'GPU')} on this host`
            : 'No GPU on this host',
        ),
        muted(text(d, 'absent')),
      ),
  },
  'session.started': {
    icon: 'session',
    tab: 'processes',
    say: (d) =>
      some(
        strong('Session started'),
        code(argvText(d)),
        muted(text(d, 'held') === 'none' ? 'reported only, not held' : `held by ${text(d, 'held')}`),
      ),
  },
  'session.ended': {
    icon: 'session',
    tab: 'processes',
    say: (d) => some(strong('Session ended'), plain(text(d, 'reason'))),
    aside: (d) => exitText(d),
    tone: (d) => (text(d, 'signal') !== '' || (number(d, 'exitCode') ?? 0) !== 0 ? 'warn' : 'normal'),
  },
  'process.started': {
    icon: 'process',
    tab: 'processes',
    say: (d) =>
      some(
        plain('started'),
        code(argvText(d) || processText(d)),
        muted(`${processText(d)} ← ${number(d, 'ppid') ?? '?'}`),
      ),
  },
  'process.executed': {
    icon: 'process',
    tab: 'processes',
    say: (d) => some(plain('became'), code(argvText(d) || processText(d)), muted(processText(d))),
  },
  'process.exited': {
    icon: 'process',
    tab: 'processes',
    say: (d) => some(plain('exited'), muted(`pid ${number(d, 'pid') ?? '?'}`)),
    aside: (d) => exitText(d),
    tone: () => 'normal',
  },
  'process.escaped': {
    icon: 'escape',
    tab: 'processes',
    say: (d) =>
      some(
        strong('Escaped from the session’s cgroup'),
        plain(`pid ${number(d, 'pid') ?? '?'} now in`),
        code(text(d, 'cgroup')),
        muted('containment no longer covers it'),
      ),
    tone: () => 'critical',
  },
  'connection.opened': {
    icon: 'network',
    tab: 'network',
    say: (d) =>
      some(
        plain(text(d, 'direction') === 'in' ? 'accepted' : 'connect'),
        code(endpoint(d, 'remote')),
        plain('from'),
        code(processText(d)),
        muted(`${text(d, 'protocol')} ${text(d, 'state')}`),
      ),
  },
  'connection.closed': {
    icon: 'network',
    tab: 'network',
    say: (d) => some(plain('connection closed'), muted(trafficText(d))),
    aside: span,
  },
  'gpu.process.started': {
    icon: 'gpu',
    tab: 'processes',
    say: (d) => some(plain('GPU in use by'), code(processText(d)), muted(text(d, 'gpu'))),
  },
  'gpu.process.ended': {
    icon: 'gpu',
    tab: 'processes',
    say: (d) => some(plain('GPU left by'), code(`pid ${number(d, 'pid') ?? '?'}`), muted(text(d, 'gpu'))),
  },
  'action.started': {
    icon: 'action',
    tab: 'actions',
    say: (d) => some(plain(text(d, 'tool')), code(oneLine(text(d, 'summary') || text(d, 'input')))),
    aside: () => 'running',
  },
  'action.ended': {
    icon: 'action',
    tab: 'actions',
    say: (d) => some(plain(text(d, 'tool') || 'action'), plain(`ended: ${text(d, 'outcome') || 'unknown'}`)),
    aside: (d) => join(number(d, 'exitCode') === undefined ? '' : `exit ${number(d, 'exitCode')}`, span(d)),
    tone: outcomeTone,
  },
  'model.called': {
    icon: 'model',
    tab: 'actions',
    say: (d) =>
      some(
        plain('model'),
        code(text(d, 'model')),
        muted(tokensText(d)),
        text(d, 'error') === '' ? undefined : strong(oneLine(text(d, 'error'))),
      ),
    aside: span,
    tone: (d) => (text(d, 'error') === '' ? 'normal' : 'warn'),
  },
  'message.recorded': {
    icon: 'message',
    tab: 'actions',
    say: (d) => some(muted(text(d, 'role')), plain(oneLine(text(d, 'text')))),
  },
} as const satisfies Partial<Record<EventKind, Kind>>
