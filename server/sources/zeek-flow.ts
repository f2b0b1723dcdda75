// Zeek's connections, and every other log that shows that two ends talked. Zeek stands beside the wire: it allows and denies nothing, and
// a rejected connection (`REJ`) was refused by the other end, not by a firewall.
// Source: https://docs.zeek.org/en/current/logs/conn.html, https://docs.zeek.org/en/current/script-reference/log-files.html
import { countOf, defined, shortText, timeMs } from './normal-values.ts'
import {
  inventoryReason,
  namesConnection,
  noEndsReason,
  type ZeekMeaning,
  type ZeekRecord,
  zeekBooleanOf,
  zeekIntervalMs,
  zeekListOf,
  zeekTraffic,
} from './zeek-values.ts'

type Direction = 'out' | 'in' | 'internal' | 'unknown'

/** Undefined where the sensor was not told its own networks. */
function directionOf(record: ZeekRecord): Direction | undefined {
  const fromHere = zeekBooleanOf(record.get('local_orig'))
  const toHere = zeekBooleanOf(record.get('local_resp'))
  if (fromHere === undefined || toHere === undefined) return undefined
  if (fromHere) return toHere ? 'internal' : 'out'
  return toHere ? 'in' : 'unknown'
}

/** One record a connection, written when it is over; `ts` is its first packet. Bytes are of the payload. */
export function connMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const traffic = zeekTraffic(record, 'conn')
  if (traffic === undefined) return { refused: noEndsReason }
  const lastsMs = zeekIntervalMs(record.get('duration'))
  const services = zeekListOf(record.get('service'), 8)
  const data = defined({
    traffic: { ...traffic, flowStartedAtMs: atMs },
    verdict: 'unknown' as const,
    direction: directionOf(record),
    endedAtMs: lastsMs === undefined ? undefined : timeMs(Math.round((atMs + lastsMs) * 1e3) / 1e3),
    bytesOut: countOf(record.get('orig_bytes')),
    bytesIn: countOf(record.get('resp_bytes')),
    packetsOut: countOf(record.get('orig_pkts')),
    packetsIn: countOf(record.get('resp_pkts')),
    state: shortText(record.get('conn_state')),
    application: services.length === 0 ? undefined : shortText(services.join(',')),
  })
  return { what: 'conn', event: { v: 1, kind: 'flow.observed', atMs, data } }
}

/** Logs whose name is not the name of a protocol. */
const applicationOfLog = new Map<string, string | undefined>([
  ['analyzer', undefined],
  ['dpd', undefined],
  ['tunnel', undefined],
  ['smb_files', 'smb'],
  ['smb_mapping', 'smb'],
  ['mqtt_connect', 'mqtt'],
  ['mqtt_publish', 'mqtt'],
  ['mqtt_subscribe', 'mqtt'],
  ['ldap_search', 'ldap'],
])

/** `log` is undefined where it is none of those that are known. */
export function conversationMeaning(record: ZeekRecord, log: string | undefined, atMs: number): ZeekMeaning {
  if (!namesConnection(record)) return { skipped: inventoryReason }
  const traffic = zeekTraffic(record, log ?? '', record.get('server_name'))
  if (traffic === undefined) return { refused: noEndsReason }
  const application = log !== undefined && applicationOfLog.has(log) ? applicationOfLog.get(log) : log
  const data = defined({ traffic, verdict: 'unknown' as const, direction: directionOf(record), application })
  return { what: log ?? 'other log', event: { v: 1, kind: 'flow.observed', atMs, data } }
}
