// One Langfuse observation as the OpenInference span of the same meaning.
import { answerText, lastUserText, messagesOf } from './chat-messages.ts'
import { jsonObjectOf } from './langfuse-trace.ts'
import { isObject, isoToMs, type JsonObject, jsonOfLine, objectIn } from './normal-values.ts'
import type { AttributeValue, Span } from './otlp-model.ts'
import { attributeValueOf, hexIdOf } from './span-export.ts'
import { jsonOf } from './span-reading.ts'

/** What an observation is can depend on its parent and children. */
export class ObservationList {
  /** Some observation is a tool's run. */
  readonly holdsTools: boolean
  readonly #byId = new Map<unknown, JsonObject>()
  readonly #wrapping = new Set<unknown>()

  constructor(observations: readonly JsonObject[]) {
    for (const observation of observations) {
      this.#byId.set(observation.id, observation)
      if (observation.type === 'GENERATION') this.#wrapping.add(observation.parentObservationId)
    }
    this.holdsTools = observations.some((each) => this.isTool(each))
  }

  isTool(observation: JsonObject): boolean {
    return observation.type === 'TOOL' || this.isLangGraphTool(observation)
  }

  /** Vercel's `ai.generateText` is a generation around generations: counting both would count tokens twice. */
  isModelCall({ type, id }: JsonObject): boolean {
    return type === 'GENERATION' && !this.#wrapping.has(id)
  }

  /** Langfuse before its TOOL type (2025-08): LangGraph runs tools in a node named `tools`, each as a plain span inside of it. */
  isLangGraphTool({ type, parentObservationId, metadata }: JsonObject): boolean {
    if (type !== 'SPAN' || this.#byId.get(parentObservationId)?.name !== 'tools') return false
    return jsonObjectOf(metadata).langgraph_node === 'tools'
  }
}

/** A span, or why it is none. */
export function spanOfObservation(observation: JsonObject, traceId: string, list: ObservationList): Span | string {
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
    attributes: attributesOf(observation, list),
    events: [],
  }
}

type Said = { readonly [key: string]: unknown }

function attributesOf(observation: JsonObject, list: ObservationList): ReadonlyMap<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>()
  for (const [key, value] of Object.entries(saidBy(observation, list))) {
    if (value !== undefined && value !== null && value !== '') attributes.set(key, attributeValueOf(value))
  }
  return attributes
}

function saidBy(observation: JsonObject, list: ObservationList): Said {
  const own = jsonObjectOf(jsonObjectOf(observation.metadata).attributes)
  const { type, name } = observation
  if (list.isTool(observation)) return saidByTool(observation, own)
  if (list.isModelCall(observation)) return saidByModelCall(observation, own)
  if (type === 'AGENT' || own['gen_ai.agent.name'] !== undefined) {
    return {
      'openinference.span.kind': 'AGENT',
      'gen_ai.agent.name': own['gen_ai.agent.name'] ?? name,
      'input.value': payloadOf(observation.input),
    }
  }
  return { 'openinference.span.kind': 'CHAIN' }
}

function saidByTool({ name, input, output }: JsonObject, own: JsonObject): Said {
  const result = payloadOf(output)
  return {
    'openinference.span.kind': 'TOOL',
    'tool.name': own['gen_ai.tool.name'] ?? own['ai.toolCall.name'] ?? own['tool.name'] ?? name,
    'tool_call.id':
      own['gen_ai.tool.call.id'] ??
      own['ai.toolCall.id'] ??
      own['tool_call.id'] ??
      // LangChain's tool message.
      jsonObjectOf(result).tool_call_id,
    'input.value': payloadOf(input),
    'output.value': result,
  }
}

function saidByModelCall(observation: JsonObject, own: JsonObject): Said {
  const details = jsonObjectOf(observation.usageDetails)
  const usage = jsonObjectOf(observation.usage)
  const input = payloadOf(observation.input)
  const prompt = lastUserText(messagesOf(input).filter((message) => !isToolDefinition(message))) ?? plainWords(input)
  return {
    'openinference.span.kind': 'LLM',
    'llm.model_name': firstWords(
      observation.model,
      observation.providedModelName,
      own['ai.response.model'],
      own['gen_ai.response.model'],
      own['ai.model.id'],
      own['gen_ai.request.model'],
      own['llm.model_name'],
    ),
    'llm.provider': firstWords(
      own['gen_ai.provider.name'],
      own['gen_ai.system'],
      own['ai.model.provider'],
      own['llm.system'],
    ),
    'llm.token_count.prompt': details.input ?? observation.inputUsage ?? usage.input ?? observation.promptTokens,
    'llm.token_count.completion':
      details.output ?? observation.outputUsage ?? usage.output ?? observation.completionTokens,
    // Only the new part of the conversation: every call repeats the history before it.
    ...(prompt !== undefined && {
      'llm.input_messages.0.message.role': 'user',
      'llm.input_messages.0.message.content': prompt,
    }),
    'llm.output_messages.0.message.content': answerText(payloadOf(observation.output)),
  }
}

/** Langfuse's LangChain handler puts the tools that a model may call behind the messages, as if a tool had spoken last. */
function isToolDefinition(message: unknown): boolean {
  return isObject(message) && message.role === 'tool' && objectIn(message, 'content').type === 'function'
}

/** Text that is a JSON string was encoded once too often. */
function payloadOf(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('"')) return value
  const inner = jsonOfLine(value)
  return typeof inner === 'string' ? inner : value
}

function plainWords(value: unknown): string | undefined {
  return typeof value === 'string' && jsonOf(value) === undefined ? value : undefined
}

function firstWords(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '')
}
