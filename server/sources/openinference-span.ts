// OpenInference (Arize Phoenix and its instrumentations): `openinference.span.kind` says what a span is.
import type { Attributes, Span } from './otlp-model.ts'
import { failureOf, firstCount, firstText, jsonOf, type ReadSpan } from './span-reading.ts'

export const readOpenInferenceSpan: ReadSpan = (span) => {
  const kind = firstText(span.attributes, ['openinference.span.kind'])
  if (kind === undefined) return undefined
  const { attributes } = span
  switch (kind.toUpperCase()) {
    case 'TOOL':
      return {
        type: 'action',
        what: 'openinference.tool',
        call: firstText(attributes, ['tool_call.id', 'tool.id', 'gen_ai.tool.call.id']),
        tool: firstText(attributes, ['tool.name', 'tool_call.function.name', 'gen_ai.tool.name']) ?? span.name,
        input: firstText(attributes, ['input.value', 'tool_call.function.arguments', 'tool.parameters']) ?? '',
        output: firstText(attributes, ['output.value']),
      }
    case 'LLM':
      return {
        type: 'model',
        what: 'openinference.llm',
        model: firstText(attributes, ['llm.model_name', 'gen_ai.response.model', 'gen_ai.request.model']) ?? 'unknown',
        provider: firstText(attributes, ['llm.provider', 'llm.system', 'gen_ai.provider.name']),
        inputTokens: firstCount(attributes, ['llm.token_count.prompt', 'gen_ai.usage.input_tokens']),
        outputTokens: firstCount(attributes, ['llm.token_count.completion', 'gen_ai.usage.output_tokens']),
        error: failureOf(span),
        prompt: promptOf(attributes),
        answer: messageText(attributes, 'llm.output_messages', 0),
      }
    case 'AGENT':
      return { type: 'agent', what: 'openinference.agent', task: taskOf(span) }
    default:
      return { type: 'nothing', reason: 'OpenInference span that is no action (chain, retriever, guardrail)' }
  }
}

/** Attributes are flattened: `llm.input_messages.3.message.content`. The last index is found by probing upwards. */
function promptOf(attributes: Attributes): string | undefined {
  let last = -1
  while (attributes.has(`llm.input_messages.${last + 1}.message.role`)) last += 1
  if (last < 0 || attributes.get(`llm.input_messages.${last}.message.role`) !== 'user') return undefined
  return messageText(attributes, 'llm.input_messages', last)
}

function messageText(attributes: Attributes, list: string, index: number): string | undefined {
  const prefix = `${list}.${index}.message`
  const content = firstText(attributes, [`${prefix}.content`])
  if (content !== undefined) return content
  const parts: string[] = []
  for (let part = 0; ; part += 1) {
    const type = attributes.get(`${prefix}.contents.${part}.message_content.type`)
    if (type === undefined) break
    const text = firstText(attributes, [`${prefix}.contents.${part}.message_content.text`])
    if (text !== undefined) parts.push(text)
  }
  return parts.length > 0 ? parts.join('\n') : undefined
}

/** An agent's input is its task when it is plain words. */
function taskOf(span: Span): string | undefined {
  const input = firstText(span.attributes, ['input.value'])
  return input !== undefined && jsonOf(input) === undefined ? input : undefined
}
