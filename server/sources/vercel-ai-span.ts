// The Vercel AI SDK (`ai`, versions 4 to 6, experimental_telemetry): `ai.operationId` says what a span is.
// The outer span (ai.generateText) adds up its inner calls, so only the inner ones (…doGenerate, …doStream) are model calls.
import { answerText, lastUserText } from './chat-messages.ts'
import { genAiInputTokenKeys, genAiModelKeys, genAiOutputTokenKeys } from './genai-span.ts'
import { failureOf, firstCount, firstText, jsonOf, type ReadSpan } from './span-reading.ts'

export const readVercelAiSpan: ReadSpan = (span) => {
  const { attributes } = span
  // A name alone says nothing where another convention says what the span is: stores rename attributes and keep names.
  const byName = /^ai\.\w+/.test(span.name) && !attributes.has('openinference.span.kind') ? span.name : undefined
  const operation = firstText(attributes, ['ai.operationId']) ?? byName
  if (operation === undefined) return undefined
  if (operation === 'ai.toolCall') {
    return {
      type: 'action',
      what: 'vercel.toolCall',
      call: firstText(attributes, ['ai.toolCall.id']),
      tool: firstText(attributes, ['ai.toolCall.name']) ?? 'unknown',
      input: firstText(attributes, ['ai.toolCall.args', 'ai.toolCall.input']) ?? '',
      output: firstText(attributes, ['ai.toolCall.result', 'ai.toolCall.output']),
    }
  }
  if (/\.do(Generate|Stream)$/.test(operation)) {
    return {
      type: 'model',
      what: 'vercel.model',
      model: firstText(attributes, ['ai.response.model', 'ai.model.id', ...genAiModelKeys]) ?? 'unknown',
      provider: firstText(attributes, ['ai.model.provider', 'gen_ai.system']),
      inputTokens: firstCount(attributes, ['ai.usage.inputTokens', 'ai.usage.promptTokens', ...genAiInputTokenKeys]),
      outputTokens: firstCount(attributes, [
        'ai.usage.outputTokens',
        'ai.usage.completionTokens',
        ...genAiOutputTokenKeys,
      ]),
      error: failureOf(span),
      prompt: lastUserText(attributes.get('ai.prompt.messages')),
      answer: answerText(attributes.get('ai.response.text') ?? attributes.get('ai.response.object')),
    }
  }
  if (/^ai\.(generate|stream)(Text|Object)$/.test(operation)) {
    return { type: 'agent', what: 'vercel.run', task: taskOf(firstText(attributes, ['ai.prompt'])) }
  }
  return { type: 'nothing', reason: 'Vercel AI SDK span that is no action (embed, rerank)' }
}

/** `ai.prompt` is `{"prompt": "words"}` or `{"messages": […]}`. */
function taskOf(prompt: string | undefined): string | undefined {
  const parsed = prompt === undefined ? undefined : jsonOf(prompt)
  if (typeof parsed !== 'object' || parsed === null) return undefined
  if ('prompt' in parsed && typeof parsed.prompt === 'string') return parsed.prompt
  return lastUserText(parsed)
}
