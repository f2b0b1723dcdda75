// Zeek's logs of DNS, SSH, TLS, HTTP and files: what the two ends said, kept as told. All text in them is the other side's.
// Source: https://docs.zeek.org/en/current/logs/ (dns, ssh, ssl, http, files).
import { addressOf, defined, longText, shortText } from './normal-values.ts'
import {
  firstCountOf,
  noEndsReason,
  trafficBetween,
  type ZeekMeaning,
  type ZeekRecord,
  zeekBooleanOf,
  zeekListOf,
  zeekProtocolOf,
  zeekTraffic,
} from './zeek-values.ts'

const answersMax = 64

export function dnsMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const traffic = zeekTraffic(record, 'dns')
  if (traffic === undefined) return { refused: noEndsReason }
  // The root's name is empty.
  const query = record.get('query') === '' ? '.' : shortText(record.get('query'))
  if (query === undefined) return { skipped: 'DNS message without a name' }
  const answers = zeekListOf(record.get('answers'), answersMax)
  const data = defined({
    traffic,
    query,
    type: shortText(record.get('qtype_name')) ?? shortText(record.get('qtype')),
    answers: answers.length === 0 ? undefined : answers,
    responseCode: shortText(record.get('rcode_name')) ?? shortText(record.get('rcode')),
  })
  return { what: 'dns', event: { v: 1, kind: 'dns.queried', atMs, data } }
}

/** `auth_success` is Zeek's guess from the sizes of packets; before Zeek 2.5 it was `status`. Absent: it could not tell. */
export function sshMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const traffic = zeekTraffic(record, 'ssh')
  if (traffic === undefined) return { refused: noEndsReason }
  const status = record.get('status')
  const guessed = status === 'success' ? true : status === 'failure' ? false : undefined
  const data = defined({
    traffic,
    clientVersion: shortText(record.get('client')),
    serverVersion: shortText(record.get('server')),
    authenticated: zeekBooleanOf(record.get('auth_success')) ?? guessed,
    attempts: firstCountOf(record, 'auth_attempts'),
  })
  return { what: 'ssh', event: { v: 1, kind: 'ssh.observed', atMs, data } }
}

export function sslMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const traffic = zeekTraffic(record, 'ssl', record.get('server_name'))
  if (traffic === undefined) return { refused: noEndsReason }
  const data = defined({
    traffic,
    serverName: shortText(record.get('server_name')),
    version: shortText(record.get('version')),
    subject: shortText(record.get('subject')),
    issuer: shortText(record.get('issuer')) ?? shortText(record.get('issuer_subject')),
    ja3: shortText(record.get('ja3')),
    ja4: shortText(record.get('ja4')),
    validation: shortText(record.get('validation_status')),
  })
  return { what: 'ssl', event: { v: 1, kind: 'tls.observed', atMs, data } }
}

export function httpMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const traffic = zeekTraffic(record, 'http', record.get('host'))
  if (traffic === undefined) return { refused: noEndsReason }
  const data = defined({
    traffic,
    method: shortText(record.get('method')),
    hostname: shortText(record.get('host')),
    url: longText(record.get('uri')),
    userAgent: shortText(record.get('user_agent')),
    status: firstCountOf(record, 'status_code'),
    responseBytes: firstCountOf(record, 'response_body_len'),
  })
  return { what: 'http', event: { v: 1, kind: 'http.requested', atMs, data } }
}

/** Since Zeek 5.1 a file names its connection; before, it named who sent and who received, and `is_orig` which of them opened it. */
export function filesMeaning(record: ZeekRecord, atMs: number): ZeekMeaning {
  const traffic = zeekTraffic(record, 'files') ?? trafficOfHosts(record)
  if (traffic === undefined) return { skipped: 'file that was seen outside of a connection' }
  const data = defined({
    traffic: traffic.protocol === 'unknown' ? { ...traffic, protocol: protocolOfFile(record) } : traffic,
    name: longText(record.get('filename')),
    sizeBytes: firstCountOf(record, 'total_bytes', 'seen_bytes'),
    mimeType: shortText(record.get('mime_type')),
    sha256: shortText(record.get('sha256')),
    md5: shortText(record.get('md5')),
  })
  return { what: 'files', event: { v: 1, kind: 'file.transferred', atMs, data } }
}

function trafficOfHosts(record: ZeekRecord) {
  const sender = addressOf(zeekListOf(record.get('tx_hosts'), 1)[0])
  const receiver = addressOf(zeekListOf(record.get('rx_hosts'), 1)[0])
  if (sender === undefined || receiver === undefined) return undefined
  const [opener, opened] = zeekBooleanOf(record.get('is_orig')) === true ? [sender, receiver] : [receiver, sender]
  const uids = zeekListOf(record.get('conn_uids'), 2)
  const traffic = trafficBetween(record, zeekProtocolOf(record, 'files'), { address: opener }, { address: opened })
  const uid = traffic.flow ?? (uids.length === 1 ? uids[0] : undefined)
  return defined({ ...traffic, flow: uid })
}

/** `source` is the protocol in which the file came; these run over TCP alone. */
function protocolOfFile(record: ZeekRecord): string {
  const carrier = shortText(record.get('source'))?.toUpperCase()
  const overTcp = ['HTTP', 'SSL', 'SMTP', 'FTP_DATA', 'SMB', 'IRC_DATA', 'POP3', 'RDP']
  return carrier !== undefined && overTcp.includes(carrier) ? 'tcp' : 'unknown'
}
