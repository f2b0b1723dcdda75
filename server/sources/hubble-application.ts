// Requests and responses that Cilium's proxies read (`l7`): DNS, HTTP, Kafka. Their text is what workloads sent; headers are read for the
// host and the client's name alone, since they may hold secrets.
import type { EventInput } from '../protocol/event.ts'
import type { Traffic } from '../protocol/signal.ts'
import { toldObject, toldOf } from './hubble-record.ts'
import { nameOf } from './hubble-traffic.ts'
import { countOf, defined, fieldOf, isObject, type JsonObject, longText, shortText } from './normal-values.ts'

/** `application` without an event: the protocol has no kind of its own here. */
export type HubbleRequest = { application: string | undefined; detail?: string | undefined; event?: EventInput }

const answersMax = 64
const headersMax = 256

export function hubbleRequest(flow: JsonObject, traffic: Traffic, atMs: number): HubbleRequest | undefined {
  const layer = toldOf(flow, 'l7')
  if (!isObject(layer)) return undefined
  // Go's own JSON of a oneof.
  const record = isObject(fieldOf(layer, 'Record')) ? toldObject(layer, 'Record') : layer
  const isResponse = toldOf(layer, 'type') === 'RESPONSE' || toldOf(layer, 'type') === 2
  const [dns, http, kafka] = ['dns', 'http', 'kafka'].map((name) => toldOf(record, name))
  if (isObject(dns)) return dnsRequest(dns, isResponse, traffic, atMs)
  if (isObject(http)) return { application: 'http', event: httpEvent(http, traffic, atMs) }
  if (isObject(kafka)) {
    const words = [toldOf(kafka, 'api_key'), toldOf(kafka, 'topic')].flatMap((word) => shortText(word) ?? [])
    return { application: 'kafka', detail: words.length === 0 ? undefined : shortText(words.join(' ')) }
  }
  return { application: undefined }
}

/** RFC 1035, 2136; the others stay numbers. */
const responseCodes = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
]

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.slice(0, answersMax).flatMap((text) => nameOf(text) ?? []) : []
}

function dnsRequest(dns: JsonObject, isResponse: boolean, traffic: Traffic, atMs: number): HubbleRequest {
  const query = nameOf(toldOf(dns, 'query'))
  if (query === undefined) return { application: 'dns' }
  const types = textsOf(toldOf(dns, 'qtypes'))
  const answers = [...textsOf(toldOf(dns, 'cnames')), ...textsOf(toldOf(dns, 'ips'))].slice(0, answersMax)
  // 0 is left out of protobuf's JSON: a response without a code is a good one.
  const code = countOf(toldOf(dns, 'rcode')) ?? 0
  const data = defined({
    traffic,
    query,
    type: types.length === 0 ? undefined : shortText(types.join(',')),
    answers: isResponse && answers.length > 0 ? answers : undefined,
    responseCode: isResponse ? (responseCodes[code] ?? String(code)) : undefined,
  })
  return { application: 'dns', event: { v: 1, kind: 'dns.queried', atMs, data } }
}

function headerOf(http: JsonObject, name: string): string | undefined {
  const headers = toldOf(http, 'headers')
  if (!Array.isArray(headers)) return undefined
  const found: unknown = headers.slice(0, headersMax).find((header: unknown) => {
    const key = fieldOf(header, 'key')
    return typeof key === 'string' && key.toLowerCase() === name
  })
  return shortText(fieldOf(found, 'value'))
}

function httpEvent(http: JsonObject, traffic: Traffic, atMs: number): EventInput {
  const url = longText(toldOf(http, 'url'))
  const status = countOf(toldOf(http, 'code'))
  const hostname = hostOfUrl(url) ?? headerOf(http, ':authority') ?? headerOf(http, 'host')
  const data = defined({
    traffic,
    method: shortText(toldOf(http, 'method')),
    hostname: hostname === undefined ? undefined : withoutPort(hostname),
    url,
    userAgent: headerOf(http, 'user-agent'),
    status: status === 0 ? undefined : status,
  })
  return { v: 1, kind: 'http.requested', atMs, data }
}

/** `reviews:9080` of `http://user@reviews:9080/reviews/0`. */
function hostOfUrl(url: string | undefined): string | undefined {
  const authority = /^[a-z][a-z0-9+.-]{0,15}:\/\/([^/?#]{1,512})/i.exec(url ?? '')?.[1]
  return authority?.slice(authority.lastIndexOf('@') + 1) || undefined
}

function withoutPort(host: string): string {
  return host.replace(/:\d{1,5}$/, '')
}
