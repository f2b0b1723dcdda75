// What sensors other than our own probe say, in parts of a sentence: flows, processes, where they ran. Readers answer with something that
// can be shown whatever shape the data has, and never throw. Pure; all of it is hostile text.
import type { Severity } from '../../server/protocol/signal.ts'
import { bytesText, countText, endpointText, plural } from '../ui/format-quantity.ts'
import { argvText, type Data, join, list, number, oneLine, type Tone, text } from './event-words.ts'

/** An object inside of `data`; empty where it is none. */
export function nested(data: Data, key: string): Data {
  const value = data[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Data) : {}
}

/** `203.0.113.40:22`, or without a port where there is none. */
export function endText(end: Data): string {
  const address = text(end, 'address')
  const port = number(end, 'port')
  if (address === '') return 'unknown address'
  return port === undefined ? address : endpointText({ address, port })
}

/** `10.0.4.17:51834 → 198.51.100.7:3333`; empty where nothing is known of either end. */
export function flowText(data: Data, key = 'traffic'): string {
  const traffic = nested(data, key)
  if (!('source' in traffic) && !('destination' in traffic)) return ''
  return `${endText(nested(traffic, 'source'))} → ${endText(nested(traffic, 'destination'))}`
}

export function sourceText(data: Data): string {
  return endText(nested(nested(data, 'traffic'), 'source'))
}

export function destinationText(data: Data): string {
  return endText(nested(nested(data, 'traffic'), 'destination'))
}

/** Who ran it and who saw it: `container miner-1, pod team/trainer-0, seen by fw-edge-1`. */
export function placeText(data: Data): string {
  const traffic = nested(data, 'traffic')
  const sensor = text(traffic, 'sensor')
  return list({ parts: [workloadText(nested(traffic, 'from')), sensor === '' ? '' : `seen by ${sensor}`] }, 'parts')
    .filter(Boolean)
    .join(', ')
}

/** DNS names of the destination as the sensor knew them. */
export function namesText(data: Data): string {
  const names = list(nested(data, 'traffic'), 'names')
  if (names.length === 0) return ''
  return `(${names.slice(0, 2).join(', ')}${names.length > 2 ? ` and ${names.length - 2} more` : ''})`
}

export function protocolText(data: Data): string {
  return text(nested(data, 'traffic'), 'protocol')
}

/** `outside seen as 192.0.2.10:40112`, where the sensor knew both sides of a NAT. */
export function translatedText(data: Data): string {
  const translated = nested(nested(data, 'traffic'), 'translated')
  if ('source' in translated) return `seen outside as ${endText(nested(translated, 'source'))}`
  return 'destination' in translated ? `on its way to ${endText(nested(translated, 'destination'))}` : ''
}

export function workloadText(workload: Data): string {
  const container = text(workload, 'container')
  const pod = text(workload, 'pod')
  const namespace = text(workload, 'namespace')
  const parts = [
    container === '' ? '' : `container ${container}`,
    pod === '' ? '' : `pod ${namespace === '' ? pod : `${namespace}/${pod}`}`,
  ]
  return parts.filter(Boolean).join(', ')
}

/** `python3[48307]`, as far as the sensor knew. */
export function reportedText(process: Data): string {
  const pid = number(process, 'pid')
  const name = text(process, 'comm') || baseName(text(process, 'exe')) || 'process'
  return pid === undefined ? name : `${name}[${pid}]`
}

/** The whole command line where there is one, else the program. */
export function commandText(process: Data): string {
  return oneLine(argvText(process) || text(process, 'exe') || text(process, 'comm'))
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function whereText(process: Data): string {
  const user = text(process, 'user')
  const uid = number(process, 'uid')
  const who = user !== '' ? `user ${user}` : uid === undefined ? '' : `uid ${uid}`
  return [who, workloadText(nested(process, 'workload'))].filter(Boolean).join(', ')
}

export function bytesAside(data: Data): string {
  const out = number(data, 'bytesOut')
  const into = number(data, 'bytesIn')
  return join(out === undefined ? '' : `${bytesText(out)} out`, into === undefined ? '' : `${bytesText(into)} in`)
}

const toneOf: Readonly<Record<Severity, Tone>> = {
  critical: 'critical',
  high: 'critical',
  medium: 'warn',
  low: 'normal',
  info: 'normal',
}
export function severityTone(data: Data): Tone {
  const severity = text(data, 'severity')
  return Object.hasOwn(toneOf, severity) ? toneOf[severity as Severity] : 'normal'
}

/** `GPU 3`, else the device's own id. */
export function gpuText(data: Data): string {
  const index = number(data, 'index')
  return index === undefined ? `GPU ${text(data, 'gpu') || 'unknown'}` : `GPU ${index}`
}

/** `loss 0.3, reward 12`: the first few of a record of numbers or texts. */
export function pairsText(data: Data, key: string, shown = 4): string {
  const pairs = Object.entries(nested(data, key)).filter(([, value]) => ['number', 'string'].includes(typeof value))
  const said = pairs.slice(0, shown).map(([name, value]) => `${name} ${String(value)}`)
  return pairs.length > shown
    ? `${said.join(', ')} and ${plural(pairs.length - shown, 'more', 'more')}`
    : said.join(', ')
}

/** A value of unknown size: whole numbers grouped, others to four digits. */
export function valueText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? countText(value) : String(Number(value.toPrecision(4)))
}
