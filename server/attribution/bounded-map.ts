// Maps whose oldest entries leave: what an agent can write must not grow our memory.

/** Sets and forgets the oldest beyond `max`; answers what fell out. */
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

/** Lists under keys. A key that names more than `perKey` things tells nothing of any of them: the oldest leave. */
export class ListMap<V> {
  readonly #lists = new Map<string, V[]>()
  readonly #perKey: number
  readonly #keysMax: number

  constructor(perKey: number, keysMax: number) {
    this.#perKey = perKey
    this.#keysMax = keysMax
  }

  add(key: string, value: V): void {
    const list = this.#lists.get(key)
    if (!list) {
      setBounded(this.#lists, key, [value], this.#keysMax)
      return
    }
    list.push(value)
    if (list.length > this.#perKey) list.shift()
  }

  get(key: string): readonly V[] {
    return this.#lists.get(key) ?? []
  }
}
