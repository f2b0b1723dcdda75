// Alibaba Cloud Firewall's traffic log (topic `cloudfirewall_access_log` of SLS): one record a session of some seconds, values as texts.
// A hit of the intrusion prevention, or a session that a rule of access control stopped, is an alert; every other session is a flow.
// Source: https://www.alibabacloud.com/help/en/cloud-firewall/cloudfirewall/log-fields
import type { NetEnd, Severity, Traffic } from '../protocol/signal.ts'
import { badTimeReason, short } from './event-draft.ts'
import { jsonRecordReader } from './json-records.ts'
import {
  countOf,
  defined,
  endOf,
  isoToMs,
  type JsonObject,
  longText,
  protocolOf,
  secondsToMs,
  shortText,
} from './normal-values.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'
import { noAddressReason, type SensorEvent, sensorEvent } from './suricata-fact.ts'
import { dnsNameOf } from './suricata-traffic.ts'

export const alibabaCloudFirewall: RecordSource = {
  format: 'alibaba-cloud-firewall',
  title: 'Alibaba Cloud Firewall',
  trust: 'firewall',
  framing: 'lines',
  looksLike: (head) =>
    /^\s*[[{]/.test(head) &&
    (/"cloudfirewall_access_log"/i.test(head) ||
      (/"rule_result"\s*:/i.test(head) && /"(?:acl_rule_id|ips_rule_id|in_packet_bytes|aliuid)"\s*:/i.test(head))),
  open: (context) => jsonRecordReader((record, text, sink) => tell(record, text, context, sink)),
}

/** By names in lower case: the vendor's own documents disagree about capitals. */
type Fields = ReadonlyMap<string, unknown>

const fieldsMax = 512
const otherTopicReason = 'record of another topic than the firewall traffic log'

function tell(record: JsonObject, text: string, context: RecordContext, sink: RecordSink): void {
  const fields: Fields = new Map(
    Object.entries(record)
      .slice(0, fieldsMax)
      .map(([name, value]) => [name.toLowerCase(), value]),
  )
  const topic = shortText(fields.get('__topic__'))
  if (topic !== undefined && topic.toLowerCase() !== 'cloudfirewall_access_log') {
    return sink.skipped(otherTopicReason, text)
  }
  const times = timesOf(fields, context.zoneOffsetMinutes)
  if (times === undefined) return sink.refused(badTimeReason, text)
  const event = alertOf(fields, times) ?? flowOf(fields, times)
  if (event === undefined) sink.refused(noAddressReason, text)
  else sink.understood(event.kind === 'alert.raised' ? 'alert' : 'session', { events: [event], identity: text })
}

type Times = { atMs: number; startedAtMs: number | undefined; endedAtMs: number | undefined; errorMs: number }

const secondMs = 1_000
const minuteMs = 60_000

/** The session's own seconds; else the minute, or when the log was written, which may be minutes later. */
function timesOf(fields: Fields, zoneOffsetMinutes: number | undefined): Times | undefined {
  const startedAtMs = secondsToMs(fields.get('start_time'))
  const end = secondsToMs(fields.get('end_time'))
  const endedAtMs = startedAtMs !== undefined && end !== undefined && end < startedAtMs ? undefined : end
  if (startedAtMs !== undefined) return { atMs: startedAtMs, startedAtMs, endedAtMs, errorMs: secondMs }
  if (endedAtMs !== undefined) return { atMs: endedAtMs, startedAtMs, endedAtMs, errorMs: minuteMs }
  const written = fields.get('__time__')
  const atMs = secondsToMs(fields.get('start_time_min')) ?? secondsToMs(written) ?? isoToMs(written, zoneOffsetMinutes)
  return atMs === undefined ? undefined : { atMs, startedAtMs, endedAtMs, errorMs: minuteMs }
}

/** An id of zeros, and these words, mean that there is none. */
const nothingWords: ReadonlySet<string> = new Set(['-', 'none', 'null', 'n/a', 'unknown', '无', '未知'])

function textOf(fields: Fields, ...names: string[]): string | undefined {
  for (const name of names) {
    const text = shortText(fields.get(name))?.trim()
    if (text !== undefined && text !== '' && !nothingWords.has(text.toLowerCase())) return text
  }
  return undefined
}

function idOf(fields: Fields, ...names: string[]): string | undefined {
  return names.map((name) => textOf(fields, name)).find((id) => id !== undefined && !/^[0-]+$/.test(id))
}

const passes: ReadonlySet<string> = new Set(['pass', 'passed', 'accept', 'allow', 'allowed', 'permit', '放行', '通过'])
const watches: ReadonlySet<string> = new Set(['alert', 'log', 'monitor', 'observe', 'watch', '观察', '告警', '监控'])
const stops: ReadonlySet<string> = new Set([
  'drop',
  'dropped',
  'discard',
  'deny',
  'denied',
  'block',
  'blocked',
  'reject',
  'rejected',
  'intercept',
  '丢弃',
  '拒绝',
  '拦截',
  '阻断',
])

type Result = 'passed' | 'watched' | 'stopped' | 'unknown'

function resultOf(fields: Fields): Result {
  const word = textOf(fields, 'rule_result')?.toLowerCase() ?? ''
  if (stops.has(word) || textOf(fields, 'app_dpi_state')?.toLowerCase() === 'policy_discard') return 'stopped'
  if (watches.has(word)) return 'watched'
  return passes.has(word) ? 'passed' : 'unknown'
}

/** VPC firewalls stand inside and always say `out`. */
function directionOf(fields: Fields): 'in' | 'out' | 'internal' | 'unknown' {
  if (textOf(fields, 'log_type')?.toLowerCase().includes('vpc')) return 'internal'
  const word = textOf(fields, 'direction')?.toLowerCase()
  return word === 'in' || word === 'out' ? word : 'unknown'
}

function trafficOf(fields: Fields, times: Times): Traffic | undefined {
  const source = endOf(textOf(fields, 'src_ip'), fields.get('src_port'))
  const destination = endOf(textOf(fields, 'dst_ip'), fields.get('dst_port'))
  if (source === undefined || destination === undefined) return undefined
  const inside: NetEnd | undefined = endOf(textOf(fields, 'src_private_ip'))
  const name = dnsNameOf(textOf(fields, 'domain'))
  return defined({
    protocol: protocolOf(textOf(fields, 'ip_protocol')) ?? 'unknown',
    source,
    destination,
    translated: inside !== undefined && inside.address !== source.address ? { source: inside } : undefined,
    names: name === undefined ? undefined : [name],
    flowStartedAtMs: times.startedAtMs,
    timeErrorMs: times.errorMs,
    sensor: textOf(fields, 'firewall_id', 'cloud_instance_id', 'region_id'),
  })
}

function severityOf(fields: Fields): Severity {
  const level = textOf(fields, 'vul_level')?.toLowerCase()
  const known: Record<string, Severity> = {
    1: 'low',
    2: 'medium',
    3: 'high',
    low: 'low',
    medium: 'medium',
    high: 'high',
  }
  return level !== undefined && Object.hasOwn(known, level) ? (known[level] ?? 'medium') : 'medium'
}

function alertOf(fields: Fields, times: Times): SensorEvent | undefined {
  const result = resultOf(fields)
  const attack = textOf(fields, 'attack_type_name_en', 'attack_type_name')
  const ipsName = textOf(fields, 'ips_rule_name_en', 'ips_rule_name')
  const ipsId = idOf(fields, 'ips_rule_id', 'ips_ai_rule_id')
  const aclId = idOf(fields, 'acl_rule_id', 'loose_allow_acl_id')
  const intrusion = attack !== undefined || ipsName !== undefined || ipsId !== undefined
  // A rule of access control that lets traffic pass is hit by every session of it.
  const stoppedByRule = aclId !== undefined && (result === 'stopped' || result === 'watched')
  if (!intrusion && !stoppedByRule && result !== 'watched') return undefined
  const traffic = trafficOf(fields, times)
  const data = defined({
    basis: intrusion ? ('signature' as const) : ('policy' as const),
    title:
      ipsName ?? attack ?? (ipsId === undefined ? 'access control rule' : short(`intrusion prevention rule ${ipsId}`)),
    ruleId: ipsId ?? aclId,
    category: attack,
    severity: intrusion ? severityOf(fields) : ('low' as const),
    action: result === 'stopped' ? ('blocked' as const) : result === 'unknown' ? result : ('allowed' as const),
    message: messageOf(fields, traffic !== undefined),
    traffic: traffic === undefined ? undefined : { ...traffic, timeErrorMs: alertErrorMs(times) },
  })
  return sensorEvent({ kind: 'alert.raised', atMs: times.atMs, data })
}

/** The hit lies anywhere between the session's first and last second. */
function alertErrorMs({ atMs, endedAtMs, errorMs }: Times): number {
  return errorMs + Math.max(0, (endedAtMs ?? atMs) - atMs)
}

/** The URL; and the ends as they were told, where they are masked and make no addresses. */
function messageOf(fields: Fields, endsKnown: boolean): string | undefined {
  const url = longText(fields.get('url'))
  if (endsKnown) return url
  const [from, to] = (['src', 'dst'] as const).map((end) => {
    const address = textOf(fields, `${end}_ip`)
    const port = textOf(fields, `${end}_port`)
    return address === undefined || port === undefined ? address : `${address} port ${port}`
  })
  const ends = from === undefined && to === undefined ? undefined : `from ${from ?? 'unknown'} to ${to ?? 'unknown'}`
  return longText([url, ends].filter((part) => part !== undefined).join(' '))
}

function flowOf(fields: Fields, times: Times): SensorEvent | undefined {
  const traffic = trafficOf(fields, times)
  if (traffic === undefined) return undefined
  const result = resultOf(fields)
  const direction = directionOf(fields)
  // `in` is towards the protected side: with inbound sessions that is from source to destination.
  const [sent, received] = direction === 'in' ? ['in', 'out'] : ['out', 'in']
  const aclId = idOf(fields, 'acl_rule_id', 'loose_allow_acl_id')
  const data = defined({
    traffic,
    verdict: result === 'stopped' ? ('denied' as const) : result === 'unknown' ? result : ('allowed' as const),
    direction,
    endedAtMs: times.startedAtMs === undefined ? undefined : times.endedAtMs,
    bytesOut: countOf(fields.get(`${sent}_packet_bytes`)),
    bytesIn: countOf(fields.get(`${received}_packet_bytes`)),
    packetsOut: countOf(fields.get(`${sent}_packet_count`)),
    packetsIn: countOf(fields.get(`${received}_packet_count`)),
    state: textOf(fields, 'app_dpi_state'),
    application: textOf(fields, 'app_name')?.toLowerCase(),
    reason: aclId === undefined ? undefined : shortText(`access control rule ${aclId}`),
  })
  return sensorEvent({ kind: 'flow.observed', atMs: times.atMs, data })
}
