// `{a,b}` and `{1..3}` make several words out of one before anything else is looked at, so this works on the text as written.
import { closingBacktick, closingBrace, closingDoubleQuote, closingParenthesis } from './closing-bracket.ts'

const mostWords = 64

/** The words that one written word stands for; itself alone where it holds no brace expansion, or one of too many words. */
export function expandBraces(word: string): readonly string[] {
  const words = expand(word, 0)
  return words.length > mostWords ? [word] : words
}

function expand(word: string, depth: number): string[] {
  if (depth > 6 || word.length > 4096) return [word]
  for (let open = nextOpen(word, 0); open >= 0; open = nextOpen(word, open + 1)) {
    const parts = partsOf(word, open)
    if (!parts) continue
    const before = word.slice(0, open)
    const result: string[] = []
    const rests = expand(word.slice(parts.end + 1), depth + 1)
    for (const part of parts.options) {
      for (const middle of parts.isRange ? [part] : expand(part, depth + 1)) {
        for (const rest of rests) {
          result.push(before + middle + rest)
          if (result.length > mostWords) return result
        }
      }
    }
    return result
  }
  return [word]
}

/** Next unquoted `{` that opens no `${`. */
function nextOpen(word: string, from: number): number {
  for (let i = from; i < word.length; i++) {
    const skipped = skipQuoted(word, i)
    if (skipped < 0) return -1
    if (skipped > i) i = skipped
    else if (word[i] === '{') return i
  }
  return -1
}

function partsOf(word: string, open: number): { options: string[]; end: number; isRange: boolean } | undefined {
  const options: string[] = []
  let depth = 0
  let start = open + 1
  for (let i = open + 1; i < word.length; i++) {
    const skipped = skipQuoted(word, i)
    if (skipped < 0) return undefined
    if (skipped > i) {
      i = skipped
      continue
    }
    const c = word[i]
    if (c === '{') depth++
    else if (c === ',' && depth === 0) {
      options.push(word.slice(start, i))
      start = i + 1
    } else if (c === '}') {
      if (depth > 0) {
        depth--
        continue
      }
      const last = word.slice(start, i)
      if (options.length > 0) return { options: [...options, last], end: i, isRange: false }
      const range = rangeOf(last)
      return range && { options: range, end: i, isRange: true }
    }
  }
  return undefined
}

function rangeOf(inside: string): string[] | undefined {
  const numbers = /^(-?\d{1,9})\.\.(-?\d{1,9})(?:\.\.(-?\d{1,9}))?$/.exec(inside)
  const letters = /^([a-zA-Z])\.\.([a-zA-Z])$/.exec(inside)
  const from = numbers ? Number(numbers[1]) : letters?.[1]?.charCodeAt(0)
  const to = numbers ? Number(numbers[2]) : letters?.[2]?.charCodeAt(0)
  if (from === undefined || to === undefined) return undefined
  const step = Math.max(1, Math.abs(Number(numbers?.[3] ?? 1))) * (from <= to ? 1 : -1)
  const width = numbers?.[1] && /^-?0\d/.test(numbers[1]) ? numbers[1].length : 0
  const words: string[] = []
  for (let n = from; step > 0 ? n <= to : n >= to; n += step) {
    words.push(numbers ? String(n).padStart(width, '0') : String.fromCharCode(n))
    if (words.length > mostWords) break
  }
  return words
}

/** Index of the last character of the quoted or substituted part that begins here; `i` itself when none does; -1 when it does not end. */
function skipQuoted(word: string, i: number): number {
  const c = word.charCodeAt(i)
  if (c === 92) return i + 1
  if (c === 39) return word.indexOf("'", i + 1)
  if (c === 34) return closingDoubleQuote(word, i + 1, word.length)
  if (c === 96) return closingBacktick(word, i + 1, word.length)
  if (c === 36 && word.charCodeAt(i + 1) === 123) return closingBrace(word, i + 2, word.length)
  if (c === 36 && word.charCodeAt(i + 1) === 40) return closingParenthesis(word, i + 2, word.length)
  return i
}
