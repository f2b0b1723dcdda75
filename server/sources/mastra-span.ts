// Mastra: `mastra.span.type` says what a span is. Steps and chunks repeat what the generation and the tool spans hold.
import { answerText, lastUserText } from './chat-messages.ts'
import { genAiInputTokenKeys, genAiModelKeys, genAiOutputTokenKeys, genAiProviderKeys } from './genai-span.ts'
import { afterPrefix, failureOf, firstCount, firstText, jsonOf, type ReadSpan } from './span-reading.ts'

export const readMastraSpan: ReadSpan = (span) => {
  const { attributes } = span
  const type = firstText(attributes, ['mastra.span.type'])
  if (type === undefined) return undefined
  if (type === 'tool_call' || type === 'mcp_tool_call') {
    const named = afterPrefix(span.name, 'tool.execute ') ?? afterPrefix(span.name, 'execute_tool ')
    return {
      type: 'action',
      what: 'mastra.tool',
      call: firstText(attributes, ['gen_ai.tool.call.id']),
      tool: firstText(attributes, ['gen_ai.tool.name', 'toolId']) ?? named ?? span.name,
      input:
        firstText(attributes, ['gen_ai.tool.call.arguments', 'gen_ai.tool.input', `mastra.${type}.input`, 'input']) ??
        '',
      output: firstText(attributes, [
        'gen_ai.tool.call.result',
        'gen_ai.tool.output',
        `mastra.${type}.output`,
        'output',
      ]),
    }
  }
  if (type === 'model_generation' || type === 'llm_generation') {
    const input =
      attributes.get('gen_ai.input.messages') ?? attributes.get(`mastra.${type}.input`) ?? attributes.get('input')
    const output =
      attributes.get('gen_ai.output.messages') ?? attributes.get(`mastra.${type}.output`) ?? attributes.get('output')
    return {
      type: 'model',
      what: 'mastra.model',
      model: firstText(attributes, [...genAiModelKeys, 'model']) ?? 'unknown',
      provider: firstText(attributes, [...genAiProviderKeys, 'provider']),
      inputTokens: firstCount(attributes, genAiInputTokenKeys),
      outputTokens: firstCount(attributes, genAiOutputTokenKeys),
      error: failureOf(span),
      prompt: lastUserText(input),
      answer: answerText(output),
    }
  }
  if (type === 'agent_run') {
    const input = firstText(attributes, ['mastra.agent_run.input', 'input'])
    const parsed = input === undefined ? undefined : jsonOf(input)
    return { type: 'agent', what: 'mastra.agent', task: parsed === undefined ? input : lastUserText(parsed) }
  }
  return { type: 'nothing', reason: 'Mastra span whose content other spans hold (step, chunk, workflow)' }
}
