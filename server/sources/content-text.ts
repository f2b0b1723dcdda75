// Contents of chat messages, which are a text or a list of parts, as one text.
import { fieldOf } from './normal-values.ts'
import { textOrJson } from './python-json.ts'

/** Text, or content parts (`[{type: "text", text}]`), trimmed to nothing where there is nothing. */
export function contentText(content: unknown): string | undefined {
  const text = Array.isArray(content)
    ? content
        .slice(0, 1_000)
        .map((part) => fieldOf(part, 'text'))
        .filter((part) => typeof part === 'string')
        .join('\n')
    : textOrJson(content)
  return text === undefined || text.trim() === '' ? undefined : text
}
