// Shares the probe's one thread: observation works in slices of a few milliseconds and rests between them, and waits altogether
// while a control is being enforced. A control must never wait for a reading of hundreds of sessions.

/** Work of one slice before it must rest. */
export const sliceMs = 2
/** A control that cannot be enforced may hold up observation no longer than this. */
const urgentMaxMs = 200

export class Turns {
  private readonly waiting: (() => void)[] = []
  private sliceStartMs = 0
  private urgent = 0
  private urgentSinceMs = 0
  private ticking = false
  private timer: NodeJS.Timeout | undefined

  /** The present slice is used up, or something urgent waits. */
  due(): boolean {
    return this.isHeld() || performance.now() - this.sliceStartMs >= sliceMs
  }

  /** Between two pieces of work: goes on at once while the slice lasts, else when everything urgent has had its turn. */
  async rest(): Promise<void> {
    if (this.due()) await this.next()
  }

  /** A fresh slice, after whatever has come in. Slices of several observers never follow each other without a look at the line. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      this.tick()
    })
  }

  /** Runs `work` before everything that rests. */
  async urgently<T>(work: () => Promise<T>): Promise<T> {
    this.urgent += 1
    if (this.urgent === 1) this.urgentSinceMs = performance.now()
    try {
      return await work()
    } finally {
      this.urgent -= 1
      this.tick()
    }
  }

  private isHeld(): boolean {
    return this.urgent > 0 && performance.now() - this.urgentSinceMs < urgentMaxMs
  }

  private tick(): void {
    if (this.waiting.length === 0) return
    if (this.isHeld()) {
      this.timer ??= setTimeout(() => {
        this.timer = undefined
        this.tick()
      }, urgentMaxMs).unref()
      return
    }
    if (this.ticking) return
    this.ticking = true
    // After the poll phase: what the server sent meanwhile has been taken in.
    setImmediate(() => {
      this.ticking = false
      if (this.isHeld()) return this.tick()
      this.sliceStartMs = performance.now()
      this.waiting.shift()?.()
      this.tick()
    })
  }
}

/** What observers get: see `Turns.rest`. */
export type Rest = () => Promise<void>
export const noRest: Rest = () => Promise.resolve()
