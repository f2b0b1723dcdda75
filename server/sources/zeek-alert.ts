// What Zeek judges: notices of its scripts, anomalies of protocols ("weird"), signatures and matches of threat intelligence. Zeek gives no
// severity: it is ours, from what is known of a notice; an unknown notice is low, never silent.
// Source: https://docs.zeek.org/en/current/frameworks/notice.html and .../script-reference/notices.html
import type { Severity, Traffic } from '../protocol/signal.ts'
import { defined, endOf, longText, shortText } from './normal-values.ts'
import {
  trafficBetween,
  type ZeekMeaning,
  type ZeekRecord,
  zeekBooleanOf,
  zeekListOf,
  zeekProtocolOf,
  zeekTraffic,
} from './zeek-values.ts'

const actionsMax = 64
const techniquesMax = 16

const severityOfNote = new Map<string, Severity>([
  ['SSH::Password_Guessing', 'high'],
  ['SSH::Login_By_Password_Guesser', 'critical'],
  ['SSH::Interesting_Hostname_Login', 'medium'],
  ['SSH::Watched_Country_Login', 'medium'],
  ['FTP::Bruteforcing', 'high'],
  ['FTP::Site_Exec_Success', 'high'],
  ['HTTP::SQL_Injection_Attacker', 'high'],
  ['HTTP::SQL_Injection_Victim', 'high'],
  ['Heartbleed::SSL_Heartbeat_Attack', 'high'],
  ['Heartbleed::SSL_Heartbeat_Attack_Success', 'critical'],
  ['Intel::Notice', 'high'],
  ['Signatures::Sensitive_Signature', 'medium'],
  ['Signatures::Multiple_Signatures', 'medium'],
  ['Signatures::Multiple_Sig_Responders', 'medium'],
  ['Traceroute::Detected', 'low'],
])
const severityOfModule = new Map<string, Severity>([
  ['Scan', 'medium'],
  ['ATTACK', 'high'],
  ['TeamCymruMalwareHashRegistry', 'high'],
  // The sensor's own health.
  ['CaptureLoss', 'info'],
  ['PacketFilter', 'info'],
  ['Stats', 'info'],
])

function severityOf(note: string): Severity {
  const module = note.split('::', 1)[0] ?? ''
  const known = severityOfNote.get(note) ?? severityOfModule.get(module)
  if (known !== undefined) return known
  // `ICMP::ICMPAddressScan`, `Some::Port_Scan`.
  return /scan$/i.test(note) ? 'medium' : 'low'
}

export function noticeMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const note = shortText(record.get('note'))
  if (note === undefined) return { refused: 'notice has no note' }
  const actions = zeekListOf(record.get('actions'), actionsMax)
  const isDropped = actions.some((action) => action.endsWith('ACTION_DROP')) || zeekBooleanOf(record.get('dropped'))
  const techniques = techniquesIn(shortText(record.get('sub')))
  const data = defined({
    basis: 'notice' as const,
    title: note,
    ruleId: note,
    severity: severityOf(note),
    action: isDropped === true ? ('blocked' as const) : ('unknown' as const),
    message: longText(record.get('msg')) ?? longText(record.get('sub')),
    techniques: note.startsWith('ATTACK::') && techniques.length > 0 ? techniques : undefined,
    traffic: zeekTraffic(record, 'notice') ?? betweenNamed(record, 'src', 'dst', 'p'),
  })
  return { what: 'notice', event: { v: 1, kind: 'alert.raised', atMs, data } }
}

/** BZAR writes the techniques that it saw into `sub`. */
function techniquesIn(text: string | undefined): string[] {
  const found = text?.match(/\bT\d{4}(?:\.\d{3})?\b/g) ?? []
  return [...new Set(found)].slice(0, techniquesMax)
}

/** A notice about two hosts without a connection. One host alone makes no traffic: the message names it. */
function betweenNamed(record: ZeekRecord, from: string, to: string, port: string): Traffic | undefined {
  const source = endOf(record.get(from))
  const destination = endOf(record.get(to), record.get(port))
  if (source === undefined || destination === undefined) return undefined
  return trafficBetween(record, zeekProtocolOf(record, 'notice'), source, destination)
}

export function weirdMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const name = shortText(record.get('name'))
  if (name === undefined) return { refused: 'anomaly has no name' }
  const data = defined({
    basis: 'anomaly' as const,
    title: name,
    ruleId: name,
    category: shortText(record.get('source')),
    severity: 'info' as const,
    action: 'unknown' as const,
    message: longText(record.get('addl')),
    traffic: zeekTraffic(record, 'weird'),
  })
  return { what: 'weird', event: { v: 1, kind: 'alert.raised', atMs, data } }
}

export function signatureMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const ruleId = shortText(record.get('sig_id'))
  const title = shortText(record.get('event_msg')) ?? ruleId
  if (title === undefined) return { refused: 'signature match names no signature' }
  const source = endOf(record.get('src_addr'), record.get('src_port'))
  const destination = endOf(record.get('dst_addr'), record.get('dst_port'))
  const data = defined({
    basis: 'signature' as const,
    title,
    ruleId,
    category: shortText(record.get('note')),
    severity: 'medium' as const,
    action: 'unknown' as const,
    message: longText(record.get('sub_msg')),
    traffic:
      source === undefined || destination === undefined
        ? zeekTraffic(record, 'signatures')
        : trafficBetween(record, zeekProtocolOf(record, 'signatures'), source, destination),
  })
  return { what: 'signatures', event: { v: 1, kind: 'alert.raised', atMs, data } }
}

/** Something on a list of threat intelligence was seen. */
export function intelMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const indicator = shortText(record.get('seen.indicator'))
  if (indicator === undefined) return { refused: 'match of threat intelligence names no indicator' }
  const sources = zeekListOf(record.get('sources'), 16)
  const data = defined({
    basis: 'notice' as const,
    title: shortText(`Intel: ${indicator}`) ?? indicator,
    ruleId: 'Intel::Seen',
    category: shortText(record.get('seen.indicator_type')),
    severity: 'high' as const,
    action: 'unknown' as const,
    message: longText([record.get('seen.where'), ...sources].flatMap((part) => shortText(part) ?? []).join(', ')),
    traffic: zeekTraffic(record, 'intel'),
  })
  return { what: 'intel', event: { v: 1, kind: 'alert.raised', atMs, data } }
}
