// Tool calls in chat messages, and their results: OpenAI's `tool_calls` and `function_call`, Anthropic's `tool_use`, the Vercel AI SDK's
// `tool-call`, LangChain's and OpenTelemetry's. Everything here is hostile text.
import { contentText, messagesOf } from './chat-messages.ts'
import { isObject, type JsonObject } from './normal-values.ts'
import { jsonOf } from './span-reading.ts'

export type AskedCall = { id: string | undefined; tool: string; input: unknown }
export type ToolResult = { id: string; output: unknown; isError: boolean }

const callTypes = /^(?:tool_use|server_tool_use|tool-call|tool_call|function_call)$/
const resultTypes = /^(?:tool_result|tool-result|tool_call_response|function_call_output|tool)$/

/** What a model's output asks for, in its order. */
export function askedCalls(output: unknown): AskedCall[] {
  const found: (AskedCall | undefined)[] = []
  for (const message of objectsIn(output)) {
    if (isCall(message)) found.push(callIn(message))
    const extra = isObject(message.additional_kwargs) ? message.additional_kwargs.tool_calls : undefined
    // LangChain gives the same calls twice, in its own shape and in OpenAI's.
    const listed = [message.tool_calls, message.toolCalls, extra].find((list) => Array.isArray(list) && list.length > 0)
    for (const call of listOf(listed)) found.push(callIn(call))
    // Anthropic's calls stand among the parts, where LangChain's list repeats them.
    if (listed === undefined) for (const part of partsOf(message)) if (isCall(part)) found.push(callIn(part))
  }
  return found.filter((call) => call !== undefined)
}

/** Results that a model's input gives it, with the history's. */
export function toolResults(input: unknown): ToolResult[] {
  const found: ToolResult[] = []
  for (const message of objectsIn(input)) {
    for (const item of [message, ...partsOf(message)]) {
      const result = resultIn(item)
      if (result !== undefined) found.push(result)
    }
  }
  return found
}

function objectsIn(value: unknown): JsonObject[] {
  const messages = messagesOf(value)
  if (messages.length > 0) return messages.filter(isObject)
  const alone = typeof value === 'string' ? jsonOf(value) : value
  return isObject(alone) ? [alone] : []
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function partsOf({ parts, content }: JsonObject): JsonObject[] {
  return listOf(parts ?? content).filter(isObject)
}

function isCall(item: JsonObject): boolean {
  const { type } = item
  if (typeof type === 'string') return callTypes.test(type)
  return isObject(item.functionCall) || (item.toolCallId !== undefined && item.toolName !== undefined)
}

function callIn(item: unknown): AskedCall | undefined {
  if (!isObject(item)) return undefined
  const inner = [item.function, item.functionCall].find(isObject) ?? item
  const tool = inner.name ?? item.toolName
  if (typeof tool !== 'string' || tool === '') return undefined
  const input = inner.arguments ?? inner.args ?? inner.input ?? ''
  // A Responses item has an id of its own beside the call's.
  return { id: idOf(item.call_id ?? item.toolCallId ?? item.id), tool, input }
}

function resultIn(item: JsonObject): ToolResult | undefined {
  const { type, role } = item
  if (role !== 'tool' && !(typeof type === 'string' && resultTypes.test(type))) return undefined
  const id = idOf(item.tool_call_id ?? item.tool_use_id ?? item.call_id ?? item.toolCallId ?? item.id)
  if (id === undefined) return undefined
  const output = item.output ?? item.result ?? item.response ?? item.content
  const isError = item.is_error === true || item.isError === true || item.status === 'error'
  return { id, output: contentText(output) || output, isError }
}

function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
