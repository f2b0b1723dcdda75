// GenAI events sent as log records: one record a message (older), or one record a call (gen_ai.client.inference.operation.details).
// The older form repeats the whole history with each call, so a message is the same event whenever its trace and text are the same.
import { answerText, lastUserText } from './chat-messages.ts'
import { type Draft, long, modelData } from './event-draft.ts'
import { genAiInputTokenKeys, genAiModelKeys, genAiOutputTokenKeys, genAiProviderKeys } from './genai-span.ts'
import type { LogReading } from './log-reading.ts'
import type { AttributeValue, LogRecord } from './otlp-model.ts'
import { firstCount, firstText } from './span-reading.ts'

export function readGenAiLog(name: string, record: LogRecord, atMs: number, session: string): LogReading | undefined {
  if (!name.startsWith('gen_ai.')) return undefined
  switch (name) {
    case 'gen_ai.user.message':
      return messages('genai.user.message', [['user', userText(record)]], record, atMs, session)
    case 'gen_ai.choice':
      return messages('genai.choice', [['assistant', choiceText(record)]], record, atMs, session)
    case 'gen_ai.client.inference.operation.details':
      return callDetails(record, atMs, session)
    default:
      return { nothing: 'GenAI event that repeats what another one tells (history, system prompt, tool result)' }
  }
}

type Said = readonly [role: 'user' | 'assistant', text: string | undefined]

function messages(what: string, said: readonly Said[], record: LogRecord, atMs: number, session: string): LogReading {
  const drafts: Draft[] = []
  for (const [role, text] of said) {
    if (text === undefined) continue
    const identity = ['chat', session, record.traceId ?? String(atMs), role, text]
    drafts.push({ kind: 'message.recorded', atMs, data: { role, text: long(text) }, identity })
  }
  return drafts.length > 0 ? { what, drafts } : { nothing: 'GenAI event without message content' }
}

function field(value: AttributeValue | undefined, key: string): AttributeValue | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value[key] : undefined
}

function userText(record: LogRecord): string | undefined {
  const content = field(record.body, 'content') ?? record.attributes.get('content')
  if (typeof content === 'string') return content || undefined
  return content === undefined || content === null ? undefined : lastUserText([{ role: 'user', content }])
}

function choiceText(record: LogRecord): string | undefined {
  const message = field(record.body, 'message') ?? record.attributes.get('message')
  const content = field(message, 'content') ?? field(record.body, 'content') ?? message
  return content === undefined || content === null ? undefined : answerText(content)
}

/** With a span beside it the call itself is told by the span. */
function callDetails(record: LogRecord, atMs: number, session: string): LogReading {
  const { attributes, body } = record
  const at = (key: string) => attributes.get(key) ?? field(body, key)
  const said: Said[] = [
    ['user', lastUserText(at('gen_ai.input.messages'))],
    ['assistant', answerText(at('gen_ai.output.messages'))],
  ]
  const reading = messages('genai.inference.details', said, record, atMs, session)
  if (record.spanId !== undefined) return reading
  const called: Draft = {
    kind: 'model.called',
    atMs,
    data: modelData({
      model: firstText(attributes, genAiModelKeys) ?? 'unknown',
      provider: firstText(attributes, genAiProviderKeys),
      inputTokens: firstCount(attributes, genAiInputTokenKeys),
      outputTokens: firstCount(attributes, genAiOutputTokenKeys),
      error: firstText(attributes, ['error.type']),
    }),
    identity: ['log', session, String(atMs), JSON.stringify([...attributes])],
  }
  return { what: 'genai.inference.details', drafts: [...('drafts' in reading ? reading.drafts : []), called] }
}
