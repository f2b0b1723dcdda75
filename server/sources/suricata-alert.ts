// Suricata's judgements: signatures, what the firewall's own policy decided, and anomalies. The objects of application protocols that
// an alert carries are told by their own records too: here they only say what the alert was about.
import type { Severity } from '../protocol/signal.ts'
import { cutText } from '../protocol/text.ts'
import { badTimeReason } from './event-draft.ts'
import { countOf, defined, isObject, type JsonObject, longText, objectIn, shortText } from './normal-values.ts'
import { type SuricataMeaning, sensorEvent } from './suricata-fact.ts'
import { verdictOf } from './suricata-flow.ts'
import { type SuricataRecord, timeOf, trafficOf } from './suricata-traffic.ts'

/** Payloads are kept so far: the first lines say what was sent, the record itself has the rest. */
const payloadCharsMax = 4_096
const techniquesMax = 16

/** Texts of one key of a rule's metadata: a list since Suricata 5, one text before. */
function metadataTexts(alert: JsonObject, key: string): string[] {
  const value = objectIn(alert, 'metadata')[key]
  return (Array.isArray(value) ? value.slice(0, techniquesMax) : [value]).flatMap((item) => shortText(item) ?? [])
}

/** 1 is the worst. Only a rule that calls itself critical is: many a scanner's rule has priority 1 too. */
function severityOf(alert: JsonObject): Severity {
  const priority = countOf(alert.severity) ?? 3
  if (priority > 3) return 'info'
  if (priority === 3) return 'low'
  if (priority === 2) return 'medium'
  const critical = metadataTexts(alert, 'signature_severity').some((text) => text.toLowerCase() === 'critical')
  return critical ? 'critical' : 'high'
}

/** Default actions and domain lists of AWS Network Firewall come as alerts of made-up signatures; so do rules without a text. */
const policySignature = /^aws:|^(?:not )?matching (?:any )?(?:TLS|HTTP|HTTPS)\b/

function ruleOf(alert: JsonObject): string | undefined {
  const sid = countOf(alert.signature_id)
  const gid = countOf(alert.gid) ?? 1
  return sid === undefined ? undefined : gid === 1 ? String(sid) : `${gid}:${sid}`
}

export function alertMeaning(told: SuricataRecord): SuricataMeaning {
  const { record } = told
  const atMs = timeOf(told)
  if (atMs === undefined) return { refused: badTimeReason }
  const alert = objectIn(record, 'alert')
  const signature = shortText(alert.signature)
  const ruleId = ruleOf(alert)
  if (signature === undefined && ruleId === undefined) return { refused: 'alert names no rule' }
  const dropped = record.event_type === 'drop' ? 'drop' : undefined
  const verdict = verdictOf(alert.action, objectIn(record, 'verdict').action, dropped)
  const techniques = metadataTexts(alert, 'mitre_technique_id')
  const data = defined({
    basis: signature === undefined || policySignature.test(signature) ? ('policy' as const) : ('signature' as const),
    title: signature ?? `rule ${ruleId}`,
    ruleId,
    category: shortText(alert.category),
    severity: severityOf(alert),
    action: verdict === 'denied' ? ('blocked' as const) : verdict,
    message: messageOf(record),
    techniques: techniques.length > 0 ? techniques : undefined,
    traffic: trafficOf(told, 'packet')?.traffic,
  })
  return { what: dropped ?? 'alert', events: [sensorEvent({ kind: 'alert.raised', atMs, data })] }
}

/** What was on the wire, else what was asked for. */
function messageOf(record: JsonObject): string | undefined {
  const payload = longText(record.payload_printable)
  if (payload !== undefined) return cutText(payload, payloadCharsMax)
  const http = objectIn(record, 'http')
  const request = [http.http_method, `${shortText(http.hostname) ?? ''}${longText(http.url) ?? ''}`].flatMap(
    (part) => longText(part) ?? [],
  )
  if (request.length > 0) return cutText(request.join(' '), payloadCharsMax)
  const dns = objectIn(record, 'dns')
  const asked = dns.query ?? dns.queries
  const query: unknown = Array.isArray(asked) ? asked[0] : undefined
  const name = shortText(isObject(query) ? query.rrname : dns.rrname)
  if (name !== undefined) return `DNS query ${name}`
  const sni = shortText(objectIn(record, 'tls').sni)
  return sni === undefined ? undefined : `TLS server name ${sni}`
}

/** Something that no rule describes: a packet that cannot be decoded, a stream or protocol that breaks its own order. */
export function anomalyMeaning(told: SuricataRecord): SuricataMeaning {
  const atMs = timeOf(told)
  if (atMs === undefined) return { refused: badTimeReason }
  const anomaly = objectIn(told.record, 'anomaly')
  const type = shortText(anomaly.type)
  const code = countOf(anomaly.code)
  const data = defined({
    basis: 'anomaly' as const,
    title: shortText(anomaly.event) ?? (code === undefined ? 'anomaly without a name' : `anomaly ${code}`),
    category: type,
    severity: type === 'applayer' ? ('low' as const) : ('info' as const),
    action: 'unknown' as const,
    traffic: trafficOf(told, 'packet')?.traffic,
  })
  return { what: 'anomaly', events: [sensorEvent({ kind: 'alert.raised', atMs, data })] }
}
