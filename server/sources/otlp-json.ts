// Reads OTLP/JSON. The envelope must hold its shape; one bad span or record is counted and its neighbours are kept.
// As protobuf-JSON allows, names may be camelCase or snake_case, null means absent, int64 is text or a number.
import { z } from 'zod'
import { anyValueOf, attributesOf } from './otlp-json-values.ts'
import {
  type Attributes,
  type Decoded,
  emptyAttributes,
  type LogRecord,
  type LogsRequest,
  maxSpanEvents,
  optionalSpanId,
  optionalTraceId,
  type Span,
  type SpanEvent,
  spanIdentityProblem,
  type TracesRequest,
} from './otlp-model.ts'
import { quoted, Tally } from './tally.ts'

type Json = Record<string, unknown>

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const JsonObject = z.custom<Json>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
)
const List = z
  .array(z.unknown(), 'must be an array')
  .nullish()
  .transform((list) => list ?? [])
const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? '')

/** An object schema that also reads snake_case names and takes null for absent. */
function message<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = new Set(Object.keys(shape))
  return JsonObject.transform((given) => {
    const known: Json = Object.create(null)
    for (const key of Object.keys(given)) {
      const name = names.has(key) ? key : camel(key)
      if (names.has(name) && (name === key || !(name in known))) known[name] = given[key]
    }
    return known
  }).pipe(z.object(shape))
}

/** Nanoseconds as text or number to whole milliseconds. A JSON number has already lost digits, so it is rounded to microseconds first. */
const TimeMs = z
  .union([z.string().regex(/^\d{1,20}$/, 'is not a count of nanoseconds'), z.number().min(0).max(1.9e19), z.null()])
  .optional()
  .transform((nanos) => {
    if (nanos === undefined || nanos === null) return 0
    if (typeof nanos === 'string') return Number(BigInt(nanos) / 1_000_000n)
    return Math.floor(Math.round(nanos / 1_000) / 1_000)
  })

const base64 = /^[A-Za-z0-9+/_-]{11,24}={0,2}$/

/** Hex in either case, or base64 as protobuf-JSON writes bytes: the lengths cannot be confused. Anything else is left for the caller to refuse. */
const Id = z
  .string()
  .nullish()
  .transform((id) => {
    if (id === undefined || id === null) return ''
    if ((id.length === 32 || id.length === 16) && /^[0-9a-fA-F]+$/.test(id)) return id.toLowerCase()
    if (id.length <= 26 && base64.test(id)) return Buffer.from(id, 'base64').toString('hex')
    return id.slice(0, 64)
  })

const statusNames = new Map<unknown, Span['status']>([
  [1, 'ok'],
  [2, 'error'],
  ['1', 'ok'],
  ['2', 'error'],
  ['STATUS_CODE_OK', 'ok'],
  ['STATUS_CODE_ERROR', 'error'],
])
const Status = message({
  // Collectors leave out what has its default: a status that is unset is `{}`.
  code: z
    .unknown()
    .optional()
    .transform((code) => statusNames.get(code) ?? 'unset'),
  message: Text,
}).nullish()

const AttributeList = List.transform((list): Attributes => attributesOf(list))

const SpanJson = message({
  traceId: Id,
  spanId: Id,
  parentSpanId: Id,
  name: Text,
  startTimeUnixNano: TimeMs,
  endTimeUnixNano: TimeMs,
  attributes: AttributeList,
  events: List,
  status: Status,
})
const EventJson = message({ name: Text, timeUnixNano: TimeMs, attributes: AttributeList })
const LogJson = message({
  timeUnixNano: TimeMs,
  observedTimeUnixNano: TimeMs,
  eventName: Text,
  body: z.unknown().optional(),
  attributes: AttributeList,
  traceId: Id,
  spanId: Id,
})
const Resource = message({ attributes: AttributeList }).nullish()
const Scope = message({ name: Text }).nullish()
// `instrumentationLibrary…` is what the same fields were called before OTLP 0.15.
const ScopeGroup = message({ scope: Scope, instrumentationLibrary: Scope, spans: List, logRecords: List, logs: List })
const ResourceGroup = message({
  resource: Resource,
  scopeSpans: z.array(ScopeGroup).nullish(),
  instrumentationLibrarySpans: z.array(ScopeGroup).nullish(),
  scopeLogs: z.array(ScopeGroup).nullish(),
  instrumentationLibraryLogs: z.array(ScopeGroup).nullish(),
})
const TracesJson = message({ resourceSpans: z.array(ResourceGroup).nullish() })
const LogsJson = message({ resourceLogs: z.array(ResourceGroup).nullish() })

/** `value` is what `JSON.parse` gave. Never throws. */
export function tracesOfJson(value: unknown): Decoded<TracesRequest> {
  const parsed = TracesJson.safeParse(value)
  if (!parsed.success) return refusal('ExportTraceServiceRequest', parsed.error)
  const rejected = new Tally()
  const request: TracesRequest = { groups: [], rejected }
  for (const { resource, scopeSpans, instrumentationLibrarySpans } of parsed.data.resourceSpans ?? []) {
    for (const group of [...(scopeSpans ?? []), ...(instrumentationLibrarySpans ?? [])]) {
      const spans = group.spans.map((span) => spanOf(span, rejected)).filter((span) => span !== undefined)
      const scope = (group.scope ?? group.instrumentationLibrary)?.name ?? ''
      request.groups.push({ resource: resource?.attributes ?? emptyAttributes, scope, spans })
    }
  }
  return { ok: true, request }
}

/** `value` is what `JSON.parse` gave. Never throws. */
export function logsOfJson(value: unknown): Decoded<LogsRequest> {
  const parsed = LogsJson.safeParse(value)
  if (!parsed.success) return refusal('ExportLogsServiceRequest', parsed.error)
  const rejected = new Tally()
  const request: LogsRequest = { groups: [], rejected }
  for (const { resource, scopeLogs, instrumentationLibraryLogs } of parsed.data.resourceLogs ?? []) {
    for (const group of [...(scopeLogs ?? []), ...(instrumentationLibraryLogs ?? [])]) {
      const given = [...group.logRecords, ...group.logs]
      const records = given.map((record) => recordOf(record, rejected)).filter((record) => record !== undefined)
      const scope = (group.scope ?? group.instrumentationLibrary)?.name ?? ''
      request.groups.push({ resource: resource?.attributes ?? emptyAttributes, scope, records })
    }
  }
  return { ok: true, request }
}

function spanOf(value: unknown, rejected: Tally): Span | undefined {
  const parsed = SpanJson.safeParse(value)
  if (!parsed.success) {
    rejected.add('span does not fit the OTLP/JSON schema', issueOf(parsed.error))
    return undefined
  }
  const { traceId, spanId, parentSpanId, name, status, attributes } = parsed.data
  const problem = spanIdentityProblem(traceId, spanId)
  if (problem) {
    rejected.add(problem, quoted(name))
    return undefined
  }
  const events: SpanEvent[] = []
  for (const given of parsed.data.events.slice(0, maxSpanEvents)) {
    const event = EventJson.safeParse(given)
    if (event.success)
      events.push({ name: event.data.name, timeMs: event.data.timeUnixNano, attributes: event.data.attributes })
  }
  return {
    traceId,
    spanId,
    parentSpanId: optionalSpanId(parentSpanId),
    name,
    startMs: parsed.data.startTimeUnixNano,
    endMs: parsed.data.endTimeUnixNano,
    status: status?.code ?? 'unset',
    statusMessage: status?.message ?? '',
    attributes,
    events,
  }
}

function recordOf(value: unknown, rejected: Tally): LogRecord | undefined {
  const parsed = LogJson.safeParse(value)
  if (!parsed.success) {
    rejected.add('log record does not fit the OTLP/JSON schema', issueOf(parsed.error))
    return undefined
  }
  const { timeUnixNano, observedTimeUnixNano, eventName, body, attributes, traceId, spanId } = parsed.data
  return {
    timeMs: timeUnixNano,
    observedMs: observedTimeUnixNano,
    eventName,
    body: body === undefined || body === null ? null : anyValueOf(body, 0),
    attributes,
    traceId: optionalTraceId(traceId),
    spanId: optionalSpanId(spanId),
  }
}

function issueOf(error: z.ZodError): string {
  const issue = error.issues[0]
  return issue ? `${issue.path.join('.') || 'value'} ${issue.message}` : 'does not fit'
}

function refusal(name: string, error: z.ZodError): { ok: false; reason: string } {
  return { ok: false, reason: `not a valid ${name}: ${issueOf(error)}` }
}
