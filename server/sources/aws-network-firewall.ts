// AWS Network Firewall: Suricata's records inside an envelope that names the firewall, from S3, Firehose or CloudWatch Logs, which may
// wrap them once more. TLS inspection has records of its own shape.
// Source: https://docs.aws.amazon.com/network-firewall/latest/developerguide/firewall-logging-contents.html, "tls-inspection-logging".
import { badTimeReason } from './event-draft.ts'
import { jsonRecordReader } from './json-records.ts'
import { defined, isObject, type JsonObject, jsonOfLine, objectIn, secondsToMs, shortText } from './normal-values.ts'
import type { RecordSink, RecordSource } from './record-source.ts'
import { noAddressReason, type SensorEvent, type SuricataMeaning, sensorEvent } from './suricata-fact.ts'
import { suricataMeaning } from './suricata-meaning.ts'
import { type SuricataRecord, timeOf, trafficOf } from './suricata-traffic.ts'

/** A message in an envelope in an envelope: deeper is nobody's. */
const envelopesMax = 4

export const awsNetworkFirewall: RecordSource = {
  format: 'aws-network-firewall',
  title: 'AWS Network Firewall',
  trust: 'firewall',
  framing: 'lines',
  looksLike: (head) =>
    /^\s*[[{]/.test(head) &&
    /\\?"firewall_name\\?"\s*:/.test(head) &&
    /\\?"event\\?"\s*:/.test(head) &&
    /\\?"(?:event_timestamp|availability_zone)\\?"\s*:/.test(head),
  open: () => jsonRecordReader((record, text, sink) => tell(record, text, sink, 0)),
}

function tell(record: JsonObject, text: string, sink: RecordSink, envelopes: number): void {
  if (envelopes >= envelopesMax) return sink.refused('record is wrapped too often', text)
  if (record.messageType === 'CONTROL_MESSAGE') return sink.skipped('CloudWatch asks whether anybody listens', text)
  const list = Array.isArray(record.logEvents) ? record.logEvents : record.events
  if (Array.isArray(list)) {
    for (const wrapped of list) tellMessage(isObject(wrapped) ? wrapped.message : wrapped, text, sink, envelopes)
    if (list.length === 0) sink.skipped('envelope without records', text)
    return
  }
  const event = record.event
  if (event === undefined && record.event_type === undefined) {
    return tellMessage(record.message ?? record['@message'], text, sink, envelopes)
  }
  // Some shippers leave the inner record as text; then its digits stand there.
  const inner = typeof event === 'string' ? jsonOfLine(event) : (event ?? record)
  if (!isObject(inner)) return sink.refused('event of the record is no object', text)
  const told = {
    record: inner,
    text: typeof event === 'string' ? event : text,
    sensor: sensorOf(record),
    atMs: secondsToMs(record.event_timestamp),
  }
  const meaning = isTlsInspection(inner) ? tlsInspectionMeaning(told) : suricataMeaning(told)
  if ('skipped' in meaning) sink.skipped(meaning.skipped, text)
  else if ('refused' in meaning) sink.refused(meaning.refused, text)
  else {
    const category = categoryOf(record)
    const events = category === undefined ? meaning.events : meaning.events.map((made) => categorised(made, category))
    sink.understood(meaning.what, { events, identity: text })
  }
}

function tellMessage(message: unknown, envelope: string, sink: RecordSink, envelopes: number): void {
  const record = typeof message === 'string' ? jsonOfLine(message) : message
  if (!isObject(record)) return sink.refused('record is neither of the firewall nor wraps one', envelope)
  // The message's own text makes the record the same one, whichever way it came.
  tell(record, typeof message === 'string' ? message : JSON.stringify(record), sink, envelopes + 1)
}

/** Each zone has an endpoint with flow ids of its own. */
function sensorOf(record: JsonObject): string | undefined {
  const names = [shortText(record.firewall_name), shortText(record.availability_zone)].filter(
    (name) => name !== undefined,
  )
  return names.length === 0 ? undefined : shortText(names.join('/'))
}

/** Categories of a URL or domain that a rule filters by: a list, or its JSON text. */
function categoryOf(record: JsonObject): string | undefined {
  const told = record.aws_category
  const list = typeof told === 'string' ? (jsonOfLine(told) ?? told) : told
  if (!Array.isArray(list)) return shortText(list)
  return shortText(
    list
      .slice(0, 16)
      .flatMap((item) => shortText(item) ?? [])
      .join(', '),
  )
}

function categorised(event: SensorEvent, category: string): SensorEvent {
  if (event.kind !== 'alert.raised' || event.data.category !== undefined) return event
  return { ...event, data: { ...event.data, category } }
}

function isTlsInspection(event: JsonObject): boolean {
  return isObject(event.tls_error) || isObject(event.revocation_check)
}

/** A connection that TLS inspection reset, or whose server's certificate is revoked or of unknown standing. */
function tlsInspectionMeaning(told: SuricataRecord): SuricataMeaning {
  const { record } = told
  const seen = trafficOf({ ...told, protocol: 'tcp' }, 'flow')
  if (seen === undefined) return { refused: noAddressReason }
  const atMs = timeOf(told)
  if (atMs === undefined) return { refused: badTimeReason }
  const check = objectIn(record, 'revocation_check')
  const status = shortText(check.status)
  const action = shortText(check.action)
  const revocation =
    status === undefined ? undefined : `certificate ${status}${action === undefined ? '' : `, action ${action}`}`
  const sni = shortText(record.sni)
  const data = defined({
    traffic: seen.traffic,
    serverName: sni === '-' ? undefined : sni,
    validation: shortText(objectIn(record, 'tls_error').error_message ?? revocation),
  })
  return { what: 'tls inspection', events: [sensorEvent({ kind: 'tls.observed', atMs, data })] }
}
