// Joins what is asked at about the same time: hundreds of sessions cost a few runs of a tool instead of hundreds.

/** Calls that arrive while a run is in flight share the next one: what they get was read after they asked. */
export class SharedReading<T> {
  private next: Promise<T> | undefined
  private running: Promise<unknown> = Promise.resolve()

  constructor(private readonly make: () => Promise<T>) {}

  read(): Promise<T> {
    this.next ??= this.running.then(turnOfTheLoop).then(() => {
      this.next = undefined
      const run = this.make()
      this.running = run.catch(() => {})
      return run
    })
    return this.next
  }
}

/** Whoever asks in this turn of the event loop has asked. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: Error }

/**
 * Joins wishes into runs, a few runs at a time; each takes all wishes that wait, but of one subject only the oldest, and none while
 * another of that subject is in a run: its wishes are granted in their order.
 */
export class WishBatch<Wish, T> {
  private waiting: { wish: Wish; subject: unknown; settle: (outcome: Outcome<T>) => void }[] = []
  private readonly active = new Set<unknown>()
  private running = 0

  /** `run` gives one outcome for every wish, in their order. */
  constructor(
    private readonly run: (wishes: Wish[]) => Promise<Outcome<T>[]>,
    private readonly runsMax = 1,
  ) {}

  ask(wish: Wish, subject: unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (outcome: Outcome<T>) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error))
      this.waiting.push({ wish, subject, settle })
      if (this.running < this.runsMax) void this.work()
    })
  }

  private async work(): Promise<void> {
    this.running += 1
    for (;;) {
      await turnOfTheLoop()
      const now = this.take()
      if (now.length === 0) break
      let outcomes: Outcome<T>[]
      try {
        outcomes = await this.run(now.map(({ wish }) => wish))
      } catch (error) {
        outcomes = now.map(() => failed<T>(error))
      }
      for (const [index, { subject, settle }] of now.entries()) {
        this.active.delete(subject)
        settle(outcomes[index] ?? failed<T>(new Error('the run gave no outcome')))
      }
    }
    this.running -= 1
  }

  private take(): typeof this.waiting {
    const now: typeof this.waiting = []
    const later: typeof this.waiting = []
    for (const entry of this.waiting) {
      if (this.active.has(entry.subject)) later.push(entry)
      else now.push(entry)
      this.active.add(entry.subject)
    }
    this.waiting = later
    return now
  }
}

/** Lets a few works go on at a time; of those that wait, the first that never had a turn goes first. */
export class Turns {
  private waiting: { subject: unknown; begin: () => void }[] = []
  private readonly served = new Set<unknown>()
  private running = 0

  constructor(private readonly runsMax: number) {}

  async take<T>(subject: unknown, work: () => Promise<T>): Promise<T> {
    if (this.running < this.runsMax) this.running += 1
    else await new Promise<void>((begin) => this.waiting.push({ subject, begin }))
    this.served.add(subject)
    try {
      return await work()
    } finally {
      const fresh = this.waiting.findIndex((entry) => !this.served.has(entry.subject))
      const [next] = this.waiting.splice(Math.max(fresh, 0), 1)
      if (next) next.begin()
      else this.running -= 1
    }
  }

  forget(subject: unknown): void {
    this.served.delete(subject)
  }
}

export function failed<T>(error: unknown): Outcome<T> {
  return { ok: false, error: error instanceof Error ? error : new Error(String(error)) }
}

const parallelMax = 8

/** Like Promise.all over `work`, a few at a time. */
export async function inParallel<I>(items: readonly I[], work: (item: I) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(parallelMax, items.length) }, worker))
}
