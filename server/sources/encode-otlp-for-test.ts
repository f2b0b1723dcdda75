// Only for tests: writes OTLP/JSON shaped requests as protobuf, from the field numbers of opentelemetry-proto, so that both
// encodings of one request can be compared. Kept apart from the decoder: a mistake must not cancel itself out unseen by the real exporters' tests.
import { BinaryWriter } from '@bufbuild/protobuf/wire'

export type AnyValueJson =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: string }
  | { doubleValue: number }
  | { arrayValue: { values: AnyValueJson[] } }
  | { kvlistValue: { values: KeyValueJson[] } }
  | { bytesValue: string }
export type KeyValueJson = { key: string; value: AnyValueJson }
export type SpanJson = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: KeyValueJson[]
  events?: { name: string; timeUnixNano: string; attributes: KeyValueJson[] }[]
  status?: { code: number; message?: string }
}
export type LogJson = {
  timeUnixNano: string
  eventName?: string
  body?: AnyValueJson
  attributes: KeyValueJson[]
  traceId?: string
  spanId?: string
}
export type TracesJson = {
  resourceSpans: {
    resource: { attributes: KeyValueJson[] }
    scopeSpans: { scope: { name: string }; spans: SpanJson[] }[]
  }[]
}
export type LogsJson = {
  resourceLogs: {
    resource: { attributes: KeyValueJson[] }
    scopeLogs: { scope: { name: string }; logRecords: LogJson[] }[]
  }[]
}

type Write = (writer: BinaryWriter) => void

function nested(writer: BinaryWriter, field: number, write: Write): void {
  writer.tag(field, 2).fork()
  write(writer)
  writer.join()
}

function anyValue(writer: BinaryWriter, value: AnyValueJson): void {
  if ('stringValue' in value) writer.tag(1, 2).string(value.stringValue)
  else if ('boolValue' in value) writer.tag(2, 0).bool(value.boolValue)
  else if ('intValue' in value) writer.tag(3, 0).int64(value.intValue)
  else if ('doubleValue' in value) writer.tag(4, 1).double(value.doubleValue)
  else if ('bytesValue' in value) writer.tag(7, 2).bytes(Buffer.from(value.bytesValue, 'base64'))
  else if ('arrayValue' in value) {
    nested(writer, 5, (array) => {
      for (const item of value.arrayValue.values) nested(array, 1, (inner) => anyValue(inner, item))
    })
  } else nested(writer, 6, (list) => keyValues(list, 1, value.kvlistValue.values))
}

function keyValues(writer: BinaryWriter, field: number, attributes: KeyValueJson[]): void {
  for (const { key, value } of attributes) {
    nested(writer, field, (entry) => {
      entry.tag(1, 2).string(key)
      nested(entry, 2, (inner) => anyValue(inner, value))
    })
  }
}

const hex = (id: string): Uint8Array => Buffer.from(id, 'hex')

function span(writer: BinaryWriter, given: SpanJson): void {
  writer.tag(1, 2).bytes(hex(given.traceId)).tag(2, 2).bytes(hex(given.spanId))
  if (given.parentSpanId) writer.tag(4, 2).bytes(hex(given.parentSpanId))
  writer.tag(5, 2).string(given.name).tag(6, 0).int32(1)
  writer.tag(7, 1).fixed64(given.startTimeUnixNano).tag(8, 1).fixed64(given.endTimeUnixNano)
  keyValues(writer, 9, given.attributes)
  for (const event of given.events ?? []) {
    nested(writer, 11, (inner) => {
      inner.tag(1, 1).fixed64(event.timeUnixNano).tag(2, 2).string(event.name)
      keyValues(inner, 3, event.attributes)
    })
  }
  const { status } = given
  if (status) {
    nested(writer, 15, (inner) => {
      if (status.message) inner.tag(2, 2).string(status.message)
      inner.tag(3, 0).int32(status.code)
    })
  }
}

function log(writer: BinaryWriter, given: LogJson): void {
  writer.tag(1, 1).fixed64(given.timeUnixNano)
  const { body } = given
  if (body) nested(writer, 5, (inner) => anyValue(inner, body))
  keyValues(writer, 6, given.attributes)
  if (given.traceId) writer.tag(9, 2).bytes(hex(given.traceId))
  if (given.spanId) writer.tag(10, 2).bytes(hex(given.spanId))
  if (given.eventName) writer.tag(12, 2).string(given.eventName)
}

export function protobufOfTraces(request: TracesJson): Uint8Array {
  const writer = new BinaryWriter()
  for (const { resource, scopeSpans } of request.resourceSpans) {
    nested(writer, 1, (group) => {
      nested(group, 1, (inner) => keyValues(inner, 1, resource.attributes))
      for (const { scope, spans } of scopeSpans) {
        nested(group, 2, (inner) => {
          nested(inner, 1, (named) => named.tag(1, 2).string(scope.name))
          for (const given of spans) nested(inner, 2, (item) => span(item, given))
        })
      }
    })
  }
  return writer.finish()
}

export function protobufOfLogs(request: LogsJson): Uint8Array {
  const writer = new BinaryWriter()
  for (const { resource, scopeLogs } of request.resourceLogs) {
    nested(writer, 1, (group) => {
      nested(group, 1, (inner) => keyValues(inner, 1, resource.attributes))
      for (const { scope, logRecords } of scopeLogs) {
        nested(group, 2, (inner) => {
          nested(inner, 1, (named) => named.tag(1, 2).string(scope.name))
          for (const given of logRecords) nested(inner, 2, (item) => log(item, given))
        })
      }
    })
  }
  return writer.finish()
}

type Plain = string | number | boolean

/** Attributes from a plain object: whole numbers become int64, other numbers double. */
export function attributes(plain: Record<string, Plain>): KeyValueJson[] {
  return Object.entries(plain).map(([key, value]) => ({ key, value: anyOf(value) }))
}

function anyOf(value: Plain): AnyValueJson {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

let lastSpan = 0

/** A span of one second that started at 2026-01-01T00:00:00Z, with an id of its own. */
export function aSpan(name: string, plain: Record<string, Plain>, more: Partial<SpanJson> = {}): SpanJson {
  lastSpan += 1
  return {
    traceId: '11111111111111111111111111111111',
    spanId: lastSpan.toString(16).padStart(16, '0'),
    name,
    startTimeUnixNano: '1767225600000000000',
    endTimeUnixNano: '1767225601000000000',
    attributes: attributes(plain),
    ...more,
  }
}

export function tracesOf(spans: SpanJson[], resource: Record<string, Plain> = {}): TracesJson {
  return {
    resourceSpans: [
      { resource: { attributes: attributes(resource) }, scopeSpans: [{ scope: { name: 'test' }, spans }] },
    ],
  }
}

export function logsOf(logRecords: LogJson[], resource: Record<string, Plain> = {}): LogsJson {
  return {
    resourceLogs: [
      { resource: { attributes: attributes(resource) }, scopeLogs: [{ scope: { name: 'test' }, logRecords }] },
    ],
  }
}
