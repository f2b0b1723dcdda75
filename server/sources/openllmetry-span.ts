// OpenLLMetry's own names (traceloop.*), from before its attributes moved into the GenAI conventions; both occur mixed.
import { genAiInputTokenKeys, genAiModelKeys, genAiOutputTokenKeys, genAiProviderKeys } from './genai-span.ts'
import type { Attributes } from './otlp-model.ts'
import { failureOf, firstCount, firstText, type ReadSpan } from './span-reading.ts'

export const readOpenLlmetrySpan: ReadSpan = (span) => {
  const { attributes } = span
  const kind = firstText(attributes, ['traceloop.span.kind'])
  if (kind === 'tool') {
    const tool =
      firstText(attributes, ['traceloop.entity.name', 'gen_ai.tool.name']) ?? span.name.replace(/\.tool$/, '')
    return {
      type: 'action',
      what: 'openllmetry.tool',
      call: firstText(attributes, ['gen_ai.tool.call.id']),
      tool,
      input: firstText(attributes, ['traceloop.entity.input', 'gen_ai.tool.call.arguments']) ?? '',
      output: firstText(attributes, ['traceloop.entity.output', 'gen_ai.tool.call.result']),
    }
  }
  if (attributes.has('llm.request.type')) {
    return {
      type: 'model',
      what: 'openllmetry.llm',
      model: firstText(attributes, [...genAiModelKeys, 'llm.response.model', 'llm.request.model']) ?? 'unknown',
      provider: firstText(attributes, [...genAiProviderKeys, 'llm.vendor']),
      inputTokens: firstCount(attributes, [...genAiInputTokenKeys, 'llm.usage.prompt_tokens']),
      outputTokens: firstCount(attributes, [...genAiOutputTokenKeys, 'llm.usage.completion_tokens']),
      error: failureOf(span),
      prompt: promptOf(attributes, 'gen_ai.prompt') ?? promptOf(attributes, 'llm.prompts'),
      answer: firstText(attributes, ['gen_ai.completion.0.content', 'llm.completions.0.content']),
    }
  }
  if (kind === 'agent' || kind === 'workflow') return { type: 'agent', what: 'openllmetry.agent' }
  if (kind !== undefined) return { type: 'nothing', reason: 'OpenLLMetry span that is no action (task)' }
  return undefined
}

/** Flattened messages: `gen_ai.prompt.2.role`, `gen_ai.prompt.2.content`. */
function promptOf(attributes: Attributes, list: string): string | undefined {
  let last = -1
  while (attributes.has(`${list}.${last + 1}.role`)) last += 1
  if (last < 0 || attributes.get(`${list}.${last}.role`) !== 'user') return undefined
  return firstText(attributes, [`${list}.${last}.content`])
}
