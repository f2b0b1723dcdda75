// Suricata's records of SSH, TLS, QUIC, HTTP and files: what the two ends said of themselves, kept as told. Banners of a reverse shell
// over SSH come swapped, and stay so: that they are swapped is the finding.
import { badTimeReason } from './event-draft.ts'
import { countOf, defined, isObject, type JsonObject, longText, objectIn, shortText } from './normal-values.ts'
import { noAddressReason, type SensorEvent, type SuricataMeaning, sensorEvent } from './suricata-fact.ts'
import { type Oriented, type SuricataRecord, timeOf, trafficOf } from './suricata-traffic.ts'

type Fact = (record: JsonObject, seen: Oriented, atMs: number) => SensorEvent

const facts = new Map<string, Fact>([
  ['ssh', sshFact],
  ['tls', tlsFact],
  ['quic', quicFact],
  ['http', httpFact],
  ['http2', httpFact],
  ['fileinfo', fileFact],
])

/** Undefined for a type that is not read here. */
export function applicationMeaning(told: SuricataRecord, type: string): SuricataMeaning | undefined {
  const fact = facts.get(type)
  if (fact === undefined) return undefined
  // A file is told from the side of its sender.
  const seen = trafficOf(told, type === 'fileinfo' ? 'packet' : 'flow')
  if (seen === undefined) return { refused: noAddressReason }
  const atMs = timeOf(told)
  if (atMs === undefined) return { refused: badTimeReason }
  return { what: type, events: [fact(told.record, seen, atMs)] }
}

function bannerOf(end: JsonObject): string | undefined {
  const version = shortText(end.proto_version)
  return shortText(end.software_version) ?? (version === undefined ? undefined : `SSH-${version}`)
}

function sshFact(record: JsonObject, { traffic }: Oriented, atMs: number): SensorEvent {
  const ssh = objectIn(record, 'ssh')
  const data = defined({
    traffic,
    clientVersion: bannerOf(objectIn(ssh, 'client')),
    serverVersion: bannerOf(objectIn(ssh, 'server')),
  })
  return sensorEvent({ kind: 'ssh.observed', atMs, data })
}

/** `ja3` is an object with its hash, or the hash itself in older and other writers. */
function fingerprintOf(value: unknown): string | undefined {
  return isObject(value) ? shortText(value.hash) : shortText(value)
}

function tlsFact(record: JsonObject, { traffic }: Oriented, atMs: number): SensorEvent {
  const tls = objectIn(record, 'tls')
  const data = defined({
    traffic,
    serverName: shortText(tls.sni),
    version: tls.version === 'UNDETERMINED' ? undefined : shortText(tls.version),
    subject: shortText(tls.subject),
    issuer: shortText(tls.issuerdn) ?? shortText(tls.issuer),
    ja3: fingerprintOf(tls.ja3),
    ja4: fingerprintOf(tls.ja4),
  })
  return sensorEvent({ kind: 'tls.observed', atMs, data })
}

function quicFact(record: JsonObject, { traffic }: Oriented, atMs: number): SensorEvent {
  const quic = objectIn(record, 'quic')
  const data = defined({
    traffic,
    serverName: shortText(quic.sni),
    version: shortText(quic.version),
    ja3: fingerprintOf(quic.ja3),
    ja4: fingerprintOf(quic.ja4),
  })
  return sensorEvent({ kind: 'tls.observed', atMs, data })
}

/** HTTP/2 keeps what it has no own field for in lists of `{name, value}`. */
function headerOf(http: JsonObject, side: 'request_headers' | 'response_headers', name: string): unknown {
  const headers = http[side]
  if (!Array.isArray(headers)) return undefined
  const found: unknown = headers.slice(0, 256).find((header: unknown) => isObject(header) && header.name === name)
  return isObject(found) ? found.value : undefined
}

function httpFact(record: JsonObject, { traffic }: Oriented, atMs: number): SensorEvent {
  const http = objectIn(record, isObject(record.http) ? 'http' : 'http2')
  const data = defined({
    traffic,
    method: shortText(http.http_method ?? headerOf(http, 'request_headers', ':method')),
    hostname: shortText(http.hostname ?? headerOf(http, 'request_headers', ':authority')),
    url: longText(http.url ?? headerOf(http, 'request_headers', ':path')),
    userAgent: shortText(http.http_user_agent ?? headerOf(http, 'request_headers', 'user-agent')),
    status: countOf(http.status ?? headerOf(http, 'response_headers', ':status')),
    responseBytes: countOf(http.length),
  })
  return sensorEvent({ kind: 'http.requested', atMs, data })
}

function fileFact(record: JsonObject, { traffic, reversed }: Oriented, atMs: number): SensorEvent {
  const file = objectIn(record, 'fileinfo')
  const data = defined({
    traffic,
    name: longText(file.filename),
    sizeBytes: countOf(file.size),
    // The type that the server gave is of what it sent, not of what it was sent.
    mimeType:
      shortText(file.mimetype) ?? (reversed ? shortText(objectIn(record, 'http').http_content_type) : undefined),
    sha256: shortText(file.sha256),
    md5: shortText(file.md5),
  })
  return sensorEvent({ kind: 'file.transferred', atMs, data })
}
