// Looks for thousands of texts in one walk over a value. Each text is looked up by a hash of its last three characters (of its last one or two,
// where it has no more). A table of all moves (Aho–Corasick) walks faster alone, but takes megabytes a field, and a dozen of those push one
// another out of the processor's cache: among real events it was no faster.

/** Three characters at five bits each. */
const triples = 32_768
const pairs = 1_024
const singles = 128

/** `entries`: three numbers a literal (side by side, for the cache): the hash of its last six letters at most, what of a hash that is, and its own. */
type Buckets = { isHit: Uint8Array; starts: Int32Array; entries: Int32Array; last: number }

export class LiteralScan {
  /** Numbers of the literals that occur: as many from the beginning as the last call of `find` said, each once. */
  readonly found: Int32Array
  readonly #literals: readonly string[]
  readonly #three: Buckets
  readonly #two: Buckets | undefined
  readonly #one: Buckets | undefined
  readonly #seenAt: Uint32Array
  #call = 0
  #count = 0
  #lastText = ''

  /** Literals must not be empty. */
  constructor(literals: readonly string[]) {
    this.#literals = literals
    this.#three = bucketsOf(literals, 3, triples)
    this.#two = literals.some(({ length }) => length === 2) ? bucketsOf(literals, 2, pairs) : undefined
    this.#one = literals.some(({ length }) => length === 1) ? bucketsOf(literals, 1, singles) : undefined
    this.#seenAt = new Uint32Array(literals.length)
    this.found = new Int32Array(literals.length)
  }

  /** The last text that was looked through: the text of a tool call stands in each of its commands. */
  isKnown(text: string): boolean {
    return text === this.#lastText
  }

  /** How many literals occur; `found` holds them until the next call. */
  find(text: string): number {
    if (this.isKnown(text)) return this.#count
    this.#lastText = text
    this.#count = 0
    this.#begin()
    const three = this.#three.isHit
    const two = this.#two
    const one = this.#one
    let hash = 0
    for (let at = 0; at < text.length; at++) {
      hash = hashed(hash, text.charCodeAt(at))
      const bits = hash & (triples - 1)
      if (((three[bits >> 3] as number) & (1 << (bits & 7))) !== 0) this.#verify(this.#three, bits, hash, text, at)
      if (two !== undefined) {
        const pair = hash & (pairs - 1)
        if (((two.isHit[pair >> 3] as number) & (1 << (pair & 7))) !== 0) this.#verify(two, pair, hash, text, at)
      }
      if (one !== undefined) {
        const single = letter(text.charCodeAt(at))
        if (((one.isHit[single >> 3] as number) & (1 << (single & 7))) !== 0) this.#verify(one, single, hash, text, at)
      }
    }
    return this.#count
  }

  /** The literals of this bucket that end at `at`. */
  #verify({ starts, entries, last }: Buckets, bits: number, hash: number, text: string, at: number): void {
    // All hashes that occur are told apart by one bit each; their literals share fewer buckets.
    const bucket = bits & last
    const end = starts[bucket + 1] as number
    for (let place = starts[bucket] as number; place < end; place += 3) {
      // Most literals of a bucket differ in the letters before the last three: their hashes tell so, without a look at the text.
      if ((hash & (entries[place + 1] as number)) !== entries[place]) continue
      const number = entries[place + 2] as number
      if (this.#seenAt[number] === this.#call) continue
      const literal = this.#literals[number] as string
      const from = at + 1 - literal.length
      if (from < 0 || !text.startsWith(literal, from)) continue
      this.#seenAt[number] = this.#call
      this.found[this.#count++] = number
    }
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
function hashed(hash: number, code: number): number {
  return (hash << 5) ^ letter(code)
}

function hashOf(literal: string): { hash: number; mask: number } {
  let hash = 0
  for (let at = 0; at < literal.length; at++) hash = hashed(hash, literal.charCodeAt(at))
  const mask = literal.length < 6 ? (1 << (5 * literal.length)) - 1 : 0x3fff_ffff
  return { hash: hash & mask, mask }
}

/** `length` 3: of all literals with three characters or more; else of those with exactly so many. `size`: how many hashes there are. */
function bucketsOf(literals: readonly string[], length: 1 | 2 | 3, size: number): Buckets {
  let most = 16
  while (most < size && most < 4 * literals.length) most *= 2
  const isHit = new Uint8Array(size >> 3)
  const lists: number[][] = Array.from({ length: most }, () => [])
  for (const [number, literal] of literals.entries()) {
    if (length === 3 ? literal.length < 3 : literal.length !== length) continue
    const { hash, mask } = hashOf(literal)
    const bits = length === 1 ? letter(literal.charCodeAt(0)) : hash & (size - 1)
    isHit[bits >> 3] = (isHit[bits >> 3] as number) | (1 << (bits & 7))
    lists[bits & (most - 1)]?.push(hash, mask, number)
  }
  const starts = new Int32Array(most + 1)
  for (const [bucket, list] of lists.entries()) starts[bucket + 1] = (starts[bucket] as number) + list.length
  return { isHit, starts, entries: Int32Array.from(lists.flat()), last: most - 1 }
}
