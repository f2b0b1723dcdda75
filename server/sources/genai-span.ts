// OpenTelemetry's GenAI semantic conventions, today's names and older ones: execute_tool, chat, invoke_agent.
// Also what other frameworks write with the same names: Google ADK, Strands, Pydantic AI, Semantic Kernel, MCP instrumentation.
import { answerText, lastUserText } from './chat-messages.ts'
import type { AttributeValue, Span, SpanEvent } from './otlp-model.ts'
import { afterPrefix, failureOf, firstCount, firstText, type ReadSpan, type SpanReading } from './span-reading.ts'

const modelOperations = /^(chat|text_completion|generate_content|completion)$/
const agentOperations = /^(invoke_agent|create_agent|invoke_workflow|agent\.run)$/
const toolOperations = /^(execute_tool|tool\.execute|tool_call)$/

const toolInputKeys = [
  'gen_ai.tool.call.arguments',
  'gcp.vertex.agent.tool_call_args',
  'gen_ai.tool.arguments',
  'gen_ai.tool.input',
  'tool_arguments',
  'input.value',
  'gen_ai.input.messages',
]
const toolOutputKeys = [
  'gen_ai.tool.call.result',
  'gcp.vertex.agent.tool_response',
  'gen_ai.tool.result',
  'gen_ai.tool.output',
  'tool_response',
  'output.value',
  'gen_ai.output.messages',
]

export const genAiInputTokenKeys = ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens']
export const genAiOutputTokenKeys = ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens']
export const genAiProviderKeys = ['gen_ai.provider.name', 'gen_ai.system']
export const genAiModelKeys = ['gen_ai.response.model', 'gen_ai.request.model']

export const readGenAiSpan: ReadSpan = (span) => {
  const operation = firstText(span.attributes, ['gen_ai.operation.name'])
  if (operation !== undefined) {
    if (toolOperations.test(operation)) return toolCall(span)
    if (modelOperations.test(operation)) return modelCall(span)
    if (agentOperations.test(operation)) return { type: 'agent', what: 'genai.invoke_agent', task: undefined }
    return { type: 'nothing', reason: 'GenAI operation that is no action (embeddings, retrieval, chunk, step)' }
  }
  if (span.attributes.has('gen_ai.tool.name') || span.attributes.has('gen_ai.tool.call.id')) return toolCall(span)
  // Older conventions had no operation name; a model request always named its model.
  if (span.attributes.has('gen_ai.request.model')) return modelCall(span)
  return undefined
}

function toolCall(span: Span): SpanReading {
  const { attributes, name } = span
  const tool = firstText(attributes, ['gen_ai.tool.name']) ?? afterPrefix(name, 'execute_tool ') ?? name
  if (name === 'execute_tool (merged)' || tool === '(merged tools)') {
    return { type: 'nothing', reason: 'summary of parallel tool calls, which have spans of their own' }
  }
  return {
    type: 'action',
    what: 'genai.execute_tool',
    call: firstText(attributes, ['gen_ai.tool.call.id']),
    tool,
    input: firstText(attributes, toolInputKeys) ?? eventText(span, 'gen_ai.tool.message', 'content') ?? '',
    output: firstText(attributes, toolOutputKeys) ?? eventText(span, 'gen_ai.choice', 'message'),
  }
}

/** Strands keeps a tool's input and result in the span's events. */
function eventText(span: Span, eventName: string, key: string): string | undefined {
  const event = span.events.find((candidate) => candidate.name === eventName)
  return event && firstText(event.attributes, [key])
}

function modelCall(span: Span): SpanReading {
  const { attributes } = span
  return {
    type: 'model',
    what: 'genai.chat',
    model: firstText(attributes, genAiModelKeys) ?? 'unknown',
    provider: firstText(attributes, genAiProviderKeys),
    inputTokens: firstCount(attributes, genAiInputTokenKeys),
    outputTokens: firstCount(attributes, genAiOutputTokenKeys),
    error: failureOf(span),
    prompt: promptOf(span),
    answer: answerOf(span),
  }
}

function promptOf(span: Span): string | undefined {
  const { attributes, events } = span
  const details = events.find((event) => event.name === 'gen_ai.client.inference.operation.details')
  for (const source of [attributes, details?.attributes]) {
    const value = source?.get('gen_ai.input.messages') ?? source?.get('gen_ai.prompt')
    if (value !== undefined) return lastUserText(value)
  }
  const adk = attributes.get('gcp.vertex.agent.llm_request')
  if (adk !== undefined) return lastUserText(adk)
  const last = events.filter((event) => promptEvents.test(event.name)).at(-1)
  if (last?.name === 'gen_ai.content.prompt') return lastUserText(last.attributes.get('gen_ai.prompt'))
  return last?.name === 'gen_ai.user.message' ? eventContent(last) : undefined
}

const promptEvents = /^gen_ai\.(content\.prompt|(user|system|assistant|tool)\.message)$/

function answerOf(span: Span): string | undefined {
  const { attributes, events } = span
  const details = events.find((event) => event.name === 'gen_ai.client.inference.operation.details')
  for (const source of [attributes, details?.attributes]) {
    const value = source?.get('gen_ai.output.messages') ?? source?.get('gen_ai.completion')
    if (value !== undefined) return answerText(value)
  }
  const adk = attributes.get('gcp.vertex.agent.llm_response')
  if (typeof adk === 'string') return adkAnswer(adk)
  const choice = events.find((event) => event.name === 'gen_ai.choice' || event.name === 'gen_ai.content.completion')
  if (!choice) return undefined
  return answerText(choice.attributes.get('gen_ai.completion')) ?? eventContent(choice)
}

function eventContent(event: SpanEvent): string | undefined {
  const value: AttributeValue | undefined = event.attributes.get('content') ?? event.attributes.get('message')
  return value === undefined ? undefined : (answerText(value) ?? lastUserText(value))
}

/** ADK: `{"content": {"role": "model", "parts": [{"text": …}]}}`. */
function adkAnswer(response: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(response)
    const content = typeof parsed === 'object' && parsed !== null && 'content' in parsed ? parsed.content : undefined
    return answerText([content])
  } catch {
    return undefined
  }
}
