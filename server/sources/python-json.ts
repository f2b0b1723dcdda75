// JSON as Python's tools write it: `json.dumps` writes NaN and Infinity, which `JSON.parse` refuses, for scores and rewards that are none.
// Nothing here throws, and nothing takes longer than one pass over the text.
import { jsonOfLine } from './normal-values.ts'

/** As `JSON.parse`; bare NaN, Infinity and -Infinity become null. Undefined when it is no JSON. */
export function jsonOfPython(text: string): unknown {
  const parsed = jsonOfLine(text)
  if (parsed !== undefined || !(text.includes('NaN') || text.includes('Infinity'))) return parsed
  return jsonOfLine(withoutNonNumbers(text))
}

const nonNumbers = ['NaN', '-Infinity', 'Infinity']

/** By hand rather than by a regular expression: one over strings with escapes is driven to backtrack by a string that never ends. */
function withoutNonNumbers(text: string): string {
  const pieces: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') {
      at += 1
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
      continue
    }
    const found = nonNumbers.find((word) => text.startsWith(word, at))
    if (found === undefined) continue
    pieces.push(text.slice(from, at), 'null')
    at += found.length - 1
    from = at + 1
  }
  pieces.push(text.slice(from))
  return pieces.join('')
}

/** Compact JSON; undefined for undefined, and for values nested so deep that writing them runs out of stack (reading them does not). */
export function compactJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** Text as it is, null and the empty text as undefined, everything else as compact JSON. Not cut. */
export function textOrJson(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  return value === undefined || value === null ? undefined : compactJson(value)
}
