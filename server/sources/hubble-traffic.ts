// Who talked to whom in a Hubble flow. Hubble tells of one packet or request and its sender; here `source` becomes who opened the
// connection, by what Hubble or the packet says of it, never by guessing from ports.
import type { NetEnd, Traffic, Workload } from '../protocol/signal.ts'
import { enumOf, toldObject, toldOf } from './hubble-record.ts'
import { exactWhole } from './json-records.ts'
import { countOf, defined, endOf, fieldOf, isObject, type JsonObject, objectIn, shortText } from './normal-values.ts'

export type HubbleTraffic = { traffic: Traffic; isReply: boolean }
export type NoTraffic = { skipped: string } | { refused: string }

const labelsMax = 32
const labelsReadMax = 256
const namesMax = 16

const translationPoints = [
  'UNKNOWN',
  'PRE_DIRECTION_FWD',
  'POST_DIRECTION_FWD',
  'PRE_DIRECTION_REV',
  'POST_DIRECTION_REV',
]

/** Where a socket's call was looked at: before or after the service's address was exchanged, on the way out or back. */
export function translationPointOf(flow: JsonObject): string | undefined {
  const point = enumOf(toldOf(flow, 'sock_xlate_point'), translationPoints)?.replace(/^SOCK_XLATE_POINT_/, '')
  return point === 'UNKNOWN' ? undefined : point
}

type Transport = { protocol: string; ports: JsonObject }

const transports: readonly [name: string, protocol: string][] = [
  ['TCP', 'tcp'],
  ['UDP', 'udp'],
  ['SCTP', 'sctp'],
  ['ICMPv4', 'icmp'],
  ['ICMPv6', 'ipv6-icmp'],
  ['VRRP', '112'],
  ['IGMP', 'igmp'],
]

export function transportOf(flow: JsonObject): Transport {
  const layer = toldObject(flow, 'l4')
  // Go's own JSON of a oneof.
  const told = isObject(fieldOf(layer, 'Protocol')) ? objectIn(layer, 'Protocol') : layer
  for (const [name, protocol] of transports) {
    const ports = fieldOf(told, name)
    if (isObject(ports)) return { protocol, ports }
  }
  return { protocol: 'unknown', ports: {} }
}

/** `SYN/ACK`, in the order in which Hubble names them. */
export function tcpFlagsOf(flow: JsonObject): string[] {
  const flags = objectIn(transportOf(flow).ports, 'flags')
  return ['SYN', 'FIN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'NS'].filter((flag) => fieldOf(flags, flag) === true)
}

const icmpReplies: ReadonlySet<number> = new Set([0, 3, 4, 11, 12, 14, 16, 18])
const icmp6Replies: ReadonlySet<number> = new Set([1, 2, 3, 4, 129])

/** A wrapped `BoolValue`, absent or null where Hubble cannot tell. The old `reply` is false where it could not tell. */
function isReplyOf(flow: JsonObject, { protocol, ports }: Transport): boolean {
  const told = toldOf(flow, 'is_reply')
  const value = isObject(told) ? (fieldOf(told, 'value') ?? false) : told
  if (typeof value === 'boolean') return value
  if (toldOf(flow, 'reply') === true) return true
  if (translationPointOf(flow)?.endsWith('_REV')) return true
  const reason = shortText(toldOf(flow, 'trace_reason'))?.replace(/^TRACE_REASON_/, '')
  if (reason === 'REPLY' || toldOf(toldObject(flow, 'l7'), 'type') === 'RESPONSE') return true
  const flags = tcpFlagsOf(flow)
  if (flags.includes('SYN')) return flags.includes('ACK')
  const type = countOf(fieldOf(ports, 'type')) ?? 0
  if (protocol === 'icmp') return icmpReplies.has(type)
  return protocol === 'ipv6-icmp' && icmp6Replies.has(type)
}

/** Sockets have no port of their own when they are traced, which is written as 0 or left out. */
function hubbleEnd(
  { ports }: Transport,
  address: unknown,
  port: 'source_port' | 'destination_port',
): NetEnd | undefined {
  const number = toldOf(ports, port)
  return endOf(address, number === 0 ? undefined : number)
}

/** A field of the packet's sender and receiver, turned so that the opener comes first. */
function turned<T>(isReply: boolean, sender: T, receiver: T): [T, T] {
  return isReply ? [receiver, sender] : [sender, receiver]
}

export function hubbleTraffic(flow: JsonObject, envelope: JsonObject, text: string): HubbleTraffic | NoTraffic {
  const addresses = toldObject(flow, 'IP')
  const isSilent = (name: string) => (fieldOf(addresses, name) ?? '') === ''
  if (isSilent('source') && isSilent('destination')) return { skipped: 'flow without IP addresses' }
  const isSocket = translationPointOf(flow) !== undefined
  if (isSocket && (isSilent('source') || isSilent('destination'))) {
    return { skipped: 'socket of a process that Hubble knows no address of' }
  }
  const transport = transportOf(flow)
  const sender = hubbleEnd(transport, addresses.source, 'source_port')
  const receiver = hubbleEnd(transport, addresses.destination, 'destination_port')
  if (sender === undefined || receiver === undefined)
    return { refused: 'record names no two addresses that can be read' }
  const isReply = isReplyOf(flow, transport)
  const [source, destination] = turned(isReply, sender, receiver)
  const [from, to] = turned(
    isReply,
    workloadOf(toldObject(flow, 'source')),
    workloadOf(toldObject(flow, 'destination')),
  )
  const [, names] = turned(isReply, toldOf(flow, 'source_names'), toldOf(flow, 'destination_names'))
  const known = Array.isArray(names) ? names.slice(0, namesMax).flatMap((name) => nameOf(name) ?? []) : []
  // Where the sender's address was exchanged on the way, `source` is the original one.
  const exchanged = endOf(toldOf(addresses, 'source_xlated'))
  const traffic = defined({
    protocol: transport.protocol,
    source,
    destination,
    flow: isSocket ? exactWhole(toldOf(flow, 'socket_cookie'), 'socket_cookie', text) : undefined,
    translated: exchanged === undefined ? undefined : isReply ? { destination: exchanged } : { source: exchanged },
    names: known.length === 0 ? undefined : known,
    sensor: shortText(toldOf(flow, 'node_name')) ?? shortText(toldOf(envelope, 'node_name')),
    from,
    to,
  })
  return { traffic, isReply }
}

/** Without the dot of a fully qualified name, as the other sensors write it. */
export function nameOf(value: unknown): string | undefined {
  const name = typeof value === 'string' ? shortText(value) : undefined
  return name !== undefined && name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name
}

/** Labels that Cilium derives itself come last: of too many, the pod's own are kept. */
const derivedLabel = /^k8s:io\.(?:cilium|kubernetes)\./

function workloadOf(end: JsonObject): Workload | undefined {
  const told = toldOf(end, 'labels')
  const texts = (Array.isArray(told) ? told.slice(0, labelsReadMax) : []).filter((label) => typeof label === 'string')
  const ordered = [
    ...texts.filter((label) => !derivedLabel.test(label)),
    ...texts.filter((label) => derivedLabel.test(label)),
  ]
  const labels = ordered.flatMap(labelOf).slice(0, labelsMax)
  const workload: Workload = defined({
    pod: shortText(toldOf(end, 'pod_name')),
    namespace: shortText(toldOf(end, 'namespace')),
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
  })
  return Object.keys(workload).length === 0 ? undefined : workload
}

/** `k8s:agent-id=x` is the label `k8s:agent-id` with the value `x`; `reserved:world` has no value. */
function labelOf(text: string): [string, string][] {
  const equals = text.indexOf('=')
  const name = equals === -1 ? text : text.slice(0, equals)
  if (name === '' || name.length > 128 || name === '__proto__') return []
  return [[name, equals === -1 ? '' : (shortText(text.slice(equals + 1)) ?? '')]]
}
