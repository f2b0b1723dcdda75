// Requests that wait until every trace in them has a name. Bounded: the oldest are given back when there are too many. Must never look at
// all that waits for one new name: a hostile file could make that quadratic.

const requestsMax = 2_000
const charsMax = 32 * 1024 * 1024

type Held<Request> = { request: Request; chars: number; waitsFor: Set<string> }

export class HeldRequests<Request> {
  /** In the order in which they came. */
  readonly #held = new Set<Held<Request>>()
  readonly #byTrace = new Map<string, Set<Held<Request>>>()
  #chars = 0

  /** `traces` must not be empty. */
  hold(request: Request, chars: number, traces: ReadonlySet<string>): void {
    const held = { request, chars, waitsFor: new Set(traces) }
    this.#held.add(held)
    this.#chars += chars
    for (const trace of traces) {
      const waiting = this.#byTrace.get(trace)
      if (waiting) waiting.add(held)
      else this.#byTrace.set(trace, new Set([held]))
    }
  }

  /** Gives back those that wait for nothing more. */
  named(traces: readonly string[]): Request[] {
    const ready: Request[] = []
    for (const trace of traces) {
      for (const held of this.#byTrace.get(trace) ?? []) {
        held.waitsFor.delete(trace)
        if (held.waitsFor.size > 0) continue
        this.#drop(held)
        ready.push(held.request)
      }
      this.#byTrace.delete(trace)
    }
    return ready
  }

  /** Gives back the oldest that are more than may wait. */
  overflow(): Request[] {
    const given: Request[] = []
    for (const held of this.#held) {
      if (this.#held.size <= requestsMax && this.#chars <= charsMax) break
      this.#drop(held)
      given.push(held.request)
    }
    return given
  }

  /** Gives back all. */
  all(): Request[] {
    const given = [...this.#held].map(({ request }) => request)
    this.#held.clear()
    this.#byTrace.clear()
    this.#chars = 0
    return given
  }

  #drop(held: Held<Request>): void {
    this.#held.delete(held)
    this.#chars -= held.chars
    for (const trace of held.waitsFor) {
      const waiting = this.#byTrace.get(trace)
      waiting?.delete(held)
      if (waiting?.size === 0) this.#byTrace.delete(trace)
    }
  }
}
