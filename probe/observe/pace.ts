// Repeats a reading as often as its own cost allows: quick when cheap, slower when there is much to read, so that watching
// hundreds of sessions never eats the host it watches.
import type { Rest, Turns } from '../turns.ts'

export type Pace = { now(): void; stop(): void; readonly intervalMs: number }

/**
 * `share`: part of one core that it may take. `cost`: `own` counts our CPU alone (wall time would slow the watching on a busy
 * host, just when it matters); `wall` is for work that waits for a host tool. Runs never overlap.
 */
export function startPace(
  work: (rest: Rest) => Promise<void> | void,
  options: {
    turns: Turns
    minMs: number
    maxMs: number
    share: number
    cost: 'own' | 'wall'
    onError: (error: unknown) => void
  },
): Pace {
  const { turns } = options
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
    await turns.next()
    const startMs = performance.now()
    let ownMs = 0
    let mark = process.cpuUsage()
    const count = (): void => {
      const used = process.cpuUsage(mark)
      ownMs += (used.user + used.system) / 1_000
    }
    const rest: Rest = async () => {
      if (!turns.due()) return
      count()
      await turns.next()
      mark = process.cpuUsage()
    }
    try {
      await work(rest)
    } catch (error) {
      options.onError(error)
    }
    count()
    const tookMs = options.cost === 'own' ? ownMs : performance.now() - startMs
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
