// One table: kind of event -> icon, tab and sentence. A new kind without a line here is found by a test.
// Everything it takes from an event is text to be shown, never markup, a link or a class.
import type { EventKind } from '../../server/protocol/event.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import {
  approval,
  argvText,
  byName,
  code,
  controlTone,
  type Data,
  deedText,
  endedWords,
  endpoint,
  evidencePart,
  evidenceText,
  exitText,
  fromPart,
  join,
  leftPart,
  list,
  muted,
  number,
  oneLine,
  outcomeTone,
  plain,
  processText,
  proposalText,
  reasonPart,
  restrictionText,
  type SentencePart,
  selectorText,
  sentenceCase,
  some,
  span,
  strong,
  type Tone,
  text,
  tokensText,
  trafficText,
  untilTime,
} from './event-words.ts'

export type Tab = 'actions' | 'processes' | 'network' | 'operators'
export type EventIcon =
  | 'action'
  | 'model'
  | 'message'
  | 'process'
  | 'escape'
  | 'session'
  | 'network'
  | 'host'
  | 'gpu'
  | 'control'
  | 'observed'
  | 'restriction'
  | 'hold'
  | 'evidence'
  | 'gate'
  | 'containment'
  | 'proposal'
  | 'webhook'
  | 'gap'
  | 'audit'

type Kind = {
  icon: EventIcon
  tab: Tab
  say: (data: Data) => SentencePart[]
  /** The short word at the right: result, duration, size. */
  aside?: (data: Data) => string
  tone?: (data: Data) => Tone
}

export const kinds: Readonly<Record<EventKind, Kind>> = {
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
  'control.requested': {
    icon: 'control',
    tab: 'operators',
    say: (d) =>
      some(
        strong(`${deedText(d)} asked`),
        plain(`by ${byName(d)}`),
        approval(d),
        text(d, 'undoes') === '' ? undefined : muted('taking the last one back'),
        number(d, 'expiresAtMs') === undefined ? undefined : muted(untilTime(d)),
        text(d, 'containment') === '' ? undefined : muted('with others'),
        reasonPart(d),
      ),
    tone: (d) => (text(d, 'action') === 'end' ? 'warn' : 'normal'),
  },
  'hold.extended': {
    icon: 'hold',
    tab: 'operators',
    say: (d) => some(strong('Time changed'), plain(`by ${byName(d)}`), muted(untilTime(d))),
  },
  'control.delivered': { icon: 'control', tab: 'operators', say: () => some(plain('Delivered to the host')) },
  'control.step': {
    icon: 'control',
    tab: 'operators',
    say: (d) => some(plain(sentenceCase(text(d, 'name'))), muted(text(d, 'detail')), fromPart(d)),
    tone: (d) => (d.ok === false ? 'critical' : 'normal'),
  },
  'control.ended': {
    icon: 'control',
    tab: 'operators',
    say: (d) =>
      some(
        strong(endedWords[text(d, 'outcome')] ?? 'Control ended'),
        code(text(d, 'observed')),
        muted(text(d, 'observedFrom')),
        plain(text(d, 'detail')),
        leftPart(d),
      ),
    aside: (d) =>
      number(d, 'processCount') === undefined ? '' : plural(number(d, 'processCount') ?? 0, 'process', 'processes'),
    tone: (d) => controlTone(text(d, 'outcome')),
  },
  'session.observed': {
    icon: 'observed',
    tab: 'operators',
    say: (d) =>
      some(
        strong(d.paused === true ? 'Read as paused' : 'Read as running'),
        code(text(d, 'observed')),
        muted(text(d, 'observedFrom')),
      ),
    tone: (d) => (d.paused === true ? 'frozen' : 'normal'),
  },
  'restriction.observed': {
    icon: 'restriction',
    tab: 'operators',
    say: (d) =>
      some(
        strong(`${restrictionText(d, 'restriction')} read as ${d.restricted === true ? 'restricted' : 'open'}`),
        code(text(d, 'observed')),
        muted(text(d, 'observedFrom')),
        leftPart(d),
      ),
    tone: (d) => (list(d, 'left').length > 0 ? 'critical' : d.restricted === true ? 'frozen' : 'normal'),
  },
  'capability.observed': {
    icon: 'restriction',
    tab: 'operators',
    say: (d) =>
      some(
        strong(`${restrictionText(d, 'capability')} seen ${d.restricted === true ? 'restricted' : 'open'}`),
        plain(`by ${text(d, 'enforcer') || 'its enforcer'}`),
        code(text(d, 'observed')),
        muted(text(d, 'observedFrom')),
      ),
    tone: (d) => (d.restricted === true ? 'frozen' : 'normal'),
  },
  'evidence.recorded': {
    icon: 'evidence',
    tab: 'operators',
    say: (d) => {
      const omitted = number(d, 'omitted') ?? 0
      return some(
        strong(`Evidence: ${evidenceText(d)}`),
        evidencePart(d) === 'actions' ? muted('as the agent told them') : undefined,
        omitted > 0 ? strong(`${countText(omitted)} left out`) : undefined,
        muted(text(d, 'note')),
      )
    },
    tone: (d) => ((number(d, 'omitted') ?? 0) > 0 ? 'warn' : 'normal'),
  },
  'gate.decided': {
    icon: 'gate',
    tab: 'actions',
    say: (d) =>
      some(
        strong(text(d, 'decision') === 'deny' ? 'Gate denied' : 'Gate allowed'),
        code(text(d, 'tool')),
        muted(text(d, 'reason')),
      ),
    aside: (d) => text(d, 'capability'),
    tone: (d) => (text(d, 'decision') === 'deny' ? 'frozen' : 'normal'),
  },
  'containment.requested': {
    icon: 'containment',
    tab: 'operators',
    say: (d) =>
      some(
        strong('Containment of many asked'),
        plain(`by ${byName(d)}`),
        muted(selectorText(d)),
        muted(untilTime(d)),
        reasonPart(d),
      ),
  },
  'containment.lifted': {
    icon: 'containment',
    tab: 'operators',
    say: (d) => some(strong('Containment of many lifted'), plain(`by ${byName(d)}`), approval(d), reasonPart(d)),
  },
  'proposal.made': {
    icon: 'proposal',
    tab: 'operators',
    say: (d) =>
      some(strong('A second person is needed'), plain(`${byName(d)} asks to ${proposalText(d)}`), reasonPart(d)),
    tone: () => 'warn',
  },
  'proposal.decided': {
    icon: 'proposal',
    tab: 'operators',
    say: (d) => some(strong(`Proposal ${text(d, 'decision') || 'decided'}`), plain(`by ${byName(d)}`)),
  },
  'policy.changed': {
    icon: 'audit',
    tab: 'operators',
    say: (d) =>
      some(
        strong(`Policy turned ${d.value === true ? 'on' : 'off'}`),
        code(text(d, 'policy')),
        plain(`by ${byName(d)}`),
        approval(d),
      ),
  },
  'webhook.changed': {
    icon: 'webhook',
    tab: 'operators',
    say: (d) =>
      some(
        strong(d.removed === true ? 'Webhook removed' : 'Webhook set up'),
        code(text(d, 'name')),
        plain(`for ${list(d, 'capabilities').join(', ') || 'nothing'} at ${text(d, 'origin')}`),
        muted(d.verifies === true ? 'its effect is read back' : 'its effect is not read back'),
        plain(`by ${byName(d)}`),
      ),
  },
  'gap.recorded': {
    icon: 'gap',
    tab: 'operators',
    say: (d) =>
      some(
        strong(`${plural(number(d, 'count') ?? 0, text(d, 'stream') === 'samples' ? 'sample' : 'event')} missing`),
        muted(text(d, 'reason')),
      ),
    tone: () => 'warn',
  },
  'audit.recorded': {
    icon: 'audit',
    tab: 'operators',
    say: (d) =>
      some(plain(`${byName(d)}:`), strong(text(d, 'change')), code(text(d, 'subject')), muted(text(d, 'detail'))),
  },
}

const unknownKind: Kind = {
  icon: 'gap',
  tab: 'operators',
  say: (data) => some(muted('a kind of event that this console does not know'), code(oneLine(JSON.stringify(data)))),
}

/** Never throws: an event of a newer server is told in general words. */
export function kindOf(kind: string): Kind {
  return Object.hasOwn(kinds, kind) ? kinds[kind as EventKind] : unknownKind
}
