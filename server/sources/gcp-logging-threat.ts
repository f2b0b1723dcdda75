// Threats that Google's inspection found: Cloud IDS (mirrored traffic, it can only watch) and Cloud NGFW (in the traffic's way, it may
// deny). Both are Palo Alto's engine, so `source` / `client` is who opened the session, whichever way the matching packet went.
// Source: https://cloud.google.com/intrusion-detection-system/docs/logging and https://cloud.google.com/firewall/docs/threat_logs
import type { Severity, Traffic } from '../protocol/signal.ts'
import type { EntryFact, EntryParts } from './gcp-logging-flow.ts'
import {
  defined,
  endOf,
  fieldOf,
  isoToMs,
  type JsonObject,
  longText,
  numberOf,
  objectIn,
  protocolOf,
  shortText,
} from './normal-values.ts'

const severities: ReadonlyMap<string, Severity> = new Map([
  ['CRITICAL', 'critical'],
  ['HIGH', 'high'],
  ['MEDIUM', 'medium'],
  ['LOW', 'low'],
  ['INFORMATIONAL', 'info'],
])

/** A threat without a severity that is known is not made harmless. */
function severityOf(value: unknown): Severity {
  return (typeof value === 'string' ? severities.get(value.toUpperCase()) : undefined) ?? 'medium'
}

export function idsThreatFact({ entry, payload, atMs }: EntryParts): EntryFact {
  const title = shortText(payload.name) ?? shortText(payload.threat_id)
  if (title === undefined) return 'no title'
  const whenMs = isoToMs(payload.alert_time) ?? atMs
  if (whenMs === undefined) return 'no time'
  return {
    v: 1,
    kind: 'alert.raised',
    atMs: whenMs,
    data: defined({
      basis: 'signature' as const,
      title,
      ruleId: shortText(payload.threat_id),
      category: shortText(payload.category) ?? shortText(payload.type),
      severity: severityOf(payload.alert_severity),
      action: 'allowed' as const,
      message: messageOf([payload.details, payload.uri_or_filename, payload.direction, ...listOf(payload.cves)]),
      traffic: idsTraffic(entry, payload),
    }),
  }
}

/** Cloud IDS's traffic log: sessions, with the bytes of both directions in one number, which is therefore left out. */
export function idsSessionFact({ entry, payload, atMs }: EntryParts): EntryFact {
  const traffic = idsTraffic(entry, payload)
  if (traffic === undefined) return 'no ends'
  const startMs = isoToMs(payload.start_time)
  const whenMs = startMs ?? atMs
  if (whenMs === undefined) return 'no time'
  const elapsed = typeof payload.elapsed_time === 'string' ? payload.elapsed_time.replace(/s$/, '') : undefined
  const elapsedMs = Math.max(0, numberOf(elapsed) ?? -1) * 1_000
  return {
    v: 1,
    kind: 'flow.observed',
    atMs: whenMs,
    data: defined({
      traffic: startMs === undefined ? traffic : { ...traffic, flowStartedAtMs: startMs },
      verdict: 'unknown' as const,
      endedAtMs: startMs !== undefined && elapsedMs > 0 && elapsedMs < 3.2e10 ? startMs + elapsedMs : undefined,
      application: shortText(payload.application),
    }),
  }
}

/** Addresses may be ranges (`35.191.0.0/16` before a load balancer): those name no end. */
function idsTraffic(entry: JsonObject, payload: JsonObject): Traffic | undefined {
  const source = endOf(payload.source_ip_address, payload.source_port)
  const destination = endOf(payload.destination_ip_address, payload.destination_port)
  if (source === undefined || destination === undefined) return undefined
  const resource = objectIn(objectIn(entry, 'resource'), 'labels')
  return defined({
    protocol: protocolOf(payload.ip_protocol) ?? 'unknown',
    source,
    destination,
    flow: shortText(payload.session_id),
    timeErrorMs: 1_000,
    sensor: shortText(resource.id) ?? shortText(fieldOf(objectIn(entry, 'labels'), 'id')),
  })
}

export function ngfwThreatFact({ entry, payload, atMs }: EntryParts): EntryFact {
  const threat = objectIn(payload, 'threatDetails')
  const title = shortText(threat.threat) ?? shortText(threat.name) ?? shortText(threat.id)
  if (title === undefined) return 'no title'
  const whenMs = isoToMs(payload.alertTime) ?? atMs
  if (whenMs === undefined) return 'no time'
  const connection = objectIn(payload, 'connection')
  const source = endOf(connection.clientIp, connection.clientPort)
  const destination = endOf(connection.serverIp, connection.serverPort)
  const instance = objectIn(payload, 'interceptInstance')
  const resource = objectIn(objectIn(entry, 'resource'), 'labels')
  const isKnown = source !== undefined && destination !== undefined
  return {
    v: 1,
    kind: 'alert.raised',
    atMs: whenMs,
    data: defined({
      basis: 'signature' as const,
      title,
      ruleId: shortText(threat.id),
      category: shortText(threat.category) ?? shortText(threat.type),
      severity: severityOf(threat.severity),
      action: actionOf(payload.action),
      message: messageOf([threat.description, threat.uriOrFilename, threat.direction, ...listOf(threat.cves)]),
      traffic: isKnown
        ? defined({
            protocol: protocolOf(connection.protocol) ?? 'unknown',
            source,
            destination,
            flow: shortText(payload.sessionId) ?? shortText(payload.session_id),
            timeErrorMs: 1_000,
            sensor: shortText(resource.firewall_endpoint_id) ?? shortText(resource.id) ?? shortText(instance.vm),
          })
        : undefined,
    }),
  }
}

function actionOf(value: unknown): 'blocked' | 'allowed' | 'unknown' {
  const action = typeof value === 'string' ? value.toUpperCase() : ''
  if (action === 'DENY' || action === 'DROP' || action.startsWith('RESET')) return 'blocked'
  return action === 'ALLOW' || action === 'ALERT' ? 'allowed' : 'unknown'
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, 16) : []
}

function messageOf(parts: readonly unknown[]): string | undefined {
  return longText(parts.flatMap((part) => longText(part) ?? []).join(' · '))
}
