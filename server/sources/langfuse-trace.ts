// What a Langfuse trace says of its session: which it is, who works in it, and under which labels. Spans get it as the resource that OTLP
// would have carried.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { eventIdOf } from './event-id.ts'
import type { LangfuseTrace } from './langfuse-records.ts'
import { defined, isObject, isoToMs, type JsonObject, jsonOfLine, sessionOf, shortText } from './normal-values.ts'
import { type Attributes, type AttributeValue, emptyAttributes } from './otlp-model.ts'
import type { RecordContext, RecordSink } from './record-source.ts'
import { sessionLabels } from './session-labels.ts'
import { attributeValueOf } from './span-export.ts'
import { namedSession, sessionOfTraceId } from './span-session.ts'

export const badSessionReason =
  'sessionId of the trace is no valid session id: what is in the trace is told under the trace'
export const noTimeReason = 'trace has no time'

/** Of a trace's metadata and of what its sender ran on, looked at for labels. */
const keysLookedAt = 256
const resourceKeys = /^(?:host|k8s|container|service|vigil)\./
/** What Langfuse writes where nobody named an environment. */
const noEnvironment = 'default'

export function resourceOfTrace(
  { id, trace, observations }: LangfuseTrace,
  context: RecordContext,
  sink: RecordSink,
): Attributes {
  // Enriched observations repeat what their trace said.
  const told =
    trace ??
    observations.find(({ sessionId }) => sessionId !== undefined && sessionId !== null) ??
    observations[0] ??
    {}
  const metadata = jsonObjectOf(told.metadata)
  const resource = new Map<string, AttributeValue>()
  const put = (name: string, value: unknown) => {
    if (value !== undefined && value !== null && value !== '') resource.set(name, attributeValueOf(value))
  }
  for (const [name, value] of Object.entries(jsonObjectOf(metadata.resourceAttributes)).slice(0, keysLookedAt))
    if (resourceKeys.test(name)) put(name, value)
  for (const [name, value] of Object.entries(metadata).slice(0, keysLookedAt))
    if (typeof value !== 'object') put(`langfuse.trace.metadata.${name}`, value)
  put('session.id', sessionNamed(told.sessionId, id, context, sink))
  put('langfuse.user.id', told.userId)
  put('langfuse.release', told.release)
  put('langfuse.version', told.version)
  put('langfuse.trace.tags', told.tags ?? told.traceTags)
  if (told.environment !== noEnvironment) put('langfuse.environment', told.environment)
  return resource
}

/** A name that is no session id costs the name, not what was done under it; nor may it melt with others into the sender's session. */
function sessionNamed(name: unknown, traceId: string, context: RecordContext, sink: RecordSink): SessionId | undefined {
  if (name === undefined || name === null || name === '' || context.boundSession !== undefined) return undefined
  const session = sessionOf(typeof name === 'number' ? String(name) : name)
  if (session !== undefined) return session
  sink.refused(badSessionReason, shortText(name) ?? '')
  return sessionOfTraceId(traceId)
}

/** The beginning of the trace's session, or why there is none. */
export function introductionOfTrace(
  trace: JsonObject,
  traceId: string,
  resource: Attributes,
  context: RecordContext,
): EventInput | string {
  const atMs = isoToMs(trace.timestamp)
  if (atMs === undefined) return noTimeReason
  const named = namedSession(resource, emptyAttributes, context.boundSession)
  if (named?.ok === false) return named.reason
  const session = named?.session ?? context.session ?? sessionOfTraceId(traceId)
  const labels = sessionLabels(resource, emptyAttributes)
  return {
    v: 1,
    kind: 'session.started',
    atMs,
    id: eventIdOf(context.boundSession ?? '', 'langfuse', session, traceId),
    session,
    data: {
      ...defined({ name: shortText(trace.name) }),
      ...(Object.keys(labels).length > 0 && { labels }),
      held: 'none',
      abilities: [],
    },
  }
}

/** Langfuse stores JSON as text or as it is, depending on its age. */
export function jsonObjectOf(value: unknown): JsonObject {
  const json = typeof value === 'string' ? jsonOfLine(value) : value
  return isObject(json) ? json : {}
}
