// Sliding windows in constant memory. Times come from sources whose clocks may step and whose records come out of order.

/** Time of one subject: it goes forward; what comes a little late counts as now, and a clock that was set back starts anew. */
export const lateMaxMs = 3_600_000

/** The time to count `atMs` at, given the newest time so far. */
export function countedAt(newestMs: number, atMs: number): number {
  return atMs >= newestMs || newestMs - atMs > lateMaxMs ? atMs : newestMs
}

/** Distinct things in the last `halfMs` to twice `halfMs`. Counts on beyond `max` things no further: by then it was told. */
export class DistinctWindow {
  // Made when needed: most windows of most subjects stay empty.
  #now: Set<number> | undefined
  #before: Set<number> | undefined
  #fromMs = Number.NEGATIVE_INFINITY
  #newestMs = Number.NEGATIVE_INFINITY
  readonly #halfMs: number
  readonly #max: number

  constructor(halfMs: number, max: number) {
    this.#halfMs = halfMs
    this.#max = max
  }

  get size(): number {
    return (this.#now?.size ?? 0) + (this.#before?.size ?? 0)
  }

  /** True where the thing (its `hashOf`) is new in the window. */
  add(thing: number, atMs: number): boolean {
    this.#turn(atMs)
    if (this.#now?.has(thing)) return false
    const known = this.#before?.delete(thing) === true
    if (this.size >= this.#max) return !known
    this.#now ??= new Set()
    this.#now.add(thing)
    return !known
  }

  #turn(atMs: number): void {
    const at = countedAt(this.#newestMs, atMs)
    this.#newestMs = at
    if (at >= this.#fromMs && at < this.#fromMs + this.#halfMs) return
    this.#before = at >= this.#fromMs && at < this.#fromMs + 2 * this.#halfMs ? this.#now : undefined
    this.#now = undefined
    this.#fromMs = at
  }
}

/** A sum over the last `halfMs` to twice `halfMs`. */
export class SumWindow {
  #now = 0
  #before = 0
  #fromMs = Number.NEGATIVE_INFINITY
  #newestMs = Number.NEGATIVE_INFINITY
  readonly #halfMs: number

  constructor(halfMs: number) {
    this.#halfMs = halfMs
  }

  /** Adds and answers the sum. */
  add(amount: number, atMs: number): number {
    const at = countedAt(this.#newestMs, atMs)
    this.#newestMs = at
    if (at < this.#fromMs || at >= this.#fromMs + this.#halfMs) {
      this.#before = at >= this.#fromMs && at < this.#fromMs + 2 * this.#halfMs ? this.#now : 0
      this.#now = 0
      this.#fromMs = at
    }
    this.#now += amount
    return this.#now + this.#before
  }
}

/** Says "now" at most once per `everyMs`: the same finding again is no news. */
export class Once {
  #saidMs = Number.NEGATIVE_INFINITY
  readonly #everyMs: number

  constructor(everyMs: number) {
    this.#everyMs = everyMs
  }

  now(atMs: number): boolean {
    if (Math.abs(atMs - this.#saidMs) < this.#everyMs) return false
    this.#saidMs = atMs
    return true
  }
}

/**
 * A name as a number of 52 bits, so that a set of names costs the same however long they are. Not against collisions made on purpose: where
 * those would hide something, hand in a seed that the attacker does not know.
 */
export function hashOf(text: string, seed: number, salt = 0): number {
  let a = Math.imul(seed ^ 0x811c9dc5, 0x9e3779b1) ^ salt
  let b = Math.imul(seed ^ 0x2545f491, 0x85ebca77) ^ Math.imul(salt, 0xc2b2ae3d)
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    a = Math.imul(a ^ code, 0x01000193)
    b = Math.imul(b ^ code, 0x5f356495)
    b ^= b >>> 15
  }
  a = Math.imul(a ^ (a >>> 16), 0x7feb352d)
  b = Math.imul(b ^ (b >>> 13), 0x846ca68b)
  a ^= b >>> 9
  return (a >>> 0) * 0x100000 + ((b >>> 0) & 0xfffff)
}
