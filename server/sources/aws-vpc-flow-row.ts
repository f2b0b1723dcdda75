// One row of a VPC flow log to one observed flow. A row is one DIRECTION of a flow on one interface in one window: nothing here may
// claim to know the other direction's counts.
import type { EventInput } from '../protocol/event.ts'
import type { NetEnd, Workload } from '../protocol/signal.ts'
import type { FlowRow } from './aws-vpc-flow-fields.ts'
import { badTimeReason } from './event-draft.ts'
import { countOf, defined, endOf, protocolOf, secondsToMs, shortText } from './normal-values.ts'

export type RowMeaning = { event: EventInput; hasOwnTime: boolean } | { skipped: string } | { refused: string }

const fin = 1
const syn = 2
const rst = 4
const synAck = 18
const withPorts: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp', '33', '136', 'unknown'])
/** The longest aggregation window: how far `end` may lie behind a flow's first packet. */
const windowMsMax = 600_000

/** Of egress traffic; source: the field table of AWS. */
const trafficPaths: ReadonlyMap<string, string> = new Map([
  ['1', 'another resource in the same VPC'],
  ['2', 'internet gateway or gateway VPC endpoint'],
  ['3', 'virtual private gateway'],
  ['4', 'VPC peering in the region'],
  ['5', 'VPC peering to another region'],
  ['6', 'local gateway'],
  ['7', 'gateway VPC endpoint'],
  ['8', 'internet gateway'],
])

/**
 * Ends: AWS writes into `srcaddr` / `dstaddr` the address of the interface that it watches (or of the "intermediate layer" in front of
 * it: a NAT gateway, the node of an EKS pod) and into `pkt-srcaddr` / `pkt-dstaddr` what stands in the packet: "the packet-level
 * (original) IP address". Hosts and other sensors see packets, so the packet's addresses are the flow's ends, and where the interface's
 * differs it goes into `traffic.translated` in the same place. Source: flow-log-records.html, "Available fields", and
 * flow-logs-records-examples.html, "Traffic through a NAT gateway": 10.0.1.5 -> 10.0.0.220 with pkt-dstaddr 203.0.113.5.
 *
 * Who opened it: a SYN without ACK was sent by the row's source; SYN-ACK (18) is a server's answer, so the row is turned round: the
 * client becomes `source` and the counts are what came in. AWS ORs the flags of a window and does not log a lone ACK, so 18 is never made
 * up of a client's SYN and a later ACK.
 *
 * Time: `start` is the first packet of this window, in whole seconds. `fallbackMs`: for formats that have neither `start` nor `end`.
 */
export function flowOfRow(row: FlowRow, fallbackMs: number): RowMeaning {
  const status = row.get('log-status')
  if (status === 'NODATA') return { skipped: 'NODATA: no traffic in this window' }
  if (status === 'SKIPDATA') return { skipped: 'SKIPDATA: AWS left rows of this window out' }
  if (status !== undefined && status !== 'OK') return { refused: 'log-status is none that AWS writes' }

  const times = timesOf(row, fallbackMs)
  if (times === undefined) return { refused: badTimeReason }
  const protocol = protocolOf(row.get('protocol')) ?? 'unknown'
  const told = { source: toldEnd(row, 'src', protocol), destination: toldEnd(row, 'dst', protocol) }
  const { source, destination } = told
  if (source === undefined || destination === undefined) return { refused: 'row names no two addresses' }

  const flags = protocol === 'tcp' ? (countOf(row.get('tcp-flags')) ?? 0) : 0
  const isAnswer = (flags & synAck) === synAck
  const [opener, server] = isAnswer ? [destination, source] : [source, destination]
  const bytes = countOf(row.get('bytes'))
  const packets = countOf(row.get('packets'))
  const data = defined({
    traffic: defined({
      protocol,
      source: opener.packet,
      destination: server.packet,
      translated:
        opener.layer || server.layer ? defined({ source: opener.layer, destination: server.layer }) : undefined,
      flowStartedAtMs: (flags & syn) !== 0 && row.has('start') ? times.atMs : undefined,
      timeErrorMs: times.errorMs,
      sensor: shortText(
        ['interface-id', 'resource-id', 'tgw-attachment-id', 'tgw-id', 'instance-id']
          .map((name) => row.get(name))
          .find(Boolean),
      ),
      from: opener.workload,
      to: server.workload,
    }),
    verdict: verdictOf(row.get('action')),
    direction: directionOf(row.get('flow-direction'), isAnswer),
    endedAtMs: times.endedAtMs,
    bytesOut: isAnswer ? undefined : bytes,
    packetsOut: isAnswer ? undefined : packets,
    bytesIn: isAnswer ? bytes : undefined,
    packetsIn: isAnswer ? packets : undefined,
    state: flagsInWords(flags),
    reason: shortText(row.get('reject-reason')),
  })
  return { event: { v: 1, kind: 'flow.observed', atMs: times.atMs, data }, hasOwnTime: times.isOwn }
}

type Times = { atMs: number; endedAtMs: number | undefined; errorMs: number | undefined; isOwn: boolean }

/** Undefined: the row says a time, and it is none. */
function timesOf(row: FlowRow, fallbackMs: number): Times | undefined {
  const startMs = secondsToMs(row.get('start'))
  const endMs = secondsToMs(row.get('end'))
  if (row.has('start')) {
    if (startMs === undefined) return undefined
    const lasted = endMs !== undefined && endMs >= startMs ? endMs - startMs : undefined
    return {
      atMs: startMs,
      endedAtMs: lasted === undefined ? undefined : endMs,
      errorMs: (lasted ?? 0) + 1_000,
      isOwn: true,
    }
  }
  if (row.has('end')) {
    return endMs === undefined
      ? undefined
      : { atMs: endMs, endedAtMs: endMs, errorMs: windowMsMax + 1_000, isOwn: true }
  }
  return { atMs: fallbackMs, endedAtMs: undefined, errorMs: windowMsMax, isOwn: false }
}

type ToldEnd = { packet: NetEnd; layer: NetEnd | undefined; workload: Workload | undefined }

function toldEnd(row: FlowRow, side: 'src' | 'dst', protocol: string): ToldEnd | undefined {
  const port = withPorts.has(protocol) ? row.get(`${side}port`) : undefined
  const shown = endOf(row.get(`${side}addr`), port)
  const packet = endOf(row.get(`pkt-${side}addr`), port) ?? shown
  if (packet === undefined) return undefined
  const layer = shown !== undefined && shown.address !== packet.address ? shown : undefined
  return { packet, layer, workload: workloadOf(row, side) }
}

function verdictOf(action: string | undefined): 'allowed' | 'denied' | 'unknown' {
  return action === 'ACCEPT' ? 'allowed' : action === 'REJECT' ? 'denied' : 'unknown'
}

/** The row's direction is the packets'; an answer that leaves belongs to a flow that came in. */
function directionOf(told: string | undefined, isAnswer: boolean): 'out' | 'in' | undefined {
  if (told !== 'egress' && told !== 'ingress') return undefined
  return (told === 'egress') === isAnswer ? 'in' : 'out'
}

function flagsInWords(flags: number): string | undefined {
  const words = [
    (flags & synAck) === synAck ? 'SYN-ACK' : (flags & syn) !== 0 ? 'SYN' : '',
    (flags & fin) !== 0 ? 'FIN' : '',
    (flags & rst) !== 0 ? 'RST' : '',
  ].filter((word) => word !== '')
  return words.length === 0 ? undefined : words.join(' ')
}

/** Fields that speak of the watched interface: which end it is, only `flow-direction` says (version 5). */
const ofInterface: readonly (readonly [string, string])[] = [
  ['instance', 'instance-id'],
  ['vpc', 'vpc-id'],
  ['subnet', 'subnet-id'],
  ['zone', 'az-id'],
  ['ecs-task', 'ecs-task-id'],
  ['ecs-service', 'ecs-service-name'],
]
const ofTransit: readonly (readonly [string, string])[] = [
  ['interface', 'eni'],
  ['vpc', 'vpc-id'],
  ['subnet', 'subnet-id'],
  ['account', 'vpc-account-id'],
]

function workloadOf(row: FlowRow, side: 'src' | 'dst'): Workload | undefined {
  const isWatched = row.get('flow-direction') === (side === 'src' ? 'egress' : 'ingress')
  const isTransit = row.has('tgw-id') || row.has('tgw-attachment-id')
  const told: [string, string | undefined][] = isTransit
    ? ofTransit.map(([label, field]) => [label, row.get(`tgw-${side}-${field}`)])
    : isWatched
      ? ofInterface.map(([label, field]) => [label, row.get(field)])
      : []
  told.push(['aws-service', row.get(`pkt-${side}-aws-service`)])
  if (side === 'src' && isWatched) told.push(['traffic-path', trafficPaths.get(row.get('traffic-path') ?? '')])
  const labels = told.flatMap(([label, value]): [string, string][] => {
    const text = shortText(value)
    return text === undefined ? [] : [[label, text]]
  })
  const workload: Workload = defined({
    container: isWatched ? shortText(row.get('ecs-container-id')) : undefined,
    namespace: isWatched ? shortText(row.get('ecs-cluster-name')) : undefined,
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
  })
  return Object.keys(workload).length === 0 ? undefined : workload
}
