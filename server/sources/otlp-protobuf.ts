// Decodes ExportTraceServiceRequest and ExportLogsServiceRequest from protobuf bytes. On the hot path and fed by agents:
// it never throws, never recurses deeper than a fixed bound, and says where malformed bytes were met.
import { WireType } from '@bufbuild/protobuf/wire'
import {
  type Attributes,
  type AttributeValue,
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
import { readAnyValue, readAttribute, readResource, readScopeName, WireReader } from './otlp-wire.ts'
import { quoted, Tally } from './tally.ts'

type Group<Item> = { resource: Attributes; scope: string; items: Item[] }

export function decodeTraces(bytes: Uint8Array): Decoded<TracesRequest> {
  const decoded = decodeGroups('ExportTraceServiceRequest', bytes, readSpan)
  if (!decoded.ok) return decoded
  const { groups, rejected } = decoded.request
  return {
    ok: true,
    request: { groups: groups.map(({ resource, scope, items }) => ({ resource, scope, spans: items })), rejected },
  }
}

export function decodeLogs(bytes: Uint8Array): Decoded<LogsRequest> {
  const decoded = decodeGroups('ExportLogsServiceRequest', bytes, readLogRecord)
  if (!decoded.ok) return decoded
  const { groups, rejected } = decoded.request
  return {
    ok: true,
    request: { groups: groups.map(({ resource, scope, items }) => ({ resource, scope, records: items })), rejected },
  }
}

/** Traces and logs have the same envelope: request.1 -> {resource 1, scope group 2} -> {scope 1, items 2}. */
export function decodeGroups<Item>(
  message: string,
  bytes: Uint8Array,
  readItem: (reader: WireReader, rejected: Tally) => Item | undefined,
): Decoded<{ groups: Group<Item>[]; rejected: Tally }> {
  const reader = new WireReader(bytes)
  const rejected = new Tally()
  const groups: Group<Item>[] = []
  try {
    reader.fields((fieldNo, wireType) => {
      if (fieldNo !== 1 || wireType !== WireType.LengthDelimited) return false
      readResourceGroup(reader, groups, (inner) => readItem(inner, rejected))
      return true
    })
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: `not a valid ${message}: ${cause} (near byte ${reader.pos} of ${bytes.length})` }
  }
  return { ok: true, request: { groups, rejected } }
}

function readResourceGroup<Item>(
  reader: WireReader,
  groups: Group<Item>[],
  readItem: (reader: WireReader) => Item | undefined,
): void {
  let resource = emptyAttributes
  const first = groups.length
  reader.message((fieldNo, wireType) => {
    if (wireType !== WireType.LengthDelimited) return false
    if (fieldNo === 1) resource = readResource(reader)
    else if (fieldNo === 2) groups.push(readScopeGroup(reader, readItem))
    else return false
    return true
  })
  // The resource may stand behind its spans: protobuf promises no order of fields.
  for (const group of groups.slice(first)) group.resource = resource
}

function readScopeGroup<Item>(reader: WireReader, readItem: (reader: WireReader) => Item | undefined): Group<Item> {
  reader.count()
  const group: Group<Item> = { resource: emptyAttributes, scope: '', items: [] }
  reader.message((fieldNo, wireType) => {
    if (wireType !== WireType.LengthDelimited) return false
    if (fieldNo === 1) group.scope = readScopeName(reader)
    else if (fieldNo === 2) {
      const item = readItem(reader)
      if (item !== undefined) group.items.push(item)
    } else return false
    return true
  })
  return group
}

const statuses = ['unset', 'ok', 'error'] as const

function readSpan(reader: WireReader, rejected: Tally): Span | undefined {
  reader.count()
  const attributes = new Map<string, AttributeValue>()
  const events: SpanEvent[] = []
  let traceId = ''
  let spanId = ''
  let parentSpanId = ''
  let name = ''
  let startMs = 0
  let endMs = 0
  let status: Span['status'] = 'unset'
  let statusMessage = ''
  reader.message((fieldNo, wireType) => {
    if (wireType === WireType.Bit64) {
      if (fieldNo === 7) startMs = reader.timeMs()
      else if (fieldNo === 8) endMs = reader.timeMs()
      else return false
      return true
    }
    if (wireType !== WireType.LengthDelimited) return false
    if (fieldNo === 9) readAttribute(reader, attributes)
    else if (fieldNo === 1) traceId = reader.hex()
    else if (fieldNo === 2) spanId = reader.hex()
    else if (fieldNo === 4) parentSpanId = reader.hex()
    else if (fieldNo === 5) name = reader.string()
    else if (fieldNo === 11 && events.length < maxSpanEvents) events.push(readSpanEvent(reader))
    else if (fieldNo === 15) {
      reader.message((statusField, statusWire) => {
        if (statusField === 2 && statusWire === WireType.LengthDelimited) statusMessage = reader.string()
        else if (statusField === 3 && statusWire === WireType.Varint) status = statuses[reader.uint32()] ?? 'unset'
        else return false
        return true
      })
    } else return false
    return true
  })
  const problem = spanIdentityProblem(traceId, spanId)
  if (problem) {
    rejected.add(problem, quoted(name))
    return undefined
  }
  const parent = optionalSpanId(parentSpanId)
  return { traceId, spanId, parentSpanId: parent, name, startMs, endMs, status, statusMessage, attributes, events }
}

function readSpanEvent(reader: WireReader): SpanEvent {
  reader.count()
  const attributes = new Map<string, AttributeValue>()
  let name = ''
  let timeMs = 0
  reader.message((fieldNo, wireType) => {
    if (fieldNo === 1 && wireType === WireType.Bit64) timeMs = reader.timeMs()
    else if (fieldNo === 2 && wireType === WireType.LengthDelimited) name = reader.string()
    else if (fieldNo === 3 && wireType === WireType.LengthDelimited) readAttribute(reader, attributes)
    else return false
    return true
  })
  return { name, timeMs, attributes }
}

function readLogRecord(reader: WireReader): LogRecord {
  reader.count()
  const attributes = new Map<string, AttributeValue>()
  let timeMs = 0
  let observedMs = 0
  let eventName = ''
  let body: AttributeValue = null
  let traceId = ''
  let spanId = ''
  reader.message((fieldNo, wireType) => {
    if (wireType === WireType.Bit64) {
      if (fieldNo === 1) timeMs = reader.timeMs()
      else if (fieldNo === 11) observedMs = reader.timeMs()
      else return false
      return true
    }
    if (wireType !== WireType.LengthDelimited) return false
    if (fieldNo === 6) readAttribute(reader, attributes)
    else if (fieldNo === 5) body = readAnyValue(reader, 0)
    else if (fieldNo === 9) traceId = reader.hex()
    else if (fieldNo === 10) spanId = reader.hex()
    else if (fieldNo === 12) eventName = reader.string()
    else return false
    return true
  })
  const trace = optionalTraceId(traceId)
  return { timeMs, observedMs, eventName, body, attributes, traceId: trace, spanId: optionalSpanId(spanId) }
}
