// What both OTLP encodings become: plain, bounded values. Ids are lower-case hex, times whole milliseconds, attributes a Map
// (an attribute named `__proto__` is a key like any other).
import type { Tally } from './tally.ts'

/** Objects have no prototype. Integers beyond 2^53 and bytes are text (decimal, base64). */
export type AttributeValue = string | number | boolean | null | AttributeValue[] | { [key: string]: AttributeValue }
export type Attributes = ReadonlyMap<string, AttributeValue>

export type SpanEvent = { name: string; timeMs: number; attributes: Attributes }

export type Span = {
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  startMs: number
  /** 0: the span has not ended. */
  endMs: number
  status: 'unset' | 'ok' | 'error'
  statusMessage: string
  attributes: Attributes
  events: SpanEvent[]
}

export type LogRecord = {
  /** 0: not given. */
  timeMs: number
  observedMs: number
  eventName: string
  body: AttributeValue
  attributes: Attributes
  traceId: string | undefined
  spanId: string | undefined
}

export type SpanGroup = { resource: Attributes; scope: string; spans: Span[] }
export type LogGroup = { resource: Attributes; scope: string; records: LogRecord[] }

/** `rejected` counts the items that could not be read at all; their neighbours could. */
export type TracesRequest = { groups: SpanGroup[]; rejected: Tally }
export type LogsRequest = { groups: LogGroup[]; rejected: Tally }

export type Decoded<T> = { ok: true; request: T } | { ok: false; reason: string }

/** Arrays and key-value lists nested deeper than this are replaced by `tooDeepMark`. */
export const maxValueDepth = 16
export const tooDeepMark = '… [nested too deep, cut]'
/** Events of one span beyond this are left out: they could only be chat history or noise. */
export const maxSpanEvents = 256
/** Spans, attributes and values of one request together: a few bytes of protobuf must not become gigabytes of objects. */
export const maxItems = 2_000_000

export const emptyAttributes: Attributes = new Map()

const zeros = /^0*$/
const traceHex = /^[0-9a-f]{32}$/
const spanHex = /^[0-9a-f]{16}$/

/** Refusal of a span's identity, or undefined when it is sound. An id of zeros is invalid by W3C Trace Context. */
export function spanIdentityProblem(traceId: string, spanId: string): string | undefined {
  if (!traceHex.test(traceId) || zeros.test(traceId)) return 'trace id is not 16 bytes in hex or base64'
  if (!spanHex.test(spanId) || zeros.test(spanId)) return 'span id is not 8 bytes in hex or base64'
  return undefined
}

/** An optional id (a parent, a log's trace): undefined when absent or unsound. */
export function optionalTraceId(id: string): string | undefined {
  return traceHex.test(id) && !zeros.test(id) ? id : undefined
}

export function optionalSpanId(id: string): string | undefined {
  return spanHex.test(id) && !zeros.test(id) ? id : undefined
}
