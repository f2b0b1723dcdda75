// Which of Zeek's logs a record is of: what the writer says, else what fields it has, else the file's name. A wrong log makes a false
// fact, so fields decide only where they are of one log alone.
import { shortText } from './normal-values.ts'
import type { ZeekRecord } from './zeek-values.ts'

/** Logs that have a reader of their own. */
export const readLogs = [
  'conn',
  'dns',
  'ssh',
  'ssl',
  'http',
  'files',
  'notice',
  'weird',
  'signatures',
  'intel',
] as const
export type ReadLog = (typeof readLogs)[number]

/** The same records under another name: long connections, alarms, Corelight's and other reduced twins. */
const twins = new Map<string, ReadLog>([
  ['conn_long', 'conn'],
  ['conn_red', 'conn'],
  ['dns_red', 'dns'],
  ['http_red', 'http'],
  ['ssl_red', 'ssl'],
  ['files_red', 'files'],
  ['weird_red', 'weird'],
  ['notice_alarm', 'notice'],
  ['alarm', 'notice'],
])

/** Logs of one protocol without a kind of its own here: they show that two ends talked. */
const conversationLogs = [
  'analyzer',
  'dce_rpc',
  'dhcp',
  'dnp3',
  'dpd',
  'ftp',
  'irc',
  'kerberos',
  'ldap',
  'ldap_search',
  'modbus',
  'mqtt_connect',
  'mqtt_publish',
  'mqtt_subscribe',
  'mysql',
  'ntlm',
  'ntp',
  'postgresql',
  'quic',
  'radius',
  'rdp',
  'redis',
  'rfb',
  'sip',
  'smb_files',
  'smb_mapping',
  'smtp',
  'snmp',
  'socks',
  'syslog',
  'tftp',
  'tunnel',
  'websocket',
] as const

/** What the sensor knows, and what it says of itself. */
const inventoryLogs = [
  'known_certs',
  'known_devices',
  'known_hosts',
  'known_modbus',
  'known_services',
  'ocsp',
  'pe',
  'software',
  'traceroute',
  'x509',
] as const
const ownLogs = [
  'barnyard2',
  'broker',
  'capture_loss',
  'cluster',
  'config',
  'loaded_scripts',
  'netcontrol',
  'packet_filter',
  'print',
  'prof',
  'reporter',
  'stats',
  'stderr',
  'stdout',
  'telemetry',
  'telemetry_histogram',
] as const

const fixedNames: ReadonlySet<string> = new Set([
  ...readLogs,
  ...twins.keys(),
  ...conversationLogs,
  ...inventoryLogs,
  ...ownLogs,
])
export const sensorsOwnLogs: ReadonlySet<string> = new Set(ownLogs)

/** A name of the lists above, or undefined: text from outside is no name of ours. */
export function zeekLogOf(record: ZeekRecord, fileName: string | undefined): string | undefined {
  const told = shortText(record.log)?.toLowerCase()
  if (told !== undefined && fixedNames.has(told)) return twins.get(told) ?? told
  const seen = logOfFields((field) => record.get(field) !== undefined)
  // A log that is named and not known is not of the file's name either.
  return seen ?? (told === undefined ? logOfFileName(fileName) : undefined)
}

function logOfFields(has: (field: string) => boolean): string | undefined {
  const any = (...fields: string[]) => fields.some(has)
  if (has('note') && any('msg', 'actions', 'suppress_for')) return 'notice'
  if (has('sig_id') && any('event_msg', 'src_addr')) return 'signatures'
  if (has('seen.indicator')) return 'intel'
  if (any('certificate.subject', 'certificate.serial')) return 'x509'
  if (has('software_type')) return 'software'
  if (any('mailfrom', 'rcptto', 'helo')) return 'smtp'
  if (any('request_from', 'request_path', 'call_id')) return 'sip'
  if (has('conn_state') || (has('proto') && any('missed_bytes', 'orig_pkts', 'orig_ip_bytes'))) return 'conn'
  if (any('qtype', 'qtype_name') || (has('trans_id') && any('query', 'rejected', 'RD', 'AA'))) return 'dns'
  if (any('auth_attempts', 'auth_success', 'kex_alg', 'hasshVersion')) return 'ssh'
  if (any('cert_chain_fuids', 'cert_chain_fps', 'validation_status', 'ja3')) return 'ssl'
  if (has('established') && any('resumed', 'cipher', 'server_name')) return 'ssl'
  if (has('status_code') || (any('method', 'request_body_len') && any('trans_depth', 'host', 'uri'))) return 'http'
  if (has('fuid') && any('seen_bytes', 'missing_bytes', 'rx_hosts', 'analyzers')) return 'files'
  if (has('name') && has('notice')) return 'weird'
  return undefined
}

/** `conn.2026-11-21.log`, `site_ssl.json`, `smb_files.10:00:00-11:00:00.log.gz`. */
function logOfFileName(fileName: string | undefined): string | undefined {
  const words = (fileName ?? '')
    .slice(0, 255)
    .toLowerCase()
    .split(/[^a-z0-9_]/)
  const word = words.find((one) => fixedNames.has(one)) ?? words.flatMap((one) => one.split('_')).find(isFixed)
  return word === undefined ? undefined : (twins.get(word) ?? word)
}

function isFixed(word: string): boolean {
  return fixedNames.has(word)
}
