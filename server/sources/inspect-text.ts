// Text of Inspect's messages, contents and arguments. Long texts lie once in the sample's `attachments` and are referred to; a few references
// must not become gigabytes, so what is put in their place is bounded.
import { longTextMax } from '../protocol/text.ts'
import { fieldOf, isObject, type JsonObject } from './normal-values.ts'
import { textOrJson } from './python-json.ts'

const prefix = 'attachment://'
/** Of attachments put into one value. */
const attachedCharsMax = 4 * longTextMax
const contentPartsMax = 1_000

export type InspectText = {
  /** Text as it is, lists of content parts joined by line breaks, everything else as compact JSON; references resolved. Not cut. */
  textOf(value: unknown): string | undefined
}

/** `attachments` of the sample, or `content` of its `transcript` in logs of 2024. */
export function createInspectText(attachments: JsonObject): InspectText {
  /** References stand for a whole text; an unknown one is left as it is. */
  function resolved(text: string): string {
    if (!text.startsWith(prefix)) return text
    const found = fieldOf(attachments, text.slice(prefix.length))
    return typeof found === 'string' ? found : text
  }

  function partText(part: unknown): string | undefined {
    if (typeof part === 'string') return resolved(part)
    if (!isObject(part)) return undefined
    for (const key of ['text', 'reasoning', 'refusal']) {
      const text = fieldOf(part, key)
      if (typeof text === 'string') return resolved(text)
    }
    const type = fieldOf(part, 'type')
    return typeof type === 'string' ? `[${type.slice(0, 64)}]` : undefined
  }

  function jsonWithAttachments(value: unknown): string | undefined {
    let left = attachedCharsMax
    try {
      return JSON.stringify(value, (_key, inner: unknown) => {
        if (typeof inner !== 'string' || left <= 0) return inner
        const text = resolved(inner)
        if (text === inner) return inner
        left -= text.length
        return text.slice(0, longTextMax)
      })
    } catch {
      return undefined
    }
  }

  return {
    textOf(value) {
      if (typeof value === 'string') return textOrJson(resolved(value))
      if (!Array.isArray(value)) return isObject(value) ? jsonWithAttachments(value) : textOrJson(value)
      const isContent = value.every((part) => typeof part === 'string' || typeof fieldOf(part, 'type') === 'string')
      if (!isContent) return jsonWithAttachments(value)
      let left = attachedCharsMax
      const texts: string[] = []
      for (const part of value.slice(0, contentPartsMax)) {
        const text = partText(part)
        if (text === undefined || left <= 0) continue
        left -= text.length
        texts.push(text)
      }
      return textOrJson(texts.join('\n'))
    },
  }
}

export function messageRole(role: unknown): 'system' | 'user' | 'assistant' | 'other' {
  return role === 'system' || role === 'user' || role === 'assistant' ? role : 'other'
}
