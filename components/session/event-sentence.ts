// One table: kind of event -> icon, tab and sentence. A new kind without a line here is found by a test.
// Everything it takes from an event is text to be shown, never markup, a link or a class.
import type { EventView } from '../../server/protocol/browser-messages.ts'
import type { EventKind } from '../../server/protocol/event.ts'
import { bytesText, endpointText, plural } from '../ui/format-quantity.ts'
import { spanText } from '../ui/format-time.ts'

export type PartStyle = 'plain' | 'strong' | 'code' | 'muted'
/** `text` may have been written by the agent, whatever the style. */
export type SentencePart = { text: string; style: PartStyle }
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
  | 'gap'
  | 'audit'
export type Tone = 'normal' | 'good' | 'warn' | 'critical' | 'frozen'

type Data = EventView['data']
type Kind = {
  icon: EventIcon
  tab: Tab
  say: (data: Data) => SentencePart[]
  /** The short word at the right: result, duration, size. */
  aside?: (data: Data) => string
  tone?: (data: Data) => Tone
}

const text = (data: Data, key: string): string => (typeof data[key] === 'string' ? data[key] : '')
const number = (data: Data, key: string): number | undefined => (typeof data[key] === 'number' ? data[key] : undefined)
const plain = (words: string): SentencePart => ({ text: words, style: 'plain' })
const strong = (words: string): SentencePart => ({ text: words, style: 'strong' })
const code = (words: string): SentencePart => ({ text: words, style: 'code' })
const muted = (words: string): SentencePart => ({ text: words, style: 'muted' })
const some = (...parts: (SentencePart | undefined)[]) =>
  parts.filter((part) => part !== undefined && part.text !== '') as SentencePart[]

function argvText(data: Data): string {
  return Array.isArray(data.argv) ? data.argv.filter((part) => typeof part === 'string').join(' ') : ''
}
function endpoint(data: Data, key: string): string {
  const value = data[key]
  if (typeof value !== 'object' || value === null) return 'unknown address'
  const { address, port } = value as { address?: unknown; port?: unknown }
  return typeof address === 'string' && typeof port === 'number' ? endpointText({ address, port }) : 'unknown address'
}
export function processText(data: Data): string {
  return `${text(data, 'comm') || 'process'}[${number(data, 'pid') ?? '?'}]`
}
export function remoteText(data: Data): string {
  return endpoint(data, 'remote')
}
function byName(data: Data): string {
  const by = data.by
  const name = typeof by === 'object' && by !== null ? (by as { name?: unknown }).name : undefined
  return typeof name === 'string' && name !== '' ? name : 'somebody'
}
function span(data: Data): string {
  const ms = number(data, 'durationMs')
  return ms === undefined ? '' : spanText(ms)
}
const join = (...words: string[]) => words.filter(Boolean).join(' · ')
const oneLine = (words: string) => words.replace(/\s+/g, ' ').trim()

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
        strong(text(d, 'action') === 'resume' ? 'Resume asked' : 'Pause asked'),
        plain(`by ${byName(d)}`),
        text(d, 'undoes') === '' ? undefined : muted('taking the last one back'),
        text(d, 'reason') === '' ? undefined : plain(`“${text(d, 'reason')}”`),
      ),
  },
  'control.delivered': { icon: 'control', tab: 'operators', say: () => some(plain('Delivered to the host')) },
  'control.step': {
    icon: 'control',
    tab: 'operators',
    say: (d) => some(plain(text(d, 'name')), muted(text(d, 'detail'))),
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

const endedWords: Readonly<Record<string, string>> = {
  enforced: 'Confirmed by the host',
  failed: 'Failed',
  partial: 'Worked only in part',
  expired: 'Expired unconfirmed',
  superseded: 'Superseded by a later control',
  cancelled: 'Cancelled: the session ended first',
}

function exitText(data: Data): string {
  const signal = text(data, 'signal')
  if (signal !== '') return signal
  const exit = number(data, 'exitCode')
  return exit === undefined ? '' : `exit ${exit}`
}
function trafficText(data: Data): string {
  const out = number(data, 'bytesOut')
  const into = number(data, 'bytesIn')
  return join(out === undefined ? '' : `${bytesText(out)} out`, into === undefined ? '' : `${bytesText(into)} in`)
}
function tokensText(data: Data): string {
  const into = number(data, 'inputTokens')
  const out = number(data, 'outputTokens')
  return join(into === undefined ? '' : `${into} tokens in`, out === undefined ? '' : `${out} out`)
}
function outcomeTone(data: Data): Tone {
  const outcome = text(data, 'outcome')
  return outcome === 'denied' ? 'critical' : outcome === 'error' ? 'warn' : 'normal'
}
function controlTone(outcome: string): Tone {
  if (outcome === 'enforced') return 'frozen'
  return outcome === 'failed' || outcome === 'partial' || outcome === 'expired' ? 'critical' : 'normal'
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
