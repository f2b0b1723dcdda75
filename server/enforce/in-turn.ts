// At most so many at once: containing a thousand sessions must not open a thousand connections to one vault.

/** Returns a function that runs its jobs in the order in which they came, `max` at a time. */
export function inTurns(max: number): <T>(job: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (job) => {
    if (running >= max) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await job()
    } finally {
      // The place goes to the next one, or is free again.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
