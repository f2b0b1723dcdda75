// Texts of which one must stand in whatever a regular expression matches: looking for them first spares most runs of the pattern, which are slow.
// Reads the syntax of RE2 and gives up (undefined: nothing is known) at whatever it is not sure of.

/** One of these must occur, in the folded text; undefined: unknown. */
export type Literals = readonly string[] | undefined

const depthMax = 20
const literalsMax = 400

export function regexLiterals(source: string): Literals {
  // \Q…\E quotes, \C is a byte, (?x) is not RE2's but would be a trap.
  if (/\\[QEC]/.test(source)) return undefined
  const reader = new LiteralReader(source)
  const literals = reader.alternatives(0)
  return reader.isLost || !reader.isAtEnd ? undefined : literals
}

/** The better to look for: its shortest literal is longer, then there are fewer. */
export function betterLiterals(a: Literals, b: Literals): Literals {
  if (a === undefined || b === undefined) return a ?? b
  // Letters that stand everywhere are worse than none of their length.
  const shortest = (list: readonly string[]) =>
    Math.min(...list.map((text) => (/^[\s./\-\w]$/.test(text) ? 0.5 : text.length)))
  const difference = Math.min(shortest(a), 6) - Math.min(shortest(b), 6)
  if (difference !== 0) return difference > 0 ? a : b
  return b.length < a.length ? b : a
}

class LiteralReader {
  readonly #source: string
  #at = 0
  isLost = false

  constructor(source: string) {
    this.#source = source
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#source.length
  }

  alternatives(depth: number): Literals {
    if (depth > depthMax) return this.#lose()
    const all: Literals[] = [this.#sequence(depth)]
    while (!this.isLost && this.#source.charAt(this.#at) === '|') {
      this.#at++
      all.push(this.#sequence(depth))
    }
    if (all.some((each) => each === undefined)) return undefined
    const union = [...new Set(all.flatMap((each) => each ?? []))]
    return union.length > literalsMax ? undefined : union
  }

  #sequence(depth: number): Literals {
    let best: Literals
    let run = ''
    const endRun = () => {
      if (run !== '') best = betterLiterals(best, [run])
      run = ''
    }
    while (!this.isAtEnd && !this.isLost) {
      const char = this.#source.charAt(this.#at)
      if (char === '|' || char === ')') break
      if (char === '(') {
        endRun()
        const inner = this.#group(depth)
        if (this.#repetition() !== 'maybe-none') best = betterLiterals(best, inner)
        continue
      }
      const literal = this.#character()
      const repeated = this.#repetition()
      if (literal === undefined || repeated === 'maybe-none') endRun()
      else if (repeated === 'once') run += literal
      else {
        // `ab+c`: "ab" and "c" stand there, not "abc".
        run += literal
        endRun()
      }
    }
    endRun()
    return best
  }

  #group(depth: number): Literals {
    this.#at++
    if (this.#source.charAt(this.#at) === '?') {
      const opening = /^\?(?:P?<[A-Za-z_]\w*>|[imsU-]*:)/.exec(this.#source.slice(this.#at, this.#at + 80))
      const flags = /^\?[imsU-]+\)/.exec(this.#source.slice(this.#at, this.#at + 20))
      if (flags !== null) {
        this.#at += flags[0].length
        return undefined
      }
      if (opening === null) return this.#lose()
      this.#at += opening[0].length
    }
    const inner = this.alternatives(depth + 1)
    if (this.#source.charAt(this.#at) !== ')') return this.#lose()
    this.#at++
    return inner
  }

  /** One character that stands for itself, folded; undefined: any of several, or none (an anchor). */
  #character(): string | undefined {
    const char = this.#source.charAt(this.#at)
    if (char === '[') return this.#characterClass()
    if (char === '\\') return this.#escape()
    this.#at++
    if (char === '.' || char === '^' || char === '$') return undefined
    return plain(char)
  }

  #escape(): string | undefined {
    const next = this.#source.charAt(this.#at + 1)
    if (/[^\w]/.test(next) && next < '\u0080') {
      this.#at += 2
      return plain(next)
    }
    const control = { t: '\t', n: '\n', r: '\r' }[next]
    if (control !== undefined) {
      this.#at += 2
      return control
    }
    if (/[dDsSwWbBAz]/.test(next)) {
      this.#at += 2
      return undefined
    }
    return this.#lose() as undefined
  }

  #characterClass(): string | undefined {
    // The first `]` after `[` or `[^` is plain; `[:alpha:]` has brackets of its own.
    const match = /^\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]/.exec(this.#source.slice(this.#at, this.#at + 500))
    if (match === null) return this.#lose() as undefined
    this.#at += match[0].length
    return undefined
  }

  #repetition(): 'once' | 'maybe-none' | 'at-least-once' {
    const rest = this.#source.slice(this.#at, this.#at + 24)
    const match = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(rest)
    if (match === null) return 'once'
    this.#at += match[0].length
    if (/^[*+?]|^\{\d/.test(this.#source.slice(this.#at, this.#at + 2))) this.#lose()
    if (match[0].startsWith('*') || match[0].startsWith('?')) return 'maybe-none'
    return match[0].startsWith('+') || Number(match[1]) > 0 ? 'at-least-once' : 'maybe-none'
  }

  #lose(): undefined {
    this.isLost = true
    return undefined
  }
}

/** Outside of ASCII a pattern that does not heed case matches more than its folded letters say. */
function plain(char: string): string | undefined {
  return char < '\u0080' && char !== '' ? char.toLowerCase() : undefined
}
