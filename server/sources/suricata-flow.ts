// Suricata's flows, halves of flows (`netflow`), dropped packets, and every other record that shows that two ends talked.
// Source: https://docs.suricata.io/en/latest/output/eve/eve-json-format.html, "Event type: Flow", "Drop".
import { badTimeReason } from './event-draft.ts'
import { countOf, defined, isoToMs, type JsonObject, objectIn, shortText } from './normal-values.ts'
import { noAddressReason, type SuricataMeaning, sensorEvent } from './suricata-fact.ts'
import { applicationOf, type SuricataRecord, timeOf, trafficOf } from './suricata-traffic.ts'

export type Verdict = 'allowed' | 'denied' | 'unknown'

const denials: ReadonlySet<string> = new Set([
  'drop',
  'dropped',
  'reject',
  'rejected',
  'rejectsrc',
  'rejectdst',
  'rejectboth',
  'blocked',
])
const allowances: ReadonlySet<string> = new Set(['pass', 'passed', 'accept', 'accepted', 'allow', 'allowed', 'alert'])

/** `unknown` where nothing is said: a sensor beside the wire decides nothing. */
export function verdictOf(...actions: readonly unknown[]): Verdict {
  const words = actions.flatMap((action) => (typeof action === 'string' ? [action.toLowerCase()] : []))
  if (words.some((word) => denials.has(word))) return 'denied'
  return words.some((word) => allowances.has(word)) ? 'allowed' : 'unknown'
}

/** `new/syn_sent/timeout`, `closed/rst/shutdown`: the flow's state, TCP's, whether it was reset, and why the flow was let go. */
function stateOf(record: JsonObject): string | undefined {
  const flow = objectIn(record, 'flow')
  const tcp = objectIn(record, 'tcp')
  const words = new Set([flow.state, tcp.state, tcp.rst === true ? 'rst' : undefined, flow.reason].map(shortText))
  words.delete(undefined)
  return words.size === 0 ? undefined : shortText([...words].join('/'))
}

function endOfFlow(value: unknown, startMs: number): number | undefined {
  const endedAtMs = isoToMs(value)
  return endedAtMs !== undefined && endedAtMs >= startMs ? endedAtMs : undefined
}

/** One record a flow, written when it is over: the flow belongs to its first packet. */
export function flowMeaning(told: SuricataRecord): SuricataMeaning {
  const { record } = told
  const seen = trafficOf(told, 'flow')
  if (seen === undefined) return { refused: noAddressReason }
  const flow = objectIn(record, 'flow')
  const atMs = seen.traffic.flowStartedAtMs ?? timeOf(told)
  if (atMs === undefined) return { refused: badTimeReason }
  const data = defined({
    traffic: seen.traffic,
    verdict: verdictOf(flow.action, objectIn(record, 'verdict').action),
    endedAtMs: endOfFlow(flow.end, atMs),
    bytesOut: countOf(flow.bytes_toserver),
    bytesIn: countOf(flow.bytes_toclient),
    packetsOut: countOf(flow.pkts_toserver),
    packetsIn: countOf(flow.pkts_toclient),
    state: stateOf(record),
    application: applicationOf(record),
  })
  return { what: 'flow', events: [sensorEvent({ kind: 'flow.observed', atMs, data })] }
}

/** Two records a flow, one for each direction; turned so that both name the same opener. */
export function netflowMeaning(told: SuricataRecord): SuricataMeaning {
  const { record } = told
  const seen = trafficOf(told, 'direction')
  if (seen === undefined) return { refused: noAddressReason }
  const netflow = objectIn(record, 'netflow')
  const atMs = seen.traffic.flowStartedAtMs ?? timeOf(told)
  if (atMs === undefined) return { refused: badTimeReason }
  const bytes = countOf(netflow.bytes)
  const packets = countOf(netflow.pkts)
  const data = defined({
    traffic: seen.traffic,
    verdict: verdictOf(objectIn(record, 'verdict').action),
    endedAtMs: endOfFlow(netflow.end, atMs),
    ...(seen.reversed ? { bytesIn: bytes, packetsIn: packets } : { bytesOut: bytes, packetsOut: packets }),
    state: stateOf(record),
    application: applicationOf(record),
  })
  return { what: 'netflow', events: [sensorEvent({ kind: 'flow.observed', atMs, data })] }
}

/** A packet that was dropped without an alert. */
export function dropMeaning(told: SuricataRecord): SuricataMeaning {
  const { record } = told
  const seen = trafficOf(told, 'packet')
  if (seen === undefined) return { refused: noAddressReason }
  const atMs = timeOf(told)
  if (atMs === undefined) return { refused: badTimeReason }
  const data = defined({
    traffic: seen.traffic,
    verdict: 'denied' as const,
    application: applicationOf(record),
    reason: shortText(objectIn(record, 'drop').reason),
  })
  return { what: 'drop', events: [sensorEvent({ kind: 'flow.observed', atMs, data })] }
}

/** A record of a protocol that has no kind of its own here: it shows that the two ends talked, and in which protocol. */
export function conversationMeaning(told: SuricataRecord, what: string, application?: string): SuricataMeaning {
  const { record } = told
  const seen = trafficOf(told, 'flow')
  if (seen === undefined) return { skipped: 'record of a kind that names no flow' }
  const atMs = timeOf(told)
  if (atMs === undefined) return { refused: badTimeReason }
  const data = defined({
    traffic: seen.traffic,
    verdict: verdictOf(objectIn(record, 'verdict').action),
    application: application ?? applicationOf(record),
  })
  return { what, events: [sensorEvent({ kind: 'flow.observed', atMs, data })] }
}
