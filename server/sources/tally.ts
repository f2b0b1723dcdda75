// Counts reasons with one example each. Bounded, because a hostile sender could make every line fail in a new way.
const maxReasons = 50
const overflowReason = 'other reasons'

/** Hostile text for a message: printable ASCII, quoted and cut. */
export function quoted(text: string, max = 80): string {
  return JSON.stringify(text.slice(0, max).replace(/[^\x20-\x7e]/g, '?'))
}

export class Tally {
  readonly #counts = new Map<string, { count: number; example: string }>()

  /** `reason` is one of a few fixed sentences; only `example` may hold text from outside. */
  add(reason: string, example = '', count = 1): void {
    const known = this.#counts.get(reason)
    if (known) {
      known.count += count
      return
    }
    if (this.#counts.size < maxReasons) this.#counts.set(reason, { count, example })
    else if (reason !== overflowReason) this.add(overflowReason, example, count)
    else this.#counts.set(overflowReason, { count, example })
  }

  addAll(other: Tally): void {
    for (const { reason, count, example } of other.list()) this.add(reason, example, count)
  }

  get total(): number {
    let total = 0
    for (const { count } of this.#counts.values()) total += count
    return total
  }

  list(): { reason: string; count: number; example: string }[] {
    return [...this.#counts].map(([reason, { count, example }]) => ({ reason, count, example }))
  }
}
