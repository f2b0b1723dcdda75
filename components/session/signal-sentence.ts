// Sentences of what network sensors saw: firewalls, network monitors, DNS. They name addresses, not sessions; the tie tells of those.
import type { EventKind } from '../../server/protocol/event.ts'
import { bytesText, plural } from '../ui/format-quantity.ts'
import type { Kind } from './event-kind.ts'
import {
  code,
  type Data,
  endpoint,
  join,
  list,
  muted,
  number,
  oneLine,
  plain,
  some,
  strong,
  text,
} from './event-words.ts'
import {
  bytesAside,
  destinationText,
  flowText,
  namesText,
  nested,
  placeText,
  protocolText,
  reportedText,
  severityTone,
  sourceText,
  translatedText,
} from './signal-words.ts'

const basisWords: Readonly<Record<string, string>> = {
  signature: 'Alert',
  anomaly: 'Anomaly',
  notice: 'Notice',
  policy: 'Firewall policy',
  host: 'Host alert',
}
const directionWords: Readonly<Record<string, string>> = { out: 'outward', in: 'inward', internal: 'inside' }
const wordOf = (words: Readonly<Record<string, string>>, name: string) =>
  Object.hasOwn(words, name) ? (words[name] ?? '') : ''

function processPart(data: Data): string {
  return 'process' in data ? reportedText(nested(data, 'process')) : ''
}

/** Some sensors give the whole address, some its path only. */
function requestText(data: Data): string {
  const url = text(data, 'url')
  return url.includes('://') ? url : `${text(data, 'hostname') || destinationText(data)}${url}`
}

export const signalKinds = {
  'connection.translated': {
    icon: 'network',
    tab: 'network',
    say: (d) =>
      some(
        plain('connect'),
        code(endpoint(d, 'remote')),
        plain('from'),
        code(endpoint(d, 'local')),
        plain('seen outside as'),
        code(`${endpoint(nested(d, 'translated'), 'local')} → ${endpoint(nested(d, 'translated'), 'remote')}`),
      ),
  },
  'flow.observed': {
    icon: 'network',
    tab: 'network',
    say: (d) =>
      some(
        text(d, 'verdict') === 'denied' ? strong('flow denied') : plain('flow'),
        code(flowText(d)),
        plain(namesText(d)),
        muted(
          join(
            protocolText(d),
            text(d, 'application'),
            wordOf(directionWords, text(d, 'direction')),
            text(d, 'state'),
            text(d, 'reason'),
            translatedText(d),
            placeText(d),
          ),
        ),
      ),
    aside: bytesAside,
    tone: (d) => (text(d, 'verdict') === 'denied' ? 'warn' : 'normal'),
  },
  'dns.queried': {
    icon: 'lookup',
    tab: 'network',
    say: (d) => {
      const answers = list(d, 'answers')
      const more = answers.length > 3 ? ` and ${answers.length - 3} more` : ''
      return some(
        plain('asked DNS for'),
        code(text(d, 'query') || 'nothing'),
        muted(text(d, 'type')),
        answers.length > 0 ? plain(`→ ${answers.slice(0, 3).join(', ')}${more}`) : undefined,
        muted(join(text(d, 'responseCode'), `from ${sourceText(d)}`, placeText(d))),
      )
    },
  },
  'ssh.observed': {
    icon: 'network',
    tab: 'network',
    say: (d) =>
      some(
        plain('SSH'),
        code(flowText(d)),
        plain(namesText(d)),
        d.authenticated === true ? strong('logged in') : undefined,
        d.authenticated === false ? plain('not logged in') : undefined,
        muted(
          join(
            text(d, 'clientVersion') && `client ${text(d, 'clientVersion')}`,
            text(d, 'serverVersion') && `server ${text(d, 'serverVersion')}`,
            placeText(d),
          ),
        ),
      ),
    aside: (d) => (number(d, 'attempts') === undefined ? '' : plural(number(d, 'attempts') ?? 0, 'attempt')),
  },
  'tls.observed': {
    icon: 'network',
    tab: 'network',
    say: (d) =>
      some(
        plain('TLS to'),
        code(text(d, 'serverName') || destinationText(d)),
        text(d, 'serverName') === '' ? undefined : plain(`at ${destinationText(d)}`),
        muted(
          join(
            text(d, 'version'),
            text(d, 'issuer') && `issued by ${text(d, 'issuer')}`,
            text(d, 'validation'),
            text(d, 'ja4') && `JA4 ${text(d, 'ja4')}`,
            `from ${sourceText(d)}`,
            placeText(d),
          ),
        ),
      ),
  },
  'http.requested': {
    icon: 'network',
    tab: 'network',
    say: (d) =>
      some(
        plain(text(d, 'method') || 'HTTP'),
        code(requestText(d)),
        muted(join(text(d, 'userAgent'), `from ${sourceText(d)}`, placeText(d))),
      ),
    aside: (d) =>
      join(
        number(d, 'status') === undefined ? '' : `status ${number(d, 'status')}`,
        number(d, 'responseBytes') === undefined ? '' : `${bytesText(number(d, 'responseBytes') ?? 0)} in`,
      ),
  },
  'file.transferred': {
    icon: 'file',
    tab: 'network',
    say: (d) =>
      some(
        plain('file'),
        code(text(d, 'name') || 'without a name'),
        plain('over'),
        code(flowText(d)),
        muted(join(text(d, 'mimeType'), text(d, 'sha256') && `SHA-256 ${text(d, 'sha256')}`, placeText(d))),
      ),
    aside: (d) => (number(d, 'sizeBytes') === undefined ? '' : bytesText(number(d, 'sizeBytes') ?? 0)),
  },
  'alert.raised': {
    icon: 'alert',
    tab: 'network',
    say: (d) =>
      some(
        plain(wordOf(basisWords, text(d, 'basis')) || 'Alert'),
        strong(text(d, 'title') || 'without a title'),
        code(flowText(d)),
        code(processPart(d)),
        text(d, 'action') === 'blocked' ? strong('blocked') : undefined,
        muted(
          join(
            text(d, 'action') === 'allowed' ? 'allowed' : '',
            text(d, 'category'),
            text(d, 'ruleId') && `rule ${text(d, 'ruleId')}`,
            list(d, 'techniques').slice(0, 3).join(', '),
            oneLine(text(d, 'message')),
            placeText(d),
          ),
        ),
      ),
    aside: (d) => text(d, 'severity'),
    tone: severityTone,
  },
} as const satisfies Partial<Record<EventKind, Kind>>
