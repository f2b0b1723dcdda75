// A map that forgets what was not used for long, at no cost per use: two generations, and the older one goes when the younger is full.
// What an agent can make more of must not grow our memory.

export class RecencyMap<V> {
  #young = new Map<string, V>()
  #old = new Map<string, V>()
  readonly #half: number

  /** Holds at most `max` entries (4 and more), and at least the `max / 2` that were used last. */
  constructor(max: number) {
    this.#half = Math.max(2, Math.floor(max / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): V | undefined {
    const found = this.#young.get(key)
    if (found !== undefined) return found
    const older = this.#old.get(key)
    if (older === undefined) return undefined
    this.#old.delete(key)
    this.#put(key, older)
    return older
  }

  set(key: string, value: V): void {
    this.#old.delete(key)
    this.#put(key, value)
  }

  delete(key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  *values(): Generator<V> {
    yield* this.#old.values()
    yield* this.#young.values()
  }

  #put(key: string, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
