// Which session a span or log record belongs to. A key's bound session wins; then explicit names, then the trace.
// A name that is no valid session id is refused, never repaired: two sessions must not melt into one.
import { SessionId } from '../protocol/ids.ts'
import type { Attributes, AttributeValue, Span, SpanGroup } from './otlp-model.ts'
import { jsonOf } from './span-reading.ts'
import { quoted } from './tally.ts'

export type SessionFound =
  | { ok: true; session: SessionId; named: boolean }
  | { ok: false; reason: string; example: string }

/** Set by whoever runs the agent (OTEL_RESOURCE_ATTRIBUTES=vigil.session=…): the only claim that can conflict with a key. */
const explicitKey = 'vigil.session'

/** What frameworks call one conversation, thread or episode. OpenTelemetry's `thread.id` is an OS thread and not among them. */
const vercelMetadata = [
  'sessionId',
  'session_id',
  'threadId',
  'thread_id',
  'conversationId',
  'conversation_id',
  'chatId',
  'episodeId',
  'episode_id',
]
const traceloopProperties = [
  'session_id',
  'sessionId',
  'thread_id',
  'threadId',
  'conversation_id',
  'conversationId',
  'chat_id',
  'chatId',
]
const namingKeys = [
  'gen_ai.conversation.id',
  'session.id',
  'langfuse.session.id',
  'gcp.vertex.agent.session_id',
  ...vercelMetadata.map((key) => `ai.telemetry.metadata.${key}`),
  ...traceloopProperties.map((key) => `traceloop.association.properties.${key}`),
  'langsmith.trace.session_id',
  'mastra.metadata.sessionId',
  'mastra.metadata.threadId',
  'conversation.id',
  'session_id',
  'sessionId',
  'conversation_id',
  'thread_id',
  'threadId',
  'episode_id',
]
const metadataKeys = ['session_id', 'thread_id', 'conversation_id']

/** An id as text; whole numbers are taken, empty means absent. */
function idText(value: AttributeValue | undefined): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined
}

function nameIn(attributes: Attributes): string | undefined {
  if (attributes.size === 0) return undefined
  for (const key of namingKeys) {
    const text = idText(attributes.get(key))
    if (text !== undefined) return text
  }
  // OpenInference and LangChain keep theirs in one JSON attribute.
  const metadata = attributes.get('metadata')
  const parsed = typeof metadata === 'string' && metadata.length < 65_536 ? jsonOf(metadata) : metadata
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  for (const key of metadataKeys) {
    const text = Object.hasOwn(parsed, key) ? idText((parsed as Record<string, AttributeValue>)[key]) : undefined
    if (text !== undefined) return text
  }
  return undefined
}

function parsedName(text: string): SessionFound {
  const parsed = SessionId.safeParse(text)
  if (parsed.success) return { ok: true, session: parsed.data, named: true }
  return { ok: false, reason: 'session id has characters or a length that are not allowed', example: quoted(text) }
}

/** The session that these attributes themselves name; undefined when they name none. */
export function namedSession(
  resource: Attributes,
  own: Attributes,
  bound: SessionId | undefined,
): SessionFound | undefined {
  const claims = [idText(resource.get(explicitKey)), idText(own.get(explicitKey))]
  if (bound !== undefined) {
    const conflict = claims.find((claim) => claim !== undefined && claim !== bound)
    if (conflict === undefined) return { ok: true, session: bound, named: true }
    return {
      ok: false,
      reason: 'vigil.session names another session than the one this key is bound to',
      example: quoted(conflict),
    }
  }
  const name = claims[0] ?? claims[1] ?? nameIn(own) ?? nameIn(resource)
  return name === undefined ? undefined : parsedName(name)
}

export function sessionOfTraceId(traceId: string): SessionId {
  return `trace-${traceId}` as SessionId
}

export type SpanSessions = {
  of: (span: Span) => SessionFound
  /** Traces of this request of which a span named its session. */
  ofTraces: Map<string, SessionId>
}

/**
 * Sessions of a request's spans. A span that names none takes its nearest ancestor's in the request, else the first named in
 * its trace, else what `known` remembers of the trace, else one made from the trace id. Linear in the number of spans.
 */
export function spanSessions(
  groups: readonly SpanGroup[],
  bound: SessionId | undefined,
  known: (traceId: string) => SessionId | undefined,
): SpanSessions {
  const found = new Map<Span, SessionFound | undefined>()
  const byId = new Map<string, Span>()
  const ofTraces = new Map<string, SessionId>()
  for (const { resource, spans } of groups) {
    for (const span of spans) {
      const named = namedSession(resource, span.attributes, bound)
      found.set(span, named)
      byId.set(span.traceId + span.spanId, span)
      if (named?.ok && !ofTraces.has(span.traceId)) ofTraces.set(span.traceId, named.session)
    }
  }
  const of = (span: Span): SessionFound => {
    const path: Span[] = []
    const seen = new Set<Span>()
    let current: Span | undefined = span
    let result: SessionFound | undefined
    while (current !== undefined && !seen.has(current)) {
      result = found.get(current)
      // A parent's invalid name is the parent's own problem.
      if (result !== undefined && (result.ok || current === span)) break
      result = undefined
      seen.add(current)
      path.push(current)
      current = current.parentSpanId === undefined ? undefined : byId.get(current.traceId + current.parentSpanId)
    }
    result ??= ofTrace(span.traceId)
    // Remembered along the whole path, so that a chain of a million parents is walked once.
    for (const passed of path) if (found.get(passed) === undefined) found.set(passed, result)
    return result
  }
  const ofTrace = (traceId: string): SessionFound => {
    const named = ofTraces.get(traceId) ?? known(traceId)
    return { ok: true, session: named ?? sessionOfTraceId(traceId), named: named !== undefined }
  }
  return { of, ofTraces }
}
