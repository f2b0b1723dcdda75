// Looks for thousands of texts in one walk over a value (Aho–Corasick, all moves written out in one table).

export type LiteralScan = {
  /** Numbers of the literals that occur, each once. Valid until the next call. */
  find(text: string): readonly number[]
}

const none: readonly number[] = Object.freeze([])
/** A long text often comes again at once: the text of a tool call stands in each of its commands. */
const rememberedMinChars = 64

/** Literals must not be empty. Memory: characters of all literals together, times the number of different characters, times two to four bytes. */
export function createLiteralScan(literals: readonly string[]): LiteralScan {
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
  const ends: number[][] = Array.from({ length: size }, () => [])
  let states = 1
  for (const [index, literal] of literals.entries()) {
    let state = 0
    for (let at = 0; at < literal.length; at++) {
      const cell = state * width + (classes.get(literal.charCodeAt(at)) ?? 0)
      if (next[cell] === 0) next[cell] = states++
      state = next[cell] as number
    }
    ends[state]?.push(index)
  }
  completeMoves(next, ends, states, width)
  // Characters beyond the table are in no literal; most texts are within it.
  const classOf = width <= 256 ? new Uint8Array(65_536) : new Uint16Array(65_536)
  for (const [code, number] of classes) classOf[code] = number
  const hits = ends.slice(0, states).map((list) => (list.length === 0 ? undefined : [...new Set(list)]))
  const isHit = Uint8Array.from(hits, (list) => (list === undefined ? 0 : 1))
  const seenAt = new Uint32Array(literals.length)
  let call = 0
  let lastText = ''
  let lastFound = none
  return {
    find(text) {
      if (text.length >= rememberedMinChars) {
        if (text === lastText) return lastFound
        lastText = text
      }
      let found: number[] | undefined
      let state = 0
      for (let at = 0; at < text.length; at++) {
        state = next[state * width + (classOf[text.charCodeAt(at)] as number)] as number
        if (isHit[state] !== 1) continue
        if (found === undefined) {
          found = []
          call = (call + 1) >>> 0
          if (call === 0) {
            seenAt.fill(0)
            call = 1
          }
        }
        for (const literal of hits[state] as number[])
          if (seenAt[literal] !== call) {
            seenAt[literal] = call
            found.push(literal)
          }
      }
      const answer = found ?? none
      if (text.length >= rememberedMinChars) lastFound = answer
      return answer
    },
  }
}

/** Breadth first: where a state has no move of its own, it moves as its longest proper ending would. */
function completeMoves(next: Int32Array | Uint16Array, ends: number[][], states: number, width: number): void {
  const fallback = new Int32Array(states)
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
