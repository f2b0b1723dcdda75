// Network logs of Google Cloud as Cloud Logging hands them out (LogEntry): VPC flows, firewall rules, Cloud NAT, and the threats that
// Cloud IDS and Cloud NGFW found. Lines, one array, or printed over many lines. Other logs of a project are skipped, never guessed at.
// Source: https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry
import { badTimeReason } from './event-draft.ts'
import { firewallFact, natFact, vpcFlowFact } from './gcp-logging-flow.ts'
import { idsSessionFact, idsThreatFact, ngfwThreatFact } from './gcp-logging-threat.ts'
import { jsonRecordReader } from './json-records.ts'
import { fieldOf, isObject, isoToMs, type JsonObject, objectIn } from './normal-values.ts'
import type { RecordSink, RecordSource } from './record-source.ts'

export const gcpLogging: RecordSource = {
  format: 'gcp-logging',
  title: 'Google Cloud Logging (VPC flows, firewall rules, NAT, threats)',
  trust: 'firewall',
  framing: 'lines',
  looksLike: (head) =>
    /^\s*[{[]/.test(head) &&
    (/"log_?[nN]ame"\s*:\s*"[^"]{0,200}(?:compute|networkmanagement|networksecurity|ids)\.googleapis\.com(?:%2F|\/)/.test(
      head,
    ) ||
      (/"json_?[pP]ayload"\s*:\s*\{/.test(head) &&
        /"(?:src_ip|dest_ip|src_vpc|dest_vpc|bytes_sent|rule_details|allocation_status|threat_id|threatDetails)"\s*:/.test(
          head,
        ))),
  open: () => jsonRecordReader((record, _, sink) => readObject(record, sink)),
}

/** An entry, or a page of them as `entries.list` answers it. */
function readObject(value: JsonObject, sink: RecordSink): void {
  const { entries } = value
  if (!Array.isArray(entries)) return readEntry(value, sink)
  if (entries.length === 0) return sink.skipped('page without entries', '')
  for (const entry of entries) {
    if (isObject(entry)) readEntry(entry, sink)
    else sink.refused('log entry is not an object', JSON.stringify(entry).slice(0, 2_000))
  }
}

function readEntry(entry: JsonObject, sink: RecordSink): void {
  // The whole entry: the same whether it was printed on one line or on many.
  const identity = JSON.stringify(entry)
  const payload = payloadOf(entry)
  if (payload === undefined) {
    const isEntry = ['logName', 'log_name', 'protoPayload', 'textPayload'].some((key) => Object.hasOwn(entry, key))
    if (isEntry) sink.skipped('log entry of another kind than network logs', identity)
    else sink.refused('JSON object is no log entry', identity)
    return
  }
  const kind = kindOf(entry, payload)
  if (kind === undefined) return sink.skipped('log entry of another kind than network logs', identity)
  const atMs = isoToMs(entry.timestamp)
  const fact = factOf[kind]({ entry, payload, atMs })
  if (fact === 'no ends') return sink.refused('record names no two addresses', identity)
  if (fact === 'no time') return sink.refused(badTimeReason, identity)
  if (fact === 'no title') return sink.refused('threat without a name', identity)
  sink.understood(kind, { events: [fact], identity })
}

function payloadOf(entry: JsonObject): JsonObject | undefined {
  return [fieldOf(entry, 'jsonPayload'), fieldOf(entry, 'json_payload')].find(isObject)
}

const factOf = {
  vpc_flow: vpcFlowFact,
  firewall: firewallFact,
  nat_flow: natFact,
  'ids.threat': idsThreatFact,
  'ids.traffic': idsSessionFact,
  firewall_threat: ngfwThreatFact,
} as const
type Kind = keyof typeof factOf

/** By the log's name, which is URL encoded in the API and plain in some exports. */
const kindOfLog: ReadonlyMap<string, Kind> = new Map([
  ['compute.googleapis.com/vpc_flows', 'vpc_flow'],
  ['networkmanagement.googleapis.com/vpc_flows', 'vpc_flow'],
  ['compute.googleapis.com/firewall', 'firewall'],
  ['compute.googleapis.com/nat_flows', 'nat_flow'],
  ['ids.googleapis.com/threat', 'ids.threat'],
  ['ids.googleapis.com/traffic', 'ids.traffic'],
  ['networksecurity.googleapis.com/firewall_threat', 'firewall_threat'],
])

/** Sinks may drop the name: then by what only this log has. */
function kindOf(entry: JsonObject, payload: JsonObject): Kind | undefined {
  const name = [fieldOf(entry, 'logName'), fieldOf(entry, 'log_name')].find((value) => typeof value === 'string')
  if (typeof name === 'string') {
    const log = name.slice(name.indexOf('/logs/') + 6).replace(/%2f/gi, '/')
    return kindOfLog.get(log)
  }
  const has = (key: string) => Object.hasOwn(payload, key)
  if (has('threatDetails')) return 'firewall_threat'
  if (has('threat_id') && has('source_ip_address')) return 'ids.threat'
  if (fieldOf(objectIn(payload, 'connection'), 'src_ip') === undefined) return undefined
  if (has('allocation_status')) return 'nat_flow'
  if (has('disposition') || has('rule_details')) return 'firewall'
  return has('reporter') || has('bytes_sent') || has('start_time') ? 'vpc_flow' : undefined
}
