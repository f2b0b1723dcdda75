// Who talked to whom, as a Suricata record says it. `src_ip` is often the sender of one packet: here `source` becomes who opened the
// flow, from what the record tells of the flow, else from the ports, else as told. Never guesses a name that is an address.
import type { NetEnd, Traffic } from '../protocol/signal.ts'
import { exactWhole } from './json-records.ts'
import {
  addressOf,
  countOf,
  defined,
  endOf,
  isoToMs,
  type JsonObject,
  objectIn,
  portOf,
  protocolOf,
  shortText,
} from './normal-values.ts'

/** A record with its own text; what the envelope of it says besides goes in `sensor`, `protocol` and `atMs`, used where it is silent. */
export type SuricataRecord = {
  record: JsonObject
  text: string
  sensor?: string | undefined
  protocol?: string | undefined
  atMs?: number | undefined
}

/** `flow`: `src` opened it. `packet`: `src` sent the packet or file in question. `direction`: one half of a flow, any of the two. */
export type Seen = 'flow' | 'packet' | 'direction'

export type Oriented = { traffic: Traffic; reversed: boolean }

/** First port of the ranges from which systems choose a client's port (IANA from 49152, Linux from 32768). */
const ephemeralFrom = 32_768

function portsSayReply(sourcePort: number | undefined, destinationPort: number | undefined): boolean {
  if (sourcePort === undefined || destinationPort === undefined || sourcePort === 0) return false
  if (sourcePort < 1024) return destinationPort >= 1024
  return sourcePort < ephemeralFrom && destinationPort >= ephemeralFrom
}

/** ICMP and ICMPv6 types that answer something. */
const icmpReplies: ReadonlySet<number> = new Set([0, 3, 4, 11, 12, 14, 16, 18])
const icmp6Replies: ReadonlySet<number> = new Set([1, 2, 3, 4, 129])

function isReply(record: JsonObject, seen: Seen, protocol: string): boolean {
  if (seen === 'flow') return false
  if (record.direction === 'to_client') return true
  if (record.direction === 'to_server') return false
  const icmpType = countOf(record.icmp_type)
  if (protocol === 'icmp') return icmpType !== undefined && icmpReplies.has(icmpType)
  if (protocol === 'ipv6-icmp') return icmpType !== undefined && icmp6Replies.has(icmpType)
  const sourcePort = portOf(record.src_port)
  const destinationPort = portOf(record.dest_port)
  const serverPort = portOf(objectIn(record, 'http').http_port)
  if (serverPort !== undefined && sourcePort !== destinationPort) {
    if (serverPort === sourcePort) return true
    if (serverPort === destinationPort) return false
  }
  if (seen === 'packet') {
    // Nothing came back yet, or this packet opens the connection: its sender is the opener, whatever the ports.
    if (countOf(objectIn(record, 'flow').pkts_toclient) === 0) return false
    const drop = objectIn(record, 'drop')
    if (drop.syn === true && drop.ack !== true) return false
  }
  return portsSayReply(sourcePort, destinationPort)
}

/** ICMP has no ports; some senders write zeros. */
function portlessEnd(protocol: string, address: unknown, port: unknown): NetEnd | undefined {
  return protocol === 'icmp' || protocol === 'ipv6-icmp' ? endOf(address) : endOf(address, port)
}

/** Undefined where the record does not name two addresses that can be read. `reply`: known to be an answer of the other end. */
export function trafficOf(told: SuricataRecord, seen: Seen, reply?: boolean): Oriented | undefined {
  const { record } = told
  const protocol = protocolOf(record.proto) ?? told.protocol ?? 'unknown'
  const flow = objectIn(record, 'flow')
  const first = portlessEnd(protocol, record.src_ip, record.src_port)
  const second = portlessEnd(protocol, record.dest_ip, record.dest_port)
  if (first === undefined || second === undefined) return undefined
  const opener = portlessEnd(protocol, flow.src_ip, flow.src_port)
  const opened = portlessEnd(protocol, flow.dest_ip, flow.dest_port)
  const toldByFlow = opener !== undefined && opened !== undefined
  const reversed = toldByFlow
    ? sameEnd(opener, second) && !sameEnd(opener, first)
    : (reply ?? isReply(record, seen, protocol))
  const [source, destination] = toldByFlow ? [opener, opened] : reversed ? [second, first] : [first, second]
  const names = namesOf(record)
  const traffic: Traffic = defined({
    protocol,
    source,
    destination,
    flow: exactWhole(record.flow_id, 'flow_id', told.text),
    communityId: shortText(record.community_id),
    names: names.length > 0 ? names : undefined,
    flowStartedAtMs: isoToMs(flow.start) ?? isoToMs(objectIn(record, 'netflow').start),
    sensor: told.sensor ?? shortText(record.host) ?? shortText(record.in_iface),
  })
  return { traffic, reversed }
}

function sameEnd(one: NetEnd, other: NetEnd): boolean {
  return one.address === other.address && one.port === other.port
}

/** A DNS name in what a client asked for (`host:port` of HTTP, SNI); undefined for addresses and for text that is no name. */
export function dnsNameOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 260) return undefined
  const name = value.replace(/:\d{1,5}$/, '').replace(/\.$/, '')
  if (!/^[a-z0-9_*.-]{1,253}$/i.test(name) || !/[a-z]/i.test(name)) return undefined
  return addressOf(name) === undefined ? name : undefined
}

function namesOf(record: JsonObject): string[] {
  const told = [
    objectIn(record, 'tls').sni,
    objectIn(record, 'quic').sni,
    objectIn(record, 'http').hostname,
    // TLS logs of AWS Network Firewall have it on top.
    record.sni,
  ]
  const names = new Set<string>()
  for (const value of told) {
    const name = dnsNameOf(value)
    if (name !== undefined) names.add(name)
  }
  return [...names]
}

/** When the record was made, by its own clock, else by its envelope's. */
export function timeOf({ record, atMs }: SuricataRecord): number | undefined {
  return isoToMs(record.timestamp) ?? (record.timestamp === undefined ? atMs : undefined)
}

/** Suricata writes these where it recognised nothing. */
const noApplication: ReadonlySet<string> = new Set(['failed', 'unknown', 'none', ''])

export function applicationOf(record: JsonObject): string | undefined {
  for (const key of ['app_proto', 'app_proto_ts', 'app_proto_tc', 'app_proto_expected']) {
    const name = shortText(record[key])
    if (name !== undefined && !noApplication.has(name)) return name
  }
  return undefined
}
