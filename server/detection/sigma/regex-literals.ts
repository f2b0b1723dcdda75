// Texts that must stand in whatever a regular expression matches: looking for them first spares most runs of the pattern, which are slow.
// Reads the syntax of RE2 and gives up (nothing is known) at whatever it is not sure of.

/** One of these must occur, in the folded text. */
export type Literals = readonly string[]

const depthMax = 20
const literalsMax = 400
const repeatedMax = 8
/** Ways to write one run of letters: `/s[hb]` is "/sh" or "/sb". */
const waysMax = 24
const classMax = 10
/** Apart from 1, which says that more may follow. */
const once = Number.POSITIVE_INFINITY

/** All of them must be met; the best to look for comes first. Empty: nothing is known. */
export function regexLiterals(source: string): readonly Literals[] {
  // \Q…\E quotes, \C is a byte.
  if (/\\[QEC]/.test(source)) return []
  const reader = new LiteralReader(source)
  const demands = reader.alternatives(0)
  if (reader.isLost || !reader.isAtEnd) return []
  const unique = new Map(demands.map((each) => [[...each].sort().join('\u0000'), each]))
  return [...unique.values()].sort((a, b) => rarity(b) - rarity(a))
}

/** A guess: letters that stand everywhere are worse than any other text; beyond a few letters, fewer texts are better. */
function rarity(literals: Literals): number {
  const shortest = Math.min(...literals.map((text) => (/^[\s/\-\w]$/.test(text) ? 0.5 : text.length)))
  return Math.min(shortest, 6) - Math.log2(literals.length) / 8
}

function best(demands: readonly Literals[]): Literals | undefined {
  return demands.reduce<Literals | undefined>(
    (kept, each) => (kept === undefined || rarity(each) > rarity(kept) ? each : kept),
    undefined,
  )
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

  alternatives(depth: number): readonly Literals[] {
    if (depth > depthMax) return this.#lose()
    const all = [this.#sequence(depth)]
    while (!this.isLost && this.#source.charAt(this.#at) === '|') {
      this.#at++
      all.push(this.#sequence(depth))
    }
    const [only] = all
    if (all.length === 1 && only !== undefined) return only
    const union = new Set<string>()
    for (const each of all) {
      const one = best(each)
      if (one === undefined) return []
      for (const text of one) union.add(text)
    }
    return union.size > literalsMax ? [] : [[...union]]
  }

  #sequence(depth: number): readonly Literals[] {
    const demands: Literals[] = []
    let run: readonly string[] = ['']
    const endRun = () => {
      if (!run.includes('')) demands.push(run)
      run = ['']
    }
    const extend = (choices: readonly string[]) => {
      if (run.length * choices.length > waysMax) endRun()
      run = run.flatMap((text) => choices.map((choice) => text + choice))
    }
    while (!this.isAtEnd && !this.isLost) {
      const char = this.#source.charAt(this.#at)
      if (char === '|' || char === ')') break
      if (char === '(') {
        endRun()
        const inner = this.#group(depth)
        if (this.#repetition() > 0) demands.push(...inner)
        continue
      }
      const isClass = char === '['
      const choices = this.#character()
      const isOptional = this.#source.charAt(this.#at) === '?'
      const times = this.#repetition()
      if (choices === undefined) endRun()
      else if (times === once) extend(choices)
      else if (isOptional) extend(['', ...choices])
      else if (times === 0) endRun()
      else {
        // `ab{2,}c`: "abb" and "c" stand there, not "abbc". Of a class, each of its letters may follow.
        extend(isClass ? choices : choices.map((choice) => choice.repeat(Math.min(times, repeatedMax))))
        endRun()
      }
    }
    endRun()
    return demands
  }

  #group(depth: number): readonly Literals[] {
    this.#at++
    if (this.#source.charAt(this.#at) === '?') {
      const opening = /^\?(?:P?<[A-Za-z_]\w*>|[imsU-]*:)/.exec(this.#source.slice(this.#at, this.#at + 80))
      const flags = /^\?[imsU-]+\)/.exec(this.#source.slice(this.#at, this.#at + 20))
      if (flags !== null) {
        this.#at += flags[0].length
        return []
      }
      if (opening === null) return this.#lose()
      this.#at += opening[0].length
    }
    const inner = this.alternatives(depth + 1)
    if (this.#source.charAt(this.#at) !== ')') return this.#lose()
    this.#at++
    return inner
  }

  /** One of these characters stands there, folded; undefined: any of many, or none (an anchor). */
  #character(): readonly string[] | undefined {
    const char = this.#source.charAt(this.#at)
    if (char === '[') return this.#characterClass()
    if (char === '\\') return only(this.#escape())
    this.#at++
    if (char === '.' || char === '^' || char === '$') return undefined
    return only(plain(char))
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
    return this.#loseCharacter()
  }

  #characterClass(): readonly string[] | undefined {
    // The first `]` after `[` or `[^` is plain; `[:alpha:]` has brackets of its own.
    const match = /^\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]/.exec(this.#source.slice(this.#at, this.#at + 500))
    if (match === null) return this.#loseCharacter()
    this.#at += match[0].length
    // Only plain letters and signs, and those that are escaped: no ranges, no opposite.
    const inside = match[0].slice(1, -1)
    if (!/^(?:[\w.+*?$/=:,;@% ]|\\[^\w\s])+$/.test(inside)) return undefined
    const letters = [...new Set(inside.replace(/\\(.)/g, '$1').toLowerCase())]
    return letters.length > classMax ? undefined : letters
  }

  /** How often at least; `once` where no repetition is written. */
  #repetition(): number {
    const rest = this.#source.slice(this.#at, this.#at + 24)
    const match = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(rest)
    if (match === null) return once
    this.#at += match[0].length
    if (/^[*+?]|^\{\d/.test(this.#source.slice(this.#at, this.#at + 2))) this.#lose()
    if (match[0].startsWith('*') || match[0].startsWith('?')) return 0
    return match[0].startsWith('+') ? 1 : Number(match[1])
  }

  #loseCharacter(): undefined {
    this.isLost = true
  }

  #lose(): readonly Literals[] {
    this.isLost = true
    return []
  }
}

function only(letter: string | undefined): readonly string[] | undefined {
  return letter === undefined ? undefined : [letter]
}

/** Outside of ASCII a pattern that does not heed case matches more than its folded letters say. */
function plain(char: string): string | undefined {
  return char < '\u0080' && char !== '' ? char.toLowerCase() : undefined
}
