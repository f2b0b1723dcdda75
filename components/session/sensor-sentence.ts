// Sentences of what host sensors other than our probe, GPU exporters, schedulers and trainers say, and of how clocks compare.
import type { EventKind } from '../../server/protocol/event.ts'
import { bytesText, plural } from '../ui/format-quantity.ts'
import { offsetText, spanText } from '../ui/format-time.ts'
import type { Kind } from './event-kind.ts'
import {
  code,
  type Data,
  exitText,
  join,
  muted,
  number,
  oneLine,
  plain,
  some,
  span,
  strong,
  text,
} from './event-words.ts'
import {
  bytesAside,
  commandText,
  endText,
  gpuText,
  nested,
  pairsText,
  reportedText,
  valueText,
  whereText,
} from './signal-words.ts'

const ran: Readonly<Record<string, string>> = { executed: 'ran', exited: 'exited', forked: 'forked' }
const reached: Readonly<Record<string, string>> = {
  connected: 'connected to',
  accepted: 'accepted',
  listening: 'listens on',
  closed: 'closed',
  sent: 'sent to',
}
const deedOf = (words: Readonly<Record<string, string>>, data: Data) => {
  const what = text(data, 'what')
  return Object.hasOwn(words, what) ? (words[what] ?? what) : what || 'did something with'
}
/** `failed: ECONNREFUSED`; nothing where it worked or nobody says. */
const failure = (data: Data) =>
  data.succeeded === false
    ? strong(text(data, 'error') === '' ? 'failed' : `failed: ${text(data, 'error')}`)
    : undefined

export const sensorKinds = {
  'process.reported': {
    icon: 'process',
    tab: 'processes',
    say: (d) => {
      const process = nested(d, 'process')
      return some(
        plain(deedOf(ran, d)),
        code(commandText(process)),
        muted(join(reportedText(process), whereText(process))),
        failure(d),
      )
    },
    aside: (d) => exitText(d),
  },
  'connection.reported': {
    icon: 'network',
    tab: 'network',
    say: (d) => {
      const process = nested(d, 'process')
      return some(
        plain(deedOf(reached, d)),
        code(endText(nested(d, 'remote' in d ? 'remote' : 'local'))),
        plain('by'),
        code(reportedText(process)),
        muted(join(text(d, 'protocol'), whereText(process))),
        failure(d),
      )
    },
    aside: bytesAside,
  },
  'file.reported': {
    icon: 'file',
    tab: 'processes',
    say: (d) => {
      const process = nested(d, 'process')
      return some(
        plain(text(d, 'what') === 'other' ? 'touched' : deedOf({}, d)),
        code(text(d, 'path')),
        plain('by'),
        code(reportedText(process)),
        muted(whereText(process)),
        failure(d),
      )
    },
  },
  'login.reported': {
    icon: 'login',
    tab: 'processes',
    say: (d) =>
      some(
        plain('login'),
        code(text(d, 'what')),
        text(d, 'user') === '' ? undefined : plain(`user ${text(d, 'user')}`),
        text(d, 'address') === '' ? undefined : plain(`from ${text(d, 'address')}`),
        text(d, 'outcome') === 'failed' ? strong('failed') : undefined,
        muted(join('process' in d ? reportedText(nested(d, 'process')) : '', oneLine(text(d, 'message')))),
      ),
    tone: (d) => (text(d, 'outcome') === 'failed' ? 'warn' : 'normal'),
  },
  'gpu.fault': {
    icon: 'gpu',
    tab: 'processes',
    say: (d) =>
      some(
        strong(`${gpuText(d)} reported an error`),
        number(d, 'xid') === undefined ? undefined : code(`XID ${number(d, 'xid')}`),
        plain(text(d, 'message')),
      ),
    tone: () => 'warn',
  },
  'gpu.process.reported': {
    icon: 'gpu',
    tab: 'processes',
    say: (d) =>
      some(
        plain(`${gpuText(d)} in use by`),
        code(`${text(d, 'name') || 'process'}[${number(d, 'pid') ?? '?'}]`),
        muted(gpuUseText(d)),
      ),
    aside: (d) => (number(d, 'memoryUsedBytes') === undefined ? '' : bytesText(number(d, 'memoryUsedBytes') ?? 0)),
  },
  'placement.recorded': {
    icon: 'gpu',
    tab: 'processes',
    say: (d) => {
      const session = text(d, 'expectedSession')
      const labels = pairsText(d, 'labels')
      return some(
        plain('gpu' in d || 'index' in d ? `${gpuText(d)} is meant for` : 'A GPU is meant for'),
        code(text(d, 'worker') || 'an unnamed worker'),
        session === '' ? undefined : plain(`session ${session}`),
        labels === '' ? undefined : muted(`sessions with ${labels}`),
      )
    },
  },
  'trainer.reported': {
    icon: 'trainer',
    tab: 'actions',
    say: (d) =>
      some(
        plain('trainer'),
        strong(text(d, 'phase')),
        number(d, 'step') === undefined ? undefined : plain(`step ${number(d, 'step')}`),
        plain(oneLine(text(d, 'message'))),
        muted(join(text(d, 'worker'), pairsText(d, 'numbers'))),
      ),
    aside: span,
    tone: (d) => (text(d, 'level') === 'error' ? 'warn' : 'normal'),
  },
  'metric.reported': {
    icon: 'metric',
    tab: 'processes',
    say: (d) => {
      const value = number(d, 'value')
      return some(
        code(text(d, 'name') || 'metric'),
        strong(value === undefined ? 'unknown' : `${valueText(value)} ${text(d, 'unit')}`.trim()),
        muted(pairsText(d, 'attributes')),
      )
    },
  },
  'clock.estimated': {
    icon: 'clock',
    tab: 'operators',
    say: (d) =>
      some(
        plain('Clock of'),
        code(text(d, 'clock')),
        plain('compared with'),
        code(text(d, 'against')),
        strong(`${offsetText(number(d, 'offsetMs') ?? 0)} ±${spanText(number(d, 'spreadMs') ?? 0)}`),
        muted(`added to its times, from ${plural(number(d, 'pairs') ?? 0, 'pair')}`),
      ),
  },
} as const satisfies Partial<Record<EventKind, Kind>>

function gpuUseText(data: Data): string {
  const sm = number(data, 'smPercent')
  const bandwidth = number(data, 'memoryBandwidthPercent')
  const type = text(data, 'type')
  return join(
    sm === undefined ? '' : `${valueText(sm)}% SM`,
    bandwidth === undefined ? '' : `${valueText(bandwidth)}% memory bandwidth`,
    type === '' ? '' : `type ${type}`,
  )
}
