// Sentences of what operators asked, what was read afterwards, and what the log says of itself.
import type { EventKind } from '../../server/protocol/event.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import type { Kind } from './event-kind.ts'
import {
  approval,
  byName,
  code,
  controlTone,
  deedText,
  endedWords,
  evidencePart,
  evidenceText,
  fromPart,
  leftPart,
  list,
  muted,
  number,
  plain,
  proposalText,
  reasonPart,
  restrictionText,
  selectorText,
  sentenceCase,
  some,
  strong,
  text,
  untilTime,
} from './event-words.ts'

export const controlKinds = {
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
  'canary.recorded': {
    icon: 'audit',
    tab: 'operators',
    say: () => some(plain('Vigil tested its own pipe')),
  },
  'audit.recorded': {
    icon: 'audit',
    tab: 'operators',
    say: (d) =>
      some(plain(`${byName(d)}:`), strong(text(d, 'change')), code(text(d, 'subject')), muted(text(d, 'detail'))),
  },
} as const satisfies Partial<Record<EventKind, Kind>>
