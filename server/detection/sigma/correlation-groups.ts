// The groups of one correlation, a fixed number of them. An agent chooses the values that make groups: one that makes many pushes out its own,
// not those of others.

export class CorrelationGroups<G> {
  readonly #max: number
  readonly #make: () => G
  readonly #groups = new Map<string, { owner: string; group: G }>()
  /** Keys by owner; owners and keys that were used last stand at the end. */
  readonly #owned = new Map<string, Set<string>>()

  constructor(max: number, make: () => G) {
    this.#max = max
    this.#make = make
  }

  get size(): number {
    return this.#groups.size
  }

  entries(): Iterable<[string, { group: G }]> {
    return this.#groups
  }

  /** `forgot` is called for each group that has to go for this one. */
  use(key: string, owner: string, forgot: () => void): G {
    const found = this.#groups.get(key)
    const entry = found ?? { owner, group: this.#make() }
    if (found === undefined) {
      if (this.#groups.size >= this.#max) {
        this.#forgetOne(owner)
        forgot()
      }
      this.#groups.set(key, entry)
    }
    const keys = this.#owned.get(entry.owner) ?? new Set<string>()
    keys.delete(key)
    keys.add(key)
    this.#owned.delete(entry.owner)
    this.#owned.set(entry.owner, keys)
    return entry.group
  }

  /** Of its own, when it has its share or more; else of whoever was quiet longest. */
  #forgetOne(owner: string): void {
    const own = this.#owned.get(owner)
    const share = this.#max / (this.#owned.size + (own === undefined ? 1 : 0))
    const from = own !== undefined && own.size >= share ? owner : this.#first(this.#owned.keys())
    const keys = from === undefined ? undefined : this.#owned.get(from)
    const key = keys && this.#first(keys)
    if (from === undefined || keys === undefined || key === undefined) return
    keys.delete(key)
    this.#groups.delete(key)
    if (keys.size === 0) this.#owned.delete(from)
  }

  #first(keys: Iterable<string>): string | undefined {
    for (const key of keys) return key
    return undefined
  }
}
