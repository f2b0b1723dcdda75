// Whether a list moves under the hand. While it does, rows that come into sight are drawn in short: those of a list that is thrown
// leave again before anybody could read them whole. Knows no React.

type Listener = () => void

/** After the last move a list is taken to be at rest; more than a wheel or a finger pauses within one sweep. */
export const restAfterMs = 120

export class ListRest {
  readonly #inOne: (tell: Listener) => void
  readonly #listeners = new Set<Listener>()
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `inOne` runs what tells all of them, so that they can be drawn together. */
  constructor(inOne: (tell: Listener) => void = (tell) => tell()) {
    this.#inOne = inOne
  }

  moving = (): boolean => this.#timer !== undefined

  moves(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#tell()
    }, restAfterMs)
  }

  /** Calls once, when it comes to rest: soon, where it came to rest meanwhile. Answers what takes the wish back. */
  atRest(listener: Listener): () => void {
    this.#listeners.add(listener)
    if (!this.moving()) queueMicrotask(() => !this.moving() && this.#tell())
    return () => this.#listeners.delete(listener)
  }

  /** The list is gone. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #tell(): void {
    const told = [...this.#listeners]
    this.#listeners.clear()
    if (told.length === 0) return
    this.#inOne(() => {
      for (const listener of told) listener()
    })
  }
}
