// Reads one word as bash would: quotes, escapes, variables and substitutions. Both syntax readers use it, so that they cannot differ on words.
import { expandBraces } from './brace-expansion.ts'
import { closingBacktick, closingBrace, closingDoubleQuote, closingParenthesis } from './closing-bracket.ts'
import { resolveEscapes } from './escape-sequence.ts'
import type { Word, WordPart } from './syntax.ts'

/** Characters that end a word or need a second look; everything else is plain text. */
const special = new Uint8Array(128)
for (const c of ' \t\n;|&<>()\'"\\$`{') special[c.charCodeAt(0)] = 1
const ends = new Uint8Array(128)
for (const c of ' \t\n;|&<>()') ends[c.charCodeAt(0)] = 1

const nameAt = /[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]/y

export type WordRead = {
  words: readonly Word[]
  /** Index after the word. */
  end: number
  /** A quote or bracket in it does not end. */
  isBroken: boolean
}

/** Reads the word that begins at `at`. Brace expansion makes several of it. */
export function readWord(source: string, at: number, end: number): WordRead {
  let i = at
  while (i < end) {
    const c = source.charCodeAt(i)
    if (c < 128 && special[c] === 1) break
    i++
  }
  const c = i < end ? source.charCodeAt(i) : 32
  // The common case: nothing special up to the end of the word.
  if (ends[c] === 1 && ((c !== 60 && c !== 62) || source.charCodeAt(i + 1) !== 40)) {
    return { words: [source.slice(at, i)], end: i, isBroken: false }
  }
  const scan = new WordScan(source, at, end)
  scan.readUnquoted(i)
  if (scan.mayExpand) {
    const expanded = expandBraces(source.slice(at, scan.at))
    if (expanded.length > 1) {
      const words = expanded.map((text) => {
        const each = new WordScan(text, 0, text.length)
        each.readUnquoted(0)
        return each.word()
      })
      return { words, end: scan.at, isBroken: scan.isBroken }
    }
  }
  return { words: [scan.word()], end: scan.at, isBroken: scan.isBroken }
}

/** Reads a whole text as the inside of double quotes: heredoc bodies, defaults of variables. */
export function readQuotedText(text: string, isHeredoc: boolean): Word {
  const scan = new WordScan(text, 0, text.length)
  scan.readQuoted(text.length, isHeredoc)
  return scan.word()
}

class WordScan {
  at: number
  isBroken = false
  mayExpand = false
  private readonly parts: WordPart[] = []
  private text = ''
  private readonly source: string
  private readonly end: number
  private readonly start: number

  constructor(source: string, start: number, end: number) {
    this.source = source
    this.start = start
    this.at = start
    this.end = end
  }

  word(): Word {
    if (this.parts.length === 0) return this.text
    this.flush()
    return this.parts
  }

  /** `plainUntil`: the text up to there is already known to be plain. */
  readUnquoted(plainUntil: number): void {
    const { source, end } = this
    this.text = source.slice(this.start, plainUntil)
    let i = plainUntil
    while (i < end) {
      const c = source.charCodeAt(i)
      if (c >= 128 || special[c] !== 1) {
        const from = i
        i++
        while (i < end) {
          const d = source.charCodeAt(i)
          if (d < 128 && special[d] === 1) break
          i++
        }
        this.text += source.slice(from, i)
        continue
      }
      if (c === 92) {
        if (source.charCodeAt(i + 1) !== 10) this.text += i + 1 < end ? source.charAt(i + 1) : '\\'
        i += 2
      } else if (c === 39) {
        let close = source.indexOf("'", i + 1)
        if (close < 0 || close >= end) close = this.broken()
        this.text += source.slice(i + 1, close)
        i = close + 1
      } else if (c === 34) i = this.readDouble(i)
      else if (c === 36 && source.charCodeAt(i + 1) === 39) i = this.readAnsi(i)
      else if (c === 36 && source.charCodeAt(i + 1) === 34) i = this.readDouble(i + 1)
      else if (c === 36) i = this.readDollar(i, end, false)
      else if (c === 96) i = this.readBacktick(i, end, false)
      else if (c === 123) {
        this.mayExpand ||= source.charCodeAt(i + 1) !== 125
        this.text += '{'
        i++
      } else if ((c === 60 || c === 62) && source.charCodeAt(i + 1) === 40) {
        let close = closingParenthesis(source, i + 2, end)
        if (close < 0) close = this.broken()
        this.push({ kind: 'process', script: source.slice(i + 2, close), source: source.slice(i, close + 1) })
        i = close + 1
      } else break
    }
    this.at = Math.min(i, end)
  }

  readQuoted(close: number, isHeredoc: boolean): void {
    const { source } = this
    let i = this.at
    while (i < close) {
      let from = i
      while (i < close) {
        const c = source.charCodeAt(i)
        if (c === 36 || c === 92 || c === 96) break
        i++
      }
      this.text += source.slice(from, i)
      if (i >= close) break
      const c = source.charCodeAt(i)
      if (c === 92) {
        const next = source.charAt(i + 1)
        if (next === '\n') from = i
        else if (next === '$' || next === '`' || next === '\\' || (next === '"' && !isHeredoc)) this.text += next
        else this.text += i + 1 < close ? `\\${next}` : '\\'
        i += 2
      } else if (c === 36) i = this.readDollar(i, close, true)
      else i = this.readBacktick(i, close, true)
    }
    this.at = close
  }

  private readDouble(open: number): number {
    let close = closingDoubleQuote(this.source, open + 1, this.end)
    if (close < 0) close = this.broken()
    this.at = open + 1
    this.readQuoted(close, false)
    return close + 1
  }

  private readAnsi(i: number): number {
    const { source, end } = this
    let close = i + 2
    while (close < end && source.charCodeAt(close) !== 39) close += source.charCodeAt(close) === 92 ? 2 : 1
    if (close >= end) close = this.broken()
    this.text += resolveEscapes(source.slice(i + 2, close))
    return close + 1
  }

  private readBacktick(i: number, end: number, isQuoted: boolean): number {
    const { source } = this
    let close = closingBacktick(source, i + 1, end)
    if (close < 0) close = this.broken()
    const script = source.slice(i + 1, close).replace(isQuoted ? /\\([`$\\"])/g : /\\([`$\\])/g, '$1')
    this.push({ kind: 'substitution', script, isQuoted, source: source.slice(i, close + 1) })
    return close + 1
  }

  private readDollar(i: number, end: number, isQuoted: boolean): number {
    const { source } = this
    const next = source.charCodeAt(i + 1)
    if (next === 40) {
      let close = closingParenthesis(source, i + 2, end)
      if (close < 0) close = Math.min(this.broken(), end)
      const whole = source.slice(i, close + 1)
      if (source.charCodeAt(i + 2) === 40 && whole.endsWith('))')) this.push({ kind: 'unknown', source: whole })
      else this.push({ kind: 'substitution', script: source.slice(i + 2, close), isQuoted, source: whole })
      return close + 1
    }
    if (next === 123) {
      let close = closingBrace(source, i + 2, end)
      if (close < 0) close = Math.min(this.broken(), end)
      const inside = source.slice(i + 2, close)
      const whole = source.slice(i, close + 1)
      const name = /^[#!]?(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])/.exec(inside)?.[0]
      if (name === undefined) this.push({ kind: 'unknown', source: whole })
      else {
        const operation = inside.slice(name.length)
        this.push({ kind: 'variable', name, operation, isQuoted, source: whole })
      }
      return close + 1
    }
    nameAt.lastIndex = i + 1
    const name = i + 1 < end ? nameAt.exec(source)?.[0] : undefined
    if (name === undefined) {
      this.text += '$'
      return i + 1
    }
    this.push({ kind: 'variable', name, operation: '', isQuoted, source: `$${name}` })
    return i + 1 + name.length
  }

  private push(part: WordPart): void {
    this.flush()
    this.parts.push(part)
  }

  private flush(): void {
    if (this.text === '') return
    this.parts.push({ kind: 'text', text: this.text })
    this.text = ''
  }

  private broken(): number {
    this.isBroken = true
    return this.end
  }
}
