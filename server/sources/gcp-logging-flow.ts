// Flows in Google Cloud's logs: VPC flow logs (sampled, both ends report), firewall rule logs and Cloud NAT logs.
// Source: https://cloud.google.com/vpc/docs/about-flow-logs-records, https://cloud.google.com/firewall/docs/firewall-rules-logging,
// https://cloud.google.com/nat/docs/monitoring ("What is logged").
import type { EventInput } from '../protocol/event.ts'
import type { NetEnd, Workload } from '../protocol/signal.ts'
import { vmOf } from './gcp-logging-workload.ts'
import {
  countOf,
  defined,
  endOf,
  fieldOf,
  isoToMs,
  type JsonObject,
  objectIn,
  protocolOf,
  shortText,
} from './normal-values.ts'

/** `atMs`: the entry's own `timestamp`; undefined where it is none. */
export type EntryParts = { entry: JsonObject; payload: JsonObject; atMs: number | undefined }
export type EntryFact = EventInput | 'no ends' | 'no time' | 'no title'

/** Shortest aggregation interval, and how long firewall rule logging collects a connection. */
const intervalMs = 5_000

/**
 * One direction of a flow in one interval, reported by the end named in `reporter`; the same flow comes from SRC and from DEST, and both
 * are kept (`sensor` tells them apart). `bytes_sent` goes from source to destination. Packets are sampled, so `start_time` is the first
 * packet that was SEEN. `timestamp` is when the log was written, minutes later. Incoming packets are sampled after the firewall's rules
 * and outgoing ones before them, so only a DEST record says that they were let through.
 */
export function vpcFlowFact({ payload, atMs }: EntryParts): EntryFact {
  const ends = endsOf(payload)
  if (ends === undefined) return 'no ends'
  const startMs = isoToMs(payload.start_time)
  const endMs = isoToMs(payload.end_time)
  if (startMs === undefined && payload.start_time !== undefined) return 'no time'
  const whenMs = startMs ?? endMs ?? atMs
  if (whenMs === undefined) return 'no time'
  const reporter = shortText(payload.reporter)
  const reportedBy = reporter?.startsWith('DEST') ? 'dest' : 'src'
  const isInternal = ['src_vpc', 'dest_vpc'].every((key) => Object.keys(objectIn(payload, key)).length > 0)
  return {
    v: 1,
    kind: 'flow.observed',
    atMs: whenMs,
    data: defined({
      traffic: defined({
        ...ends,
        names: serviceNames(payload),
        timeErrorMs: startMs === undefined ? 60_000 : intervalMs,
        sensor: sensorName(nameOfSide(payload, reportedBy), reporter),
        from: workloadOf(payload, 'src'),
        to: workloadOf(payload, 'dest'),
      }),
      verdict: reportedBy === 'dest' ? ('allowed' as const) : ('unknown' as const),
      direction: isInternal
        ? ('internal' as const)
        : reporter === undefined
          ? undefined
          : reportedBy === 'src'
            ? ('out' as const)
            : ('in' as const),
      endedAtMs: endMs !== undefined && endMs >= whenMs ? endMs : undefined,
      bytesOut: countOf(payload.bytes_sent),
      packetsOut: countOf(payload.packets_sent),
    }),
  }
}

/**
 * A rule's decision on a connection: `instance` is the VM that the rule guards, `remote_instance` the other end, so for EGRESS the
 * instance is the source. A denial is what a firewall is for, not an alert.
 */
export function firewallFact({ payload, atMs }: EntryParts): EntryFact {
  const ends = endsOf(payload)
  if (ends === undefined) return 'no ends'
  if (atMs === undefined) return 'no time'
  const rule = objectIn(payload, 'rule_details')
  const isEgress = rule.direction === 'EGRESS'
  const guarded = vmOf(payload, 'instance', 'vpc', 'gke_details')
  const remote = vmOf(payload, 'remote_instance', 'remote_vpc', 'remote_gke_details')
  return {
    v: 1,
    kind: 'flow.observed',
    atMs,
    data: defined({
      traffic: defined({
        ...ends,
        timeErrorMs: intervalMs,
        sensor: shortText(fieldOf(objectIn(payload, 'instance'), 'vm_name')),
        from: isEgress ? guarded : remote,
        to: isEgress ? remote : guarded,
      }),
      verdict: verdictOf(payload.disposition ?? rule.action),
      direction: isEgress ? ('out' as const) : rule.direction === 'INGRESS' ? ('in' as const) : undefined,
      reason: shortText(rule.reference),
    }),
  }
}

/** `INTERCEPTED` went on to a Layer 7 inspection, which has its own log. */
function verdictOf(value: unknown): 'allowed' | 'denied' | 'unknown' {
  if (value === 'ALLOWED' || value === 'ALLOW') return 'allowed'
  return value === 'DENIED' || value === 'DENY' ? 'denied' : 'unknown'
}

/** A VM's connection got, or did not get, a port of the gateway: `nat_ip` and `nat_port` are what the outside sees as its source. */
export function natFact({ entry, payload, atMs }: EntryParts): EntryFact {
  const ends = endsOf(payload)
  if (ends === undefined) return 'no ends'
  if (atMs === undefined) return 'no time'
  const connection = objectIn(payload, 'connection')
  const gateway = objectIn(payload, 'gateway_identifiers')
  const source = endOf(connection.nat_ip, connection.nat_port)
  const isDropped = payload.allocation_status === 'DROPPED'
  return {
    v: 1,
    kind: 'flow.observed',
    atMs,
    data: defined({
      traffic: defined({
        ...ends,
        translated: source === undefined ? undefined : { source },
        flowStartedAtMs: isDropped ? undefined : atMs,
        timeErrorMs: intervalMs,
        sensor:
          shortText(gateway.gateway_name) ??
          shortText(fieldOf(objectIn(objectIn(entry, 'resource'), 'labels'), 'gateway_name')),
        from: vmOf(payload, 'endpoint', 'vpc', 'gke_details'),
        to: vmOf(objectIn(payload, 'destination'), 'instance', 'vpc', 'gke_details'),
      }),
      verdict:
        payload.allocation_status === 'OK'
          ? ('allowed' as const)
          : isDropped
            ? ('denied' as const)
            : ('unknown' as const),
      direction: 'out' as const,
      reason: isDropped ? 'no free port at the NAT gateway' : undefined,
    }),
  }
}

type Ends = { protocol: string; source: NetEnd; destination: NetEnd }

/** `protocol` is an IANA number or a name, depending on log and exporter. */
function endsOf(payload: JsonObject): Ends | undefined {
  const connection = objectIn(payload, 'connection')
  const protocol = protocolOf(connection.protocol) ?? 'unknown'
  const hasPorts = protocol !== 'icmp' && protocol !== 'ipv6-icmp'
  const source = endOf(connection.src_ip, hasPorts ? connection.src_port : undefined)
  const destination = endOf(connection.dest_ip, hasPorts ? connection.dest_port : undefined)
  return source && destination ? { protocol, source, destination } : undefined
}

/** What the reporter is called: its VM, gateway or subnet. */
function nameOfSide(payload: JsonObject, side: 'src' | 'dest'): string | undefined {
  const gateway = objectIn(payload, `${side}_gateway`)
  return (
    shortText(objectIn(payload, `${side}_instance`).vm_name) ??
    shortText(gateway.name) ??
    shortText(gateway.interconnect_name) ??
    shortText(objectIn(payload, `${side}_vpc`).subnetwork_name)
  )
}

function sensorName(name: string | undefined, reporter: string | undefined): string | undefined {
  if (reporter === undefined) return name
  return name === undefined ? reporter : shortText(`${name} (${reporter})`)
}

/** `logging.googleapis.com` and the like: the service behind a destination that belongs to Google. */
function serviceNames(payload: JsonObject): string[] | undefined {
  const name = shortText(objectIn(payload, 'dest_google_service').service_name)
  return name?.includes('.') ? [name] : undefined
}

function workloadOf(payload: JsonObject, side: 'src' | 'dest'): Workload | undefined {
  return vmOf(payload, `${side}_instance`, `${side}_vpc`, `${side}_gke_details`)
}
