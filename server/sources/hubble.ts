// Hubble, the observer of Cilium: what a node of Kubernetes saw of packets, of sockets and of requests through its proxies, one JSON record
// each. Most records are of ONE packet, not of a connection, and the same packet is seen at several places: nothing is counted from them.
// Source: https://docs.cilium.io/en/stable/observability/hubble/ and flow.proto of cilium/cilium.
import type { EventInput } from '../protocol/event.ts'
import { badTimeReason } from './event-draft.ts'
import { hubbleRequest } from './hubble-application.ts'
import { partsOf, toldObject, toldOf } from './hubble-record.ts'
import { hubbleTraffic, tcpFlagsOf, translationPointOf } from './hubble-traffic.ts'
import { hubbleDirection, hubbleReason, hubbleState, hubbleVerdict } from './hubble-verdict.ts'
import { jsonRecordReader } from './json-records.ts'
import { defined, fieldOf, isObject, isoToMs, type JsonObject, numberOf, secondsToMs } from './normal-values.ts'
import type { RecordSink, RecordSource } from './record-source.ts'

export const hubble: RecordSource = {
  format: 'hubble',
  title: 'Hubble (Cilium)',
  trust: 'firewall',
  framing: 'lines',
  looksLike: (head) => {
    if (!/^\s*[[{]/.test(head)) return false
    if (/"(?:lost_events|node_status|agent_event)"\s*:\s*\{/.test(head) && /"node_name"\s*:/.test(head)) return true
    const isJudged = /"verdict"\s*:\s*(?:\d\b|"(?:FORWARDED|DROPPED|ERROR|AUDIT|REDIRECTED|TRACED|TRANSLATED|VERDICT_))/
    return isJudged.test(head) && /"Type"\s*:\s*(?:\d\b|"(?:L3_L4|L7|SOCK)")|"IP"\s*:\s*\{/.test(head)
  },
  open: () => jsonRecordReader(tellHubble),
}

function tellHubble(record: JsonObject, text: string, sink: RecordSink): void {
  const parts = partsOf(record)
  if ('skipped' in parts) return sink.skipped(parts.skipped, text)
  if ('refused' in parts) return sink.refused(parts.refused, text)
  const { flow, envelope } = parts
  const seen = hubbleTraffic(flow, envelope, text)
  if ('skipped' in seen) return sink.skipped(seen.skipped, text)
  if ('refused' in seen) return sink.refused(seen.refused, text)
  const atMs = timeOf(flow) ?? timeOf(envelope)
  if (atMs === undefined) return sink.refused(badTimeReason, text)

  const verdict = hubbleVerdict(flow)
  const request = hubbleRequest(flow, seen.traffic, atMs)
  const flags = tcpFlagsOf(flow)
  const isFirst = flags.includes('SYN') && !flags.includes('ACK') && !seen.isReply
  const observed: EventInput = {
    v: 1,
    kind: 'flow.observed',
    atMs,
    data: defined({
      traffic: isFirst ? { ...seen.traffic, flowStartedAtMs: atMs } : seen.traffic,
      verdict,
      direction: hubbleDirection(flow),
      state: request?.detail ?? hubbleState(flow),
      application: request?.application,
      reason: hubbleReason(flow),
    }),
  }
  const asked = request?.event
  // A request's event has no verdict: that it was denied must not be lost.
  const events = asked === undefined ? [observed] : verdict === 'denied' ? [asked, observed] : [asked]
  sink.understood(whatOf(flow, request !== undefined), { events, identity: text })
}

/** RFC 3339 with nanoseconds; Go's own JSON has seconds and nanoseconds apart. */
function timeOf(record: JsonObject): number | undefined {
  const time = toldOf(record, 'time')
  if (!isObject(time)) return isoToMs(time)
  const seconds = numberOf(fieldOf(time, 'seconds'))
  return seconds === undefined ? undefined : secondsToMs(seconds + (numberOf(fieldOf(time, 'nanos')) ?? 0) / 1e9)
}

/** Number of Cilium's `PolicyVerdict` messages: a policy's decision on a connection, taken at its first packet. */
const policyVerdictType = 5

function whatOf(flow: JsonObject, isRequest: boolean): string {
  if (isRequest) return 'L7'
  if (translationPointOf(flow) !== undefined) return 'SOCK'
  return fieldOf(toldObject(flow, 'event_type'), 'type') === policyVerdictType ? 'policy verdict' : 'L3_L4'
}
