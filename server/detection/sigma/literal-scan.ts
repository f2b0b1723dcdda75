// Looks for thousands of texts in one walk over a value (Aho–Corasick, all moves written out in one table).

/** A long text often comes again at once: the text of a tool call stands in each of its commands. */
const rememberedMinChars = 64

/** Literals must not be empty. Memory: characters of all literals, times the number of different characters, times two to four bytes. */
export class LiteralScan {
  /** Numbers of the literals that occur: as many from the beginning as the last call of `find` said, each once. */
  readonly found: Int32Array
  readonly #width: number
  /** Class of each character; 0: it is in no literal. */
  readonly #classOf: Uint8Array | Uint16Array
  /** state, class -> state */
  readonly #next: Uint16Array | Int32Array
  /** By state: where its literals begin and end in `#literals`. */
  readonly #starts: Int32Array
  readonly #literals: Int32Array
  readonly #seenAt: Uint32Array
  #call = 0
  #lastText = ''
  #lastCount = 0

  constructor(literals: readonly string[]) {
    const classes = new Map<number, number>()
    for (const literal of literals)
      for (let at = 0; at < literal.length; at++) {
        const code = literal.charCodeAt(at)
        if (!classes.has(code)) classes.set(code, classes.size + 1)
      }
    const width = classes.size + 1
    const size = literals.reduce((sum, literal) => sum + literal.length, 1)
    // Half the size where it suffices: the table should stay in the processor's cache.
    const next = size <= 65_536 ? new Uint16Array(size * width) : new Int32Array(size * width)
    const ends: number[][] = [[]]
    for (const [index, literal] of literals.entries()) {
      let state = 0
      for (let at = 0; at < literal.length; at++) {
        const cell = state * width + (classes.get(literal.charCodeAt(at)) ?? 0)
        if (next[cell] === 0) next[cell] = ends.push([]) - 1
        state = next[cell] as number
      }
      ends[state]?.push(index)
    }
    completeMoves(next, ends, width)
    this.#width = width
    this.#next = next
    this.#classOf = width <= 256 ? new Uint8Array(65_536) : new Uint16Array(65_536)
    for (const [code, number] of classes) this.#classOf[code] = number
    const all = ends.map((list) => [...new Set(list)])
    this.#literals = Int32Array.from(all.flat())
    this.#starts = new Int32Array(all.length + 1)
    for (const [state, list] of all.entries()) this.#starts[state + 1] = (this.#starts[state] as number) + list.length
    this.#seenAt = new Uint32Array(literals.length)
    this.found = new Int32Array(literals.length)
  }

  /** How many literals occur; `found` holds them until the next call. */
  find(text: string): number {
    if (text.length >= rememberedMinChars && text === this.#lastText) return this.#lastCount
    const classOf = this.#classOf
    const next = this.#next
    const starts = this.#starts
    const width = this.#width
    const call = this.#nextCall()
    let count = 0
    let state = 0
    for (let at = 0; at < text.length; at++) {
      state = next[state * width + (classOf[text.charCodeAt(at)] as number)] as number
      const end = starts[state + 1] as number
      for (let place = starts[state] as number; place < end; place++) {
        const literal = this.#literals[place] as number
        if (this.#seenAt[literal] === call) continue
        this.#seenAt[literal] = call
        this.found[count++] = literal
      }
    }
    this.#lastText = text.length >= rememberedMinChars ? text : ''
    this.#lastCount = count
    return count
  }

  #nextCall(): number {
    this.#call = (this.#call + 1) >>> 0
    if (this.#call === 0) {
      this.#seenAt.fill(0)
      this.#call = 1
    }
    return this.#call
  }
}

/** Breadth first: where a state has no move of its own, it moves as its longest proper ending would. */
function completeMoves(next: Int32Array | Uint16Array, ends: number[][], width: number): void {
  const fallback = new Int32Array(ends.length)
  const queue: number[] = []
  for (let letter = 1; letter < width; letter++) if (next[letter] !== 0) queue.push(next[letter] as number)
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] as number
    const shorter = fallback[state] as number
    ends[state]?.push(...(ends[shorter] ?? []))
    for (let letter = 0; letter < width; letter++) {
      const cell = state * width + letter
      const other = next[shorter * width + letter] as number
      if (next[cell] === 0) next[cell] = other
      else {
        fallback[next[cell] as number] = other
        queue.push(next[cell] as number)
      }
    }
  }
}
