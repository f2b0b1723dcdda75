// Repeats a reading as often as its own cost allows: quick when cheap, slower when there is much to read, so that watching
// hundreds of sessions never eats the host it watches.

export type Pace = { now(): void; stop(): void; readonly intervalMs: number }

/** `share`: part of one core that it may take. Runs never overlap. */
export function startPace(
  work: () => Promise<void> | void,
  options: { minMs: number; maxMs: number; share: number; onError: (error: unknown) => void },
): Pace {
  let timer: NodeJS.Timeout | undefined
  let running = false
  let again = false
  let stopped = false
  let costMs = 0
  let intervalMs = options.minMs
  const schedule = (ms: number): void => {
    if (timer) clearTimeout(timer)
    timer = setTimeout(() => void run(), ms)
    timer.unref()
  }
  const run = async (): Promise<void> => {
    if (running || stopped) return
    running = true
    again = false
    const startMs = performance.now()
    const startCpu = process.cpuUsage()
    let ownCpu = false
    try {
      const result = work()
      // Without waiting, the cost is our own CPU: on a busy host wall time would slow the watching just when it matters.
      ownCpu = !(result instanceof Promise)
      await result
    } catch (error) {
      options.onError(error)
    }
    const used = process.cpuUsage(startCpu)
    const tookMs = ownCpu ? (used.user + used.system) / 1_000 : performance.now() - startMs
    costMs = costMs * 0.7 + tookMs * 0.3
    intervalMs = Math.min(options.maxMs, Math.max(options.minMs, costMs / options.share))
    running = false
    if (!stopped) schedule(again ? Math.min(20, intervalMs) : intervalMs)
  }
  schedule(0)
  return {
    now: () => {
      if (running) again = true
      else if (!stopped) schedule(0)
    },
    stop: () => {
      stopped = true
      if (timer) clearTimeout(timer)
    },
    get intervalMs() {
      return intervalMs
    },
  }
}

/** At most one run at a time; everybody who asks during a run gets the same next one, which begins after they asked. */
export function shareRuns(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const start = (): Promise<void> => {
    const run = work().finally(() => {
      if (running === run) running = undefined
    })
    running = run
    return run
  }
  return () => {
    if (!running) return start()
    next ??= running
      .catch(() => {
        // Whoever started that run hears of its failure; this one is another.
      })
      .then(() => {
        next = undefined
        return start()
      })
    return next
  }
}
