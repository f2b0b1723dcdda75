// Many patterns of rules are a list of texts in disguise: `/(?:tar|bsdtar|gtar)$`. Those are written out and compared as texts, which takes a
// hundredth of the time. Gives up (undefined) at whatever could be more than a few texts.

export type RegexTexts = {
  texts: readonly string[]
  /** Anchored by `^` and `$`. */
  atStart: boolean
  atEnd: boolean
  ignoresCase: boolean
}

const textsMax = 300
const depthMax = 10

export function regexTexts(source: string, flags: string): RegexTexts | undefined {
  if (flags.includes('m')) return undefined
  let pattern = source
  let ignoresCase = flags.includes('i')
  if (pattern.startsWith('(?i)')) {
    ignoresCase = true
    pattern = pattern.slice(4)
  }
  const atStart = pattern.startsWith('^')
  if (atStart) pattern = pattern.slice(1)
  const atEnd = /(?:^|[^\\])(?:\\\\)*\$$/.test(pattern)
  if (atEnd) pattern = pattern.slice(0, -1)
  const writer = new TextWriter(pattern)
  const texts = writer.alternatives(0)
  if (texts === undefined || !writer.isAtEnd) return undefined
  // `^a|b$` is not `^(a|b)$`.
  if ((atStart || atEnd) && writer.hasBareAlternatives) return undefined
  return { texts: [...new Set(texts)], atStart, atEnd, ignoresCase }
}

class TextWriter {
  readonly #pattern: string
  #at = 0
  hasBareAlternatives = false

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#pattern.length
  }

  alternatives(depth: number): string[] | undefined {
    if (depth > depthMax) return undefined
    let all = this.#sequence(depth)
    while (all !== undefined && this.#pattern.charAt(this.#at) === '|') {
      this.#at++
      if (depth === 0) this.hasBareAlternatives = true
      const more = this.#sequence(depth)
      all = more && [...all, ...more]
      if (all !== undefined && all.length > textsMax) return undefined
    }
    return all
  }

  #sequence(depth: number): string[] | undefined {
    let texts = ['']
    while (!this.isAtEnd) {
      const char = this.#pattern.charAt(this.#at)
      if (char === '|' || char === ')') break
      let choices = char === '(' ? this.#group(depth) : this.#character()
      if (choices === undefined) return undefined
      const repeated = this.#pattern.charAt(this.#at)
      if (repeated === '?') {
        this.#at++
        choices = [...choices, '']
        if (/[?*+{]/.test(this.#pattern.charAt(this.#at))) return undefined
      } else if (/[*+{]/.test(repeated)) return undefined
      const known = choices
      texts = texts.flatMap((text) => known.map((choice) => text + choice))
      if (texts.length > textsMax) return undefined
    }
    return texts
  }

  #group(depth: number): string[] | undefined {
    this.#at++
    if (this.#pattern.startsWith('?:', this.#at)) this.#at += 2
    else if (this.#pattern.charAt(this.#at) === '?') return undefined
    const inner = this.alternatives(depth + 1)
    if (inner === undefined || this.#pattern.charAt(this.#at) !== ')') return undefined
    this.#at++
    return inner
  }

  /** A character that stands for itself, or a short class of them. Letters beyond ASCII have more forms than one. */
  #character(): string[] | undefined {
    const char = this.#pattern.charAt(this.#at)
    if (char === '[') {
      const [whole, inside = ''] = /^\[([\w.+]{1,12})\]/.exec(this.#pattern.slice(this.#at, this.#at + 16)) ?? []
      if (whole === undefined) return undefined
      this.#at += whole.length
      return [...inside]
    }
    if (char === '\\') {
      const next = this.#pattern.charAt(this.#at + 1)
      if (!/[^\w\s]/.test(next) || next >= '\u0080') return undefined
      this.#at += 2
      return [next]
    }
    if (/[.^$*+?{}[\]]/.test(char) || char >= '\u0080') return undefined
    this.#at++
    return [char]
  }
}
