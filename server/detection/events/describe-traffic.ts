// Connections, flows and alerts of network sensors in the words of Sigma.
import type { EventOf } from '../../protocol/event.ts'
import type { Traffic } from '../../protocol/signal.ts'
import type { Fields } from '../detection-event.ts'
import { RecencyMap } from '../stateful/recency-map.ts'
import { type DestinationScope, scopeOf } from './destination-scope.ts'

const scopes = new RecencyMap<DestinationScope | 'none'>(8_192)

/** The same few addresses come again and again. */
export function knownScopeOf(address: string): DestinationScope | undefined {
  const known = scopes.get(address)
  if (known !== undefined) return known === 'none' ? undefined : known
  const scope = scopeOf(address)
  scopes.set(address, scope ?? 'none')
  return scope
}

type End = { address: string; port?: number | undefined }

export function endFields(local: End | undefined, remote: End | undefined): Fields {
  return {
    DestinationIp: remote?.address,
    DestinationPort: remote?.port,
    DestinationScope: remote === undefined ? undefined : knownScopeOf(remote.address),
    SourceIp: local?.address,
    SourcePort: local?.port,
  }
}

/** Sigma knows one word for ICMP. */
function protocolOf(protocol: string): string {
  return protocol === 'ipv6-icmp' || protocol === 'icmpv6' ? 'icmp' : protocol
}

export function trafficFields(traffic: Traffic): Fields {
  return {
    ...endFields(traffic.source, traffic.destination),
    Protocol: protocolOf(traffic.protocol),
    DestinationHostname: traffic.names?.[0],
  }
}

const directionOf = { out: 'out', in: 'in', internal: 'out', unknown: undefined } as const
/** Zeek's `REJ` and `RSTOS0`, errno, hubble's drops. A reset at the end of a long talk is no refusal. */
const refusedState = /\b(?:REJ|RSTOS0|RSTRH|refused)\b|dropped/i
/** Of an empty packet with its headers: what is left of a side that only acknowledges. */
const emptyPacketBytes = 80
const unansweredState = /\b(?:S0|SH)\b/

export function flowFields(flow: EventOf<'flow.observed'>['data'], atMs: number): Fields {
  const { traffic } = flow
  const protocol = protocolOf(traffic.protocol)
  const { state = '' } = flow
  const fewPackets = (flow.packetsOut ?? 9) <= 3 && (flow.packetsIn ?? 9) <= 3
  const isRefused =
    flow.verdict === 'denied' ||
    (state !== '' && refusedState.test(state)) ||
    (fewPackets && /\brst\b/.test(state) && flow.packetsIn !== 0)
  // One-way UDP is common (logs, metrics, discovery): silence says something of TCP and ping only.
  const isUnanswered =
    (protocol === 'tcp' || protocol === 'icmp') &&
    !isRefused &&
    (unansweredState.test(state) || flow.packetsIn === 0 || (flow.packetsIn === undefined && flow.bytesIn === 0))
  const { packetsOut, packetsIn, bytesOut, bytesIn } = flow
  // Headers are counted by some sensors and not by others: both read the same here.
  const isOneSided =
    protocol === 'tcp' &&
    !isRefused &&
    packetsOut !== undefined &&
    packetsIn !== undefined &&
    packetsIn > 0 &&
    bytesIn !== undefined &&
    bytesIn <= packetsIn * emptyPacketBytes &&
    bytesOut !== undefined &&
    bytesOut > packetsOut * emptyPacketBytes
  const { source, destination } = traffic
  // Written out: flows are most of what a firewall tells, and copying objects costs more than all detectors.
  return {
    DestinationIp: destination.address,
    DestinationPort: destination.port,
    DestinationScope: knownScopeOf(destination.address),
    SourceIp: source.address,
    SourcePort: source.port,
    Protocol: protocol,
    DestinationHostname: traffic.names?.[0],
    Direction: directionOf[flow.direction ?? 'unknown'] ?? directionBetween(traffic),
    Application: flow.application,
    BytesOut: flow.bytesOut,
    BytesIn: flow.bytesIn,
    DurationMs: durationOf(flow.endedAtMs, atMs),
    Refused: isRefused || undefined,
    Unanswered: isUnanswered || undefined,
    OneSided: isOneSided || undefined,
  }
}

/** From the outside to the inside is in: who scans us from the internet is no agent of ours. */
export function directionBetween({ source, destination }: Traffic): 'in' | 'unknown' {
  const from = knownScopeOf(source.address)
  const to = knownScopeOf(destination.address)
  return from === 'public' && (to === 'private' || to === 'link-local') ? 'in' : 'unknown'
}

/** A flow's record as movement: bytes since nothing was known of it. */
export function flowMovement(fields: Fields, { packetsOut }: EventOf<'flow.observed'>['data']): Fields {
  return {
    DestinationIp: fields.DestinationIp,
    DestinationPort: fields.DestinationPort,
    DestinationScope: fields.DestinationScope,
    DestinationHostname: fields.DestinationHostname,
    SourceIp: fields.SourceIp,
    Protocol: fields.Protocol,
    BytesOut: fields.BytesOut,
    BytesIn: fields.BytesIn,
    PacketsOut: packetsOut,
    DurationMs: fields.DurationMs,
    Open: false,
  }
}

function durationOf(endedAtMs: number | undefined, atMs: number): number | undefined {
  return endedAtMs === undefined ? undefined : Math.max(0, endedAtMs - atMs)
}

export function alertFields({ data, source }: EventOf<'alert.raised'>): Fields {
  const { traffic } = data
  return {
    Sensor: source ?? traffic?.sensor,
    Signature: data.title,
    SignatureId: data.ruleId,
    Category: data.category,
    Techniques: data.techniques,
    Severity: data.severity,
    Action: data.action,
    ...(traffic && trafficFields(traffic)),
  }
}
