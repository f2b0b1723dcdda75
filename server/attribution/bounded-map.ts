// Maps whose oldest entries leave: what an agent can write must not grow our memory.

/** For small maps. Sets and forgets the oldest beyond `max`; answers what fell out. */
export function setBounded<K, V>(map: Map<K, V>, key: K, value: V, max: number): V | undefined {
  map.delete(key)
  map.set(key, value)
  if (map.size <= max) return undefined
  for (const [oldest, fell] of map) {
    map.delete(oldest)
    return fell
  }
  return undefined
}

/**
 * For large maps: keeps at least the newest half of `max` keys, and never more than `max`. Two generations, because in a Map that
 * loses its oldest again and again the oldest stands behind the holes of all that left before: tens of thousands, at every entry.
 */
export class BoundedMap<K, V extends NonNullable<unknown>> {
  #young = new Map<K, V>()
  #old = new Map<K, V>()
  readonly #half: number

  constructor(max: number) {
    this.#half = Math.max(1, Math.floor(max / 2))
  }

  get(key: K): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  /** Answers what is forgotten with it; of that, a key that was set again since is not. */
  set(key: K, value: V): ReadonlyMap<K, V> | undefined {
    this.#young.set(key, value)
    if (this.#young.size < this.#half) return undefined
    const fell = this.#old
    this.#old = this.#young
    this.#young = new Map()
    return fell
  }

  delete(key: K): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}

/** Lists under keys. A key that names more than `perKey` things tells nothing of any of them: the oldest leave. */
export class ListMap<V> {
  readonly #lists: BoundedMap<string, V[]>
  readonly #perKey: number

  constructor(perKey: number, keysMax: number) {
    this.#perKey = perKey
    this.#lists = new BoundedMap(keysMax)
  }

  add(key: string, value: V): void {
    const list = this.#lists.get(key)
    if (!list) {
      this.#lists.set(key, [value])
      return
    }
    list.push(value)
    if (list.length > this.#perKey) list.shift()
  }

  get(key: string): readonly V[] {
    return this.#lists.get(key) ?? []
  }
}
