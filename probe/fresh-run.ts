// Lets many callers share one reading of the host, without ever handing out one that began before it was asked for: an
// observation that is older than the act it should prove would prove nothing.

/**
 * Calls that arrive before a run has begun share it; calls that arrive during a run share the next one. A run that does not
 * settle within `giveUpMs` is given up: its callers get an Error, and the next run begins.
 */
export function freshRun<T>(what: string, run: () => Promise<T>, giveUpMs: number): () => Promise<T> {
  let next: Promise<T> | undefined
  let previous: Promise<unknown> = Promise.resolve()
  return () => {
    if (next) return next
    const mine = previous.then(() => {
      next = undefined
      return within(run(), giveUpMs, what)
    })
    next = mine
    previous = mine.catch(() => {
      // Its own callers are told; the next run owes it nothing.
    })
    return mine
  }
}

/** The answer of `work`, or an Error after `ms`. The work itself goes on: nothing here can end it. */
export async function within<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${what} did not answer in ${ms} ms`)), ms)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}
