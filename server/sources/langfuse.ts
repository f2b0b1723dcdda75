// Traces as Langfuse exports them: `{"trace": …, "observations": […]}` of the console, or a trace of `GET /api/public/traces/{id}` with its
// observations inside. Langfuse has its own types; TOOL, GENERATION and AGENT become the OpenInference spans of the same meaning.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { eventIdOf } from './event-id.ts'
import {
  defined,
  fieldOf,
  isObject,
  isoToMs,
  type JsonObject,
  jsonOfLine,
  objectIn,
  shortText,
} from './normal-values.ts'
import { type AttributeValue, emptyAttributes, type Span } from './otlp-model.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'
import { attributeValueOf, hexIdOf, tellSpans } from './span-export.ts'
import { sessionOfTraceId } from './span-session.ts'

export const langfuse: RecordSource = {
  format: 'langfuse',
  title: 'Langfuse trace export',
  trust: 'trainer',
  framing: 'document',
  looksLike: (head) =>
    /^\s*\{\s*"(?:trace"\s*:\s*\{|id"\s*:)/.test(head) && head.includes('"projectId"') && head.includes('"timestamp"'),
  open: (context) => ({
    read: (document, sink) => readTrace(new TextDecoder().decode(document), context, sink),
    end() {},
  }),
}

function readTrace(text: string, context: RecordContext, sink: RecordSink): void {
  const document = jsonOfLine(text)
  const trace = isObject(fieldOf(document, 'trace')) ? objectIn(document, 'trace') : document
  const observations = fieldOf(document, 'observations')
  if (!isObject(trace) || !Array.isArray(observations)) return sink.refused('document is no Langfuse trace')
  const traceId = hexIdOf(trace.id, 32)
  if (traceId === undefined) return sink.refused('trace has no id')
  const list = new ObservationList(observations)
  const spans: Span[] = []
  for (const observation of observations) {
    const span = isObject(observation) ? spanOf(observation, traceId, trace, list) : 'observation is no object'
    if (typeof span === 'string') sink.refused(span, JSON.stringify(observation) ?? '')
    else spans.push(span)
  }
  const parsed = tellSpans(emptyAttributes, spans, context, sink, text)
  // Observations name the session as the trace does, so there is one.
  const session =
    [...parsed.descriptors.keys()][0] ?? context.boundSession ?? context.session ?? sessionOfTraceId(traceId)
  const start = introduction(trace, traceId, session, context)
  if (start === undefined) sink.refused('trace has no time', JSON.stringify(trace))
  else sink.understood('langfuse.trace', { events: [start], identity: text })
}

/** What an observation is can depend on its parent and children. */
class ObservationList {
  readonly #byId = new Map<unknown, JsonObject>()
  readonly #wrapping = new Set<unknown>()

  constructor(observations: readonly unknown[]) {
    for (const observation of observations) {
      if (!isObject(observation)) continue
      this.#byId.set(observation.id, observation)
      if (observation.type === 'GENERATION') this.#wrapping.add(observation.parentObservationId)
    }
  }

  /** Vercel's `ai.generateText` is a generation around generations: counting both would count tokens twice. */
  wrapsGenerations({ id }: JsonObject): boolean {
    return this.#wrapping.has(id)
  }

  /** Langfuse before its TOOL type (2025-08): LangGraph runs tools in a node named `tools`, each as a plain span inside of it. */
  isLangGraphTool({ type, parentObservationId }: JsonObject, metadata: JsonObject): boolean {
    const parent = this.#byId.get(parentObservationId)
    return type === 'SPAN' && metadata.langgraph_node === 'tools' && parent?.name === 'tools'
  }
}

/** A span, or why it is none. */
function spanOf(observation: JsonObject, traceId: string, trace: JsonObject, list: ObservationList): Span | string {
  const spanId = hexIdOf(observation.id, 16)
  const startMs = isoToMs(observation.startTime)
  if (spanId === undefined) return 'observation has no id'
  if (startMs === undefined) return 'observation has no start time'
  const { name, level, statusMessage } = observation
  return {
    traceId,
    spanId,
    parentSpanId: hexIdOf(observation.parentObservationId, 16),
    name: typeof name === 'string' ? name : '',
    startMs,
    endMs: isoToMs(observation.endTime) ?? 0,
    status: level === 'ERROR' ? 'error' : 'unset',
    statusMessage: typeof statusMessage === 'string' ? statusMessage : '',
    attributes: attributesOf(observation, trace, list),
    events: [],
  }
}

function attributesOf(
  observation: JsonObject,
  trace: JsonObject,
  list: ObservationList,
): ReadonlyMap<string, AttributeValue> {
  const metadata = jsonObjectOf(observation.metadata)
  const own = jsonObjectOf(metadata.attributes)
  const { type, name } = observation
  const said: { [key: string]: unknown } = {
    'session.id': trace.sessionId,
    'input.value': observation.input,
    'output.value': observation.output,
  }
  if (type === 'TOOL' || list.isLangGraphTool(observation, metadata)) {
    said['openinference.span.kind'] = 'TOOL'
    said['tool.name'] = own['gen_ai.tool.name'] ?? own['ai.toolCall.name'] ?? own['tool.name'] ?? name
    said['tool_call.id'] = own['gen_ai.tool.call.id'] ?? own['ai.toolCall.id'] ?? own['tool_call.id']
  } else if (type === 'GENERATION' && !list.wrapsGenerations(observation)) {
    const usage = jsonObjectOf(observation.usageDetails)
    said['openinference.span.kind'] = 'LLM'
    said['llm.model_name'] = observation.model ?? own['gen_ai.response.model'] ?? own['gen_ai.request.model']
    said['llm.provider'] = own['gen_ai.system'] ?? own['ai.model.provider'] ?? own['llm.system']
    said['llm.token_count.prompt'] = usage.input ?? observation.inputUsage
    said['llm.token_count.completion'] = usage.output ?? observation.outputUsage
  } else if (type === 'AGENT' || own['gen_ai.agent.name'] !== undefined) {
    said['openinference.span.kind'] = 'AGENT'
    said['gen_ai.agent.name'] = own['gen_ai.agent.name'] ?? name
  } else said['openinference.span.kind'] = 'CHAIN'
  const attributes = new Map<string, AttributeValue>()
  for (const [key, value] of Object.entries(said)) {
    if (value !== undefined && value !== null) attributes.set(key, attributeValueOf(value))
  }
  return attributes
}

/** Langfuse stores JSON as text or as it is, depending on its age. */
function jsonObjectOf(value: unknown): JsonObject {
  const json = typeof value === 'string' ? jsonOfLine(value) : value
  return isObject(json) ? json : {}
}

function introduction(
  trace: JsonObject,
  traceId: string,
  session: SessionId,
  context: RecordContext,
): EventInput | undefined {
  const atMs = isoToMs(trace.timestamp)
  if (atMs === undefined) return undefined
  return {
    v: 1,
    kind: 'session.started',
    atMs,
    id: eventIdOf(context.boundSession ?? '', 'langfuse', session, traceId),
    session,
    data: { ...defined({ name: shortText(trace.name) }), held: 'none', abilities: [] },
  }
}
