// Fields of a Zeek record, the same for both writers of Zeek's logs: JSON gives typed values, TSV text and lists. What a field means is
// decided by the readers of the logs; what it can hold is decided here.
import type { EventInput } from '../protocol/event.ts'
import type { NetEnd, Traffic } from '../protocol/signal.ts'
import {
  addressOf,
  countOf,
  defined,
  endOf,
  isoToMs,
  numberOf,
  protocolOf,
  secondsToMs,
  shortText,
  timeMs,
} from './normal-values.ts'

export type ZeekRecord = {
  /** As the writer calls it (`_path`, `#path`); absent where the record does not say. */
  log?: string | undefined
  /** By Zeek's own name of the field, `id.orig_h`; undefined where it is unset. */
  get(field: string): unknown
}

export type ZeekMeaning = { what: string; event: EventInput } | { skipped: string } | { refused: string }

export const relativeTimeReason = 'ts counts from the start of a capture, not from 1970'
export const noEndsReason = 'record names no two addresses that can be read'
export const inventoryReason = "log of the sensor's inventory"

/** Seconds before the year 2000 are no time of a sensor; captures without a clock count from 0. */
const earliestSeconds = 946_684_800
/** Zeek's own limit of a set in a log is lower; a hostile record's is not. */
const listReadMax = 1_024

/** `relative`: seconds since the start of a capture. Epoch seconds, epoch milliseconds (`JSON::TS_MILLIS`) and ISO text are known. */
export function zeekTimeOf(told: unknown): { atMs: number } | 'relative' | undefined {
  // Corelight's reduced logs list the times of all records that they stand for.
  const value: unknown = Array.isArray(told) ? told[0] : told
  const number = numberOf(value)
  if (number === undefined) {
    if (typeof value === 'string' && value.startsWith('1970-01-')) return 'relative'
    const atMs = isoToMs(value)
    return atMs === undefined ? undefined : { atMs }
  }
  if (number >= 0 && number < earliestSeconds) return 'relative'
  const atMs = number > 1e11 ? timeMs(number) : secondsToMs(value)
  return atMs === undefined ? undefined : { atMs }
}

/** `T` and `F` are TSV's. */
export function zeekBooleanOf(value: unknown): boolean | undefined {
  if (value === true || value === 'T' || value === 'true') return true
  return value === false || value === 'F' || value === 'false' ? false : undefined
}

/** Texts of a set or vector; a single text counts as a list of one. */
export function zeekListOf(value: unknown, max: number): string[] {
  const list: unknown[] = Array.isArray(value) ? value.slice(0, listReadMax) : [value]
  return list.flatMap((item) => shortText(item) ?? []).slice(0, max)
}

/** The log's own transport where the record leaves it out: only `conn`, `dns` and a few others write `proto`. */
const protocolOfLog = new Map<string, string>([
  ...['ssh', 'ssl', 'http', 'smtp', 'ftp', 'irc', 'rdp', 'rfb', 'mysql', 'postgresql', 'redis', 'ntlm'].map(
    (log) => [log, 'tcp'] as const,
  ),
  ...['smb_files', 'smb_mapping', 'dce_rpc', 'socks', 'modbus', 'websocket'].map((log) => [log, 'tcp'] as const),
  ...['snmp', 'radius', 'dhcp', 'ntp', 'tftp', 'quic'].map((log) => [log, 'udp'] as const),
])

export function zeekProtocolOf(record: ZeekRecord, log: string): string {
  const told = protocolOf(record.get('proto'))
  if (told === undefined || told === 'unknown_transport') {
    if (log === 'ssl' && shortText(record.get('version'))?.startsWith('DTLS')) return 'udp'
    return protocolOfLog.get(log) ?? 'unknown'
  }
  // Zeek calls both ICMPs `icmp`.
  return told === 'icmp' && addressOf(record.get('id.orig_h'))?.includes(':') ? 'ipv6-icmp' : told
}

/** True where the record has the fields of a connection, readable or not. */
export function namesConnection(record: ZeekRecord): boolean {
  return record.get('id.orig_h') !== undefined && record.get('id.resp_h') !== undefined
}

/** For ICMP, `id.orig_p` and `id.resp_p` are type and code: no ports. */
function zeekEnd(protocol: string, address: unknown, port: unknown): NetEnd | undefined {
  return protocol === 'icmp' || protocol === 'ipv6-icmp' ? endOf(address) : endOf(address, port)
}

/** Undefined where the two ends cannot be read. `hostname`: what the client asked for, a name or an address. */
export function zeekTraffic(record: ZeekRecord, log: string, hostname?: unknown): Traffic | undefined {
  const protocol = zeekProtocolOf(record, log)
  const source = zeekEnd(protocol, record.get('id.orig_h'), record.get('id.orig_p'))
  const destination = zeekEnd(protocol, record.get('id.resp_h'), record.get('id.resp_p'))
  if (source === undefined || destination === undefined) return undefined
  return trafficBetween(record, protocol, source, destination, hostname)
}

export function trafficBetween(
  record: ZeekRecord,
  protocol: string,
  source: NetEnd,
  destination: NetEnd,
  hostname?: unknown,
): Traffic {
  const name = dnsNameOf(hostname)
  return defined({
    protocol,
    source,
    destination,
    flow: shortText(record.get('uid')),
    communityId: shortText(record.get('community_id')),
    names: name === undefined ? undefined : [name],
    sensor: zeekSensorOf(record),
  })
}

/** Corelight's and json-streaming-logs' name of the machine, else the worker's of a cluster. */
export function zeekSensorOf(record: ZeekRecord): string | undefined {
  for (const field of ['_system_name', 'peer_descr', 'peer', '_node_name']) {
    const name = shortText(record.get(field))
    if (name !== undefined) return name
  }
  return undefined
}

function dnsNameOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 512) return undefined
  const name = value.replace(/:\d{1,5}$/, '')
  return /^[a-z0-9_*.-]{1,253}$/i.test(name) && /[a-z]/i.test(name) ? name : undefined
}

/** Milliseconds of an interval in seconds; undefined for a negative one. */
export function zeekIntervalMs(value: unknown): number | undefined {
  const seconds = numberOf(value)
  return seconds === undefined || seconds < 0 ? undefined : Math.round(seconds * 1e6) / 1e3
}

/** First of the fields that is a count. */
export function firstCountOf(record: ZeekRecord, ...fields: readonly string[]): number | undefined {
  for (const field of fields) {
    const count = countOf(record.get(field))
    if (count !== undefined) return count
  }
  return undefined
}
