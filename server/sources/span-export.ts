// Exports of trace stores (Langfuse, Phoenix) hold spans in JSON of their own. They become the spans that OTLP would have carried, so that
// one reading of conventions, sessions and identities serves all.
import { createHash } from 'node:crypto'
import { earliestStartMs } from './otlp-file-request.ts'
import { type Attributes, type AttributeValue, maxValueDepth, type Span, tooDeepMark } from './otlp-model.ts'
import { introductionsOf, tellParsed } from './otlp-tell.ts'
import { eventsOfTraces } from './otlp-to-events.ts'
import type { RecordContext, RecordSink } from './record-source.ts'
import { Tally } from './tally.ts'

/** OpenTelemetry ids stay what they are, so that the same span by OTLP is the same event; any other id is hashed to one. */
export function hexIdOf(id: unknown, digits: 16 | 32): string | undefined {
  if (typeof id !== 'string' || id === '') return undefined
  const lower = id.toLowerCase()
  if (lower.length === digits && /^[0-9a-f]+$/.test(lower) && !/^0+$/.test(lower)) return lower
  return createHash('sha256').update(id).digest('hex').slice(0, digits)
}

/** Plain JSON as attribute values: bounded in depth, objects without prototype. */
export function attributeValueOf(json: unknown, depth = 0): AttributeValue {
  if (typeof json === 'string' || typeof json === 'number' || typeof json === 'boolean') return json
  if (typeof json !== 'object' || json === null) return null
  if (depth >= maxValueDepth) return tooDeepMark
  if (Array.isArray(json)) return json.map((item) => attributeValueOf(item, depth + 1))
  const object: { [key: string]: AttributeValue } = Object.create(null)
  for (const [key, value] of Object.entries(json)) object[key] = attributeValueOf(value, depth + 1)
  return object
}

/** JSON of a refused record, for people: empty where it is nested too deep to be written (`JSON.parse` knows no such limit). */
export function rawTextOf(json: unknown): string {
  try {
    return JSON.stringify(json) ?? ''
  } catch {
    return ''
  }
}

/** The spans of one trace or export, told one by one. */
export function tellSpans(
  resource: Attributes,
  spans: Span[],
  context: RecordContext,
  sink: RecordSink,
  identity: string,
): void {
  const request = { groups: [{ resource, scope: '', spans }], rejected: new Tally() }
  const parsed = eventsOfTraces(request, {
    nowMs: context.nowMs,
    session: context.boundSession,
    // What a span says of itself, or another span of its trace, goes before what the sender said of the file.
    sessionOfTrace: () => context.session,
  })
  tellParsed(parsed, introductionsOf(parsed, new Map(), context, earliestStartMs(request)), sink, identity)
}
