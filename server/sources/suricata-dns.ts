// Suricata's DNS and mDNS records in their three shapes: version 1 has one record an answer, version 2 all answers of one query,
// version 3 (Suricata 8) a list of queries. Names and answers are the attacker's text.
import { badTimeReason } from './event-draft.ts'
import { countOf, defined, isObject, type JsonObject, objectIn, portOf, shortText } from './normal-values.ts'
import { noAddressReason, type SuricataMeaning, sensorEvent } from './suricata-fact.ts'
import { type SuricataRecord, timeOf, trafficOf } from './suricata-traffic.ts'

const queriesMax = 32
const answersMax = 64
const answersReadMax = 1_024

type Query = { name: string; type: string | undefined }

function objectsOf(value: unknown): JsonObject[] {
  const list = Array.isArray(value) ? value : isObject(value) ? [value] : []
  return list.slice(0, answersReadMax).filter(isObject)
}

/** The root's name is empty. */
function queryOf(told: JsonObject): Query | undefined {
  const name = told.rrname === '' ? '.' : shortText(told.rrname)
  return name === undefined ? undefined : { name, type: shortText(told.rrtype) }
}

function queriesOf(dns: JsonObject, answers: readonly JsonObject[]): Query[] {
  const listed = objectsOf(dns.queries ?? dns.query).flatMap((told) => queryOf(told) ?? [])
  if (listed.length > 0) return listed.slice(0, queriesMax)
  const own = queryOf(dns)
  if (own !== undefined) return [own]
  // mDNS announces without being asked.
  const announced = answers.flatMap((told) => queryOf(told) ?? [])
  return announced.slice(0, 1)
}

function rdataText(answer: JsonObject): string | undefined {
  const { rdata } = answer
  if (!isObject(rdata)) {
    if (rdata !== undefined) return shortText(rdata)
    const rtype = typeof answer.rrtype === 'string' ? answer.rrtype.toLowerCase() : ''
    // SOA, SRV and SSHFP are objects under the name of their type.
    return compoundText(objectIn(answer, rtype))
  }
  return compoundText(rdata)
}

function compoundText(value: JsonObject): string | undefined {
  return shortText(value.mname) ?? shortText(value.target) ?? shortText(value.name) ?? shortText(value.fingerprint)
}

/** Without the list, Suricata groups the answers by their type. */
function groupedTexts(dns: JsonObject): string[] {
  return Object.values(objectIn(dns, 'grouped'))
    .slice(0, answersMax)
    .flatMap((texts) => (Array.isArray(texts) ? texts.slice(0, answersMax) : []))
    .flatMap((text) => (isObject(text) ? (compoundText(text) ?? []) : (shortText(text) ?? [])))
}

function isResponse(dns: JsonObject, answers: readonly JsonObject[]): boolean {
  if (dns.type === 'answer' || dns.type === 'response') return true
  return dns.type === undefined && (dns.qr === true || answers.length > 0)
}

/** Suricata 8 tells a response from the side of its sender, the older ones (and DNS over HTTPS) from the side of who asked. */
function isFromServer(record: JsonObject, dns: JsonObject): boolean {
  if (record.event_type === 'doh2') return false
  const sourcePort = portOf(record.src_port)
  const destinationPort = portOf(record.dest_port)
  if (sourcePort === destinationPort || destinationPort === 53) return false
  return sourcePort === 53 || (countOf(dns.version) ?? 0) >= 3
}

export function dnsMeaning(told: SuricataRecord, what: 'dns' | 'mdns'): SuricataMeaning {
  const { record } = told
  const dns = objectIn(record, isObject(record[what]) ? what : 'dns')
  const listed = objectsOf(dns.answers ?? dns.answer)
  const response = isResponse(dns, listed)
  const seen = trafficOf(told, 'flow', response && isFromServer(record, dns))
  if (seen === undefined) return { refused: noAddressReason }
  const atMs = timeOf(told)
  if (atMs === undefined) return { refused: badTimeReason }
  // Version 1 writes the one answer into the record itself.
  const answers = listed.length === 0 && dns.rdata !== undefined ? [dns] : listed
  const queries = queriesOf(dns, answers)
  if (queries.length === 0) return { skipped: 'DNS message without a name' }
  const events = queries.map((query) => {
    const own = queries.length === 1 ? answers : answers.filter(({ rrname }) => rrname === query.name)
    const listedTexts = own.flatMap((answer) => rdataText(answer) ?? [])
    const texts = (listedTexts.length > 0 || queries.length > 1 ? listedTexts : groupedTexts(dns)).slice(0, answersMax)
    const data = defined({
      traffic: seen.traffic,
      query: query.name,
      type: query.type,
      answers: response && texts.length > 0 ? texts : undefined,
      // A request's own code says nothing.
      responseCode: response ? shortText(dns.rcode) : undefined,
    })
    return sensorEvent({ kind: 'dns.queried', atMs, data })
  })
  return { what, events }
}
