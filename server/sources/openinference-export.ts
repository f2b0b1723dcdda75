// Spans as Arize Phoenix exports them (`GET /v1/projects/{id}/spans`, `px` client): an array, `{"data": […]}`, or a span a line. Attributes
// are OpenInference's, flattened with dots or nested.
import { isObject, isoToMs, type JsonObject, jsonOfLine } from './normal-values.ts'
import { type AttributeValue, emptyAttributes, maxValueDepth, type Span } from './otlp-model.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'
import { attributeValueOf, hexIdOf, rawTextOf, tellSpans } from './span-export.ts'

export const openInferenceExport: RecordSource = {
  format: 'openinference',
  title: 'OpenInference spans (Phoenix export)',
  trust: 'trainer',
  framing: 'document',
  looksLike: (head) =>
    /^\s*(?:\{\s*"data"\s*:\s*)?\[?\s*\{\s*"/.test(head) &&
    head.includes('"span_kind"') &&
    /"context"\s*:\s*\{\s*"(?:trace|span)_id"/.test(head),
  open: (context) => ({
    read: (document, sink) => readSpans(new TextDecoder().decode(document), context, sink),
    end() {},
  }),
}

function readSpans(text: string, context: RecordContext, sink: RecordSink): void {
  const records = recordsOf(text)
  if (records === undefined) return sink.refused('document holds no list of spans')
  const spans: Span[] = []
  for (const record of records) {
    const span = spanOf(record)
    if (typeof span === 'string') sink.refused(span, rawTextOf(record))
    else spans.push(span)
  }
  tellSpans(emptyAttributes, spans, context, sink, text)
}

function recordsOf(text: string): readonly unknown[] | undefined {
  const document = jsonOfLine(text)
  if (Array.isArray(document)) return document
  if (isObject(document)) return Array.isArray(document.data) ? document.data : [document]
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 1 ? lines.map((line) => jsonOfLine(line) ?? line) : undefined
}

/** A span, or why it is none. */
function spanOf(record: unknown): Span | string {
  if (!isObject(record) || !isObject(record.context)) return 'span has no context'
  const traceId = hexIdOf(record.context.trace_id, 32)
  const spanId = hexIdOf(record.context.span_id, 16)
  if (traceId === undefined || spanId === undefined) return 'span has no trace id or span id'
  const startMs = isoToMs(record.start_time)
  if (startMs === undefined) return 'span has no start time'
  const attributes = new Map<string, AttributeValue>()
  if (isObject(record.attributes)) flatten(record.attributes, '', attributes, 0)
  const kind = record.span_kind
  if (typeof kind === 'string' && !attributes.has('openinference.span.kind'))
    attributes.set('openinference.span.kind', kind)
  return {
    traceId,
    spanId,
    parentSpanId: hexIdOf(record.parent_id, 16),
    name: typeof record.name === 'string' ? record.name : '',
    startMs,
    endMs: isoToMs(record.end_time) ?? 0,
    status: record.status_code === 'ERROR' ? 'error' : record.status_code === 'OK' ? 'ok' : 'unset',
    statusMessage: typeof record.status_message === 'string' ? record.status_message : '',
    attributes,
    events: [],
  }
}

/** Longer names are nobody's convention: one long name over many others would be written out once for each. */
const nameCharsMax = 512

function flatten(object: JsonObject, prefix: string, into: Map<string, AttributeValue>, depth: number): void {
  for (const [key, value] of Object.entries(object)) {
    if (isObject(value) && depth < maxValueDepth && prefix.length < nameCharsMax)
      flatten(value, `${prefix}${key}.`, into, depth + 1)
    else if (prefix.length + key.length <= nameCharsMax) into.set(`${prefix}${key}`, attributeValueOf(value))
  }
}
