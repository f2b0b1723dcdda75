// Sigma's texts with wildcards: `*` any number of characters, `?` one, a backslash makes the next `*`, `?` or `\` plain; before anything else a
// backslash is itself. Matching takes time in the length of the text times that of the pattern, at worst.
import { fold } from './fold.ts'

export const anyText = Symbol('*')
export const anyCharacter = Symbol('?')
export type PatternPart = string | typeof anyText | typeof anyCharacter

/** Neighbouring texts are one part, neighbouring `*` too. An empty list is the empty text. */
export type TextPattern = readonly PatternPart[]

export function readTextPattern(text: string): TextPattern {
  const parts: PatternPart[] = []
  let plain = ''
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    const next = text.charAt(at + 1)
    if (char === '\\' && (next === '*' || next === '?' || next === '\\')) {
      plain += next
      at++
    } else if (char === '*' || char === '?') {
      if (plain !== '') parts.push(plain)
      plain = ''
      parts.push(char === '*' ? anyText : anyCharacter)
    } else plain += char
  }
  if (plain !== '') parts.push(plain)
  return joined(parts)
}

/** What `startswith` and the like make of a pattern. */
export function surrounded(pattern: TextPattern, how: { before: boolean; after: boolean }): TextPattern {
  return joined([...(how.before ? [anyText] : []), ...pattern, ...(how.after ? [anyText] : [])] as PatternPart[])
}

function joined(parts: readonly PatternPart[]): TextPattern {
  const done: PatternPart[] = []
  for (const part of parts) {
    const last = done.at(-1)
    if (part === anyText && last === anyText) continue
    if (typeof part === 'string' && typeof last === 'string') done[done.length - 1] = last + part
    else done.push(part)
  }
  return done
}

export function hasWildcard(pattern: TextPattern): boolean {
  return pattern.some((part) => typeof part !== 'string')
}

/** For people, and as a key: two patterns that print the same are the same. */
export function printPattern(pattern: TextPattern): string {
  return pattern
    .map((part) => (part === anyText ? '*' : part === anyCharacter ? '?' : (part as string).replace(/[\\*?]/g, '\\$&')))
    .join('')
}

/** A matcher of texts. Unless `cased`, the texts must come folded (`fold.ts`). */
export function compilePattern(pattern: TextPattern, cased: boolean): (text: string) => boolean {
  const parts = cased ? pattern : pattern.map((part) => (typeof part === 'string' ? fold(part) : part))
  const [first, second, third] = parts
  if (parts.length === 0) return (text) => text === ''
  if (parts.length === 1) {
    if (typeof first === 'string') return (text) => text === first
    if (first === anyText) return () => true
  }
  if (parts.length === 2) {
    if (first === anyText && typeof second === 'string') return (text) => text.endsWith(second)
    if (typeof first === 'string' && second === anyText) return (text) => text.startsWith(first)
  }
  if (parts.length === 3 && first === anyText && typeof second === 'string' && third === anyText)
    return (text) => text.includes(second)
  return globMatcher(parts)
}

/** Segments between `*`, each placed as early as it can be: no way back, so no exponential time. */
function globMatcher(parts: readonly PatternPart[]): (text: string) => boolean {
  const segments: Segment[] = [[]]
  for (const part of parts) {
    if (part === anyText) segments.push([])
    else segments.at(-1)?.push(part as Segment[number])
  }
  const head = segments[0] ?? []
  const tail = segments.at(-1) ?? []
  const middle = segments.slice(1, -1)
  return (text) => {
    const start = matchAt(head, text, 0)
    if (start < 0) return false
    if (segments.length === 1) return start === text.length
    let at = start
    for (const segment of middle) {
      at = findSegment(segment, text, at)
      if (at < 0) return false
    }
    return endsWithSegment(tail, text, at)
  }
}

type Segment = (string | typeof anyCharacter)[]

/** Where the segment ends when it starts at `at`; -1 when it does not stand there. */
function matchAt(segment: Segment, text: string, at: number): number {
  for (const part of segment) {
    if (typeof part === 'string') {
      if (!text.startsWith(part, at)) return -1
      at += part.length
    } else {
      if (at >= text.length) return -1
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
    }
  }
  return at
}

function findSegment(segment: Segment, text: string, from: number): number {
  const first = segment[0]
  for (let at = from; at <= text.length; at++) {
    if (typeof first === 'string') {
      at = text.indexOf(first, at)
      if (at < 0) return -1
    }
    const end = matchAt(segment, text, at)
    if (end >= 0) return end
  }
  return -1
}

/** Whether the text ends with the segment, which starts at `from` at the earliest. */
function endsWithSegment(segment: Segment, text: string, from: number): boolean {
  let units = 0
  let widest = 0
  for (const part of segment) {
    units += typeof part === 'string' ? part.length : 1
    widest += typeof part === 'string' ? part.length : 2
  }
  for (let at = Math.max(from, text.length - widest); at <= text.length - units; at++)
    if (matchAt(segment, text, at) === text.length) return true
  return false
}
