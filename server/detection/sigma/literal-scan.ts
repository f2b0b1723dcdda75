// Looks for thousands of texts in one walk over a value. Each text is looked up by a hash of its last three characters (of its last one or two,
// where it has no more). A table of all moves (Aho–Corasick) walks faster alone, but takes megabytes a field, and a dozen of those push one
// another out of the processor's cache: among real events it was no faster.

/** Three characters at five bits each; two of them. */
const triples = 32_768
const pairs = 1_024
const singles = 128

/**
 * `isHit`: a bit for each hash of three characters at which a literal may end. `entries`: three numbers a literal (side by side, for the cache):
 * the hash of its last six letters at most, what of a hash that is, and its own.
 */
type Buckets = { isHit: Uint8Array; starts: Int32Array; entries: Int32Array; last: number }

export class LiteralScan {
  /** Numbers of the literals that occur: as many from the beginning as the last call of `find` said, each once. */
  readonly found: Int32Array
  readonly #literals: readonly string[]
  readonly #buckets: Buckets
  /** By the seven bits of a character: literals that are that character alone. */
  readonly #ones: readonly (readonly number[] | undefined)[] | undefined
  readonly #seenAt: Uint32Array
  #call = 0
  #count = 0

  /** Literals must not be empty. */
  constructor(literals: readonly string[]) {
    this.#literals = literals
    this.#buckets = bucketsOf(literals)
    this.#ones = literals.some(({ length }) => length === 1) ? onesOf(literals) : undefined
    this.#seenAt = new Uint32Array(literals.length)
    this.found = new Int32Array(literals.length)
  }

  /** How many literals occur; `found` holds them until the next call. */
  find(text: string): number {
    this.#count = 0
    this.#begin()
    const { isHit } = this.#buckets
    const ones = this.#ones
    let hash = 0
    for (let at = 0; at < text.length; at++) {
      const seven = letter(text.charCodeAt(at))
      hash = (hash << 5) ^ seven
      const bits = hash & (triples - 1)
      if (((isHit[bits >> 3] as number) & (1 << (bits & 7))) !== 0) this.#verify(hash, text, at)
      if (ones !== undefined && ones[seven] !== undefined) this.#verifyOnes(ones[seven], text, at)
    }
    return this.#count
  }

  /** The literals of two letters and more that end at `at`. */
  #verify(hash: number, text: string, at: number): void {
    const { starts, entries, last } = this.#buckets
    // All hashes that occur are told apart by one bit each; their literals share fewer buckets.
    const bucket = hash & last
    const end = starts[bucket + 1] as number
    for (let place = starts[bucket] as number; place < end; place += 3) {
      // Most literals of a bucket differ in the letters before the last three: their hashes tell so, without a look at the text.
      if ((hash & (entries[place + 1] as number)) !== entries[place]) continue
      const number = entries[place + 2] as number
      if (this.#seenAt[number] === this.#call) continue
      const literal = this.#literals[number] as string
      const from = at + 1 - literal.length
      if (from >= 0 && text.startsWith(literal, from)) this.#add(number)
    }
  }

  #verifyOnes(numbers: readonly number[], text: string, at: number): void {
    for (const number of numbers)
      if (this.#seenAt[number] !== this.#call && this.#literals[number] === text[at]) this.#add(number)
  }

  #add(number: number): void {
    this.#seenAt[number] = this.#call
    this.found[this.#count++] = number
  }

  #begin(): void {
    this.#call = (this.#call + 1) >>> 0
    if (this.#call !== 0) return
    this.#seenAt.fill(0)
    this.#call = 1
  }
}

/** Seven bits of a character. */
function letter(code: number): number {
  return (code ^ (code >> 7)) & (singles - 1)
}

/** Five bits a character: its lowest fifteen depend on the last three characters only, its lowest thirty on the last six. */
function hashOf(literal: string): { hash: number; mask: number } {
  let hash = 0
  for (let at = 0; at < literal.length; at++) hash = (hash << 5) ^ letter(literal.charCodeAt(at))
  const mask = literal.length < 6 ? (1 << (5 * literal.length)) - 1 : 0x3fff_ffff
  return { hash: hash & mask, mask }
}

/** Of all literals of two characters and more. One of two stands wherever a hash ends with its own. */
function bucketsOf(literals: readonly string[]): Buckets {
  let most = 16
  while (most < triples && most < 4 * literals.length) most *= 2
  const isHit = new Uint8Array(triples >> 3)
  const lists: number[][] = Array.from({ length: most }, () => [])
  for (const [number, literal] of literals.entries()) {
    if (literal.length < 2) continue
    const { hash, mask } = hashOf(literal)
    const step = literal.length === 2 ? pairs : triples
    for (let bits = hash & (step - 1); bits < triples; bits += step)
      isHit[bits >> 3] = (isHit[bits >> 3] as number) | (1 << (bits & 7))
    for (let bucket = hash & (step - 1) & (most - 1); bucket < most; bucket += step)
      lists[bucket]?.push(hash, mask, number)
  }
  const starts = new Int32Array(most + 1)
  for (const [bucket, list] of lists.entries()) starts[bucket + 1] = (starts[bucket] as number) + list.length
  return { isHit, starts, entries: Int32Array.from(lists.flat()), last: most - 1 }
}

function onesOf(literals: readonly string[]): (number[] | undefined)[] {
  const ones: (number[] | undefined)[] = Array.from({ length: singles }, () => undefined)
  for (const [number, literal] of literals.entries()) {
    if (literal.length !== 1) continue
    const seven = letter(literal.charCodeAt(0))
    ones[seven] = [...(ones[seven] ?? []), number]
  }
  return ones
}
