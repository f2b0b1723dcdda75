// Finds what the user said last and what the model answered, in the many shapes that frameworks put messages into.
// Only the new part of a conversation is wanted: every call repeats the history before it.

type Json = Record<string, unknown>

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Values may be JSON text, a list of messages, or an object around that list. Depth is bounded: the sender chose it. */
export function messagesOf(value: unknown, depth = 0): unknown[] {
  if (depth > 4) return []
  if (typeof value === 'string') {
    const first = value.trimStart().charAt(0)
    if (first !== '{' && first !== '[') return []
    try {
      return messagesOf(JSON.parse(value), depth + 1)
    } catch {
      return []
    }
  }
  if (Array.isArray(value)) {
    // LangChain nests one list per prompt: [[message, …]].
    return value.length === 1 && Array.isArray(value[0]) ? messagesOf(value[0], depth + 1) : value
  }
  if (!isObject(value)) return []
  for (const key of ['messages', 'contents', 'input', 'prompt', 'output']) {
    if (Array.isArray(value[key])) return messagesOf(value[key], depth + 1)
  }
  // An answer of OpenAI's chat completions as it came.
  if (Array.isArray(value.choices)) return value.choices.map((choice) => (isObject(choice) ? choice.message : choice))
  return 'role' in value || 'content' in value ? [value] : []
}

/** The text parts of a message's content; tool calls and results are not text. */
export function contentText(content: unknown, depth = 0): string {
  if (typeof content === 'string') return content
  if (depth > 4) return ''
  if (Array.isArray(content)) {
    const texts = content.map((part) => contentText(part, depth + 1)).filter((text) => text !== '')
    return texts.join('\n')
  }
  if (!isObject(content)) return ''
  if (typeof content.type === 'string' && !/^(text|input_text|output_text)$/.test(content.type)) return ''
  return contentText(content.text ?? content.content ?? content.parts, depth + 1)
}

function roleOf(message: unknown): string {
  return isObject(message) && typeof message.role === 'string' ? message.role.toLowerCase() : ''
}

function messageText(message: unknown): string {
  if (!isObject(message)) return ''
  return contentText(message.parts ?? message.content ?? message.text)
}

/** The user's words when the conversation ends with them; undefined when a tool or the model spoke last. */
export function lastUserText(value: unknown): string | undefined {
  const messages = messagesOf(value)
  const last = messages.at(-1)
  if (!/^(user|human)$/.test(roleOf(last))) return undefined
  // A tool's result may travel in a user message (Gemini, Anthropic): it has no text part.
  return messageText(last) || undefined
}

/** The model's words in an output: messages, `{text}`, `{content}` or plain text. */
export function answerText(value: unknown): string | undefined {
  const messages = messagesOf(value)
  if (messages.length > 0) {
    const answers = messages.filter((message) => !/^(user|human|system|tool|function)$/.test(roleOf(message)))
    const texts = answers.map(messageText).filter((text) => text !== '')
    return texts.length > 0 ? texts.join('\n') : undefined
  }
  if (typeof value === 'string') {
    const first = value.trimStart().charAt(0)
    if (first !== '{' && first !== '[') return value || undefined
    try {
      const parsed: unknown = JSON.parse(value)
      return isObject(parsed) ? contentText(parsed.text ?? parsed.content) || undefined : undefined
    } catch {
      return value
    }
  }
  return isObject(value) ? contentText(value.text ?? value.content) || undefined : undefined
}
