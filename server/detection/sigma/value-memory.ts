// What was found out about a value, by the value: some fields hold the same few values again and again. Bounded, because agents choose them.

/** Fields of which that is so. */
export const fieldsOfFewValues: ReadonlySet<string> = new Set(['Image', 'ParentImage', 'Tool'])

const valuesMax = 256
const valueMaxChars = 64

export class ValueMemory<T> {
  readonly #known = new Map<string, T>()

  get(value: string): T | undefined {
    return this.#known.get(value)
  }

  set(value: string, what: T): void {
    if (value.length > valueMaxChars) return
    // All at once: what comes again is soon known again, and nothing has to be kept in order.
    if (this.#known.size >= valuesMax) this.#known.clear()
    this.#known.set(value, what)
  }
}
