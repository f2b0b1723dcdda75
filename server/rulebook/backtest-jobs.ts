// Backtests that run, and the newest that ended: they go on when a page is reloaded, can be cancelled, and end with the server.
import type { BacktestView } from '../protocol/rule-view.ts'
import type { BacktestReport } from './backtest.ts'

const runningMax = 2
const keptMax = 20
const nothing = { flags: 0, sessions: 0, pages: 0 }

type Job = { view: BacktestView; isCancelled: boolean }

export type BacktestJobs = {
  /** Undefined where too many run already. */
  start(
    about: Pick<BacktestView, 'name' | 'by' | 'hours'>,
    reports: () => AsyncIterable<BacktestReport>,
  ): string | undefined
  get(id: string): BacktestView | undefined
  /** Newest first. */
  list(): BacktestView[]
  /** False where there is none that runs. */
  cancel(id: string): boolean
  /** Hears of each report and of each end. */
  onChange(listener: (view: BacktestView) => void): void
  /** Cancels what runs and waits for it. */
  close(): Promise<void>
}

export function createBacktestJobs(options: { newId: () => string; nowMs: () => number }): BacktestJobs {
  /** Oldest first. */
  const jobs = new Map<string, Job>()
  const running = new Set<Promise<void>>()
  const listeners: ((view: BacktestView) => void)[] = []

  function show(job: Job, change: Partial<BacktestView>): void {
    job.view = { ...job.view, ...change }
    for (const listener of listeners) listener(job.view)
  }

  async function run(job: Job, reports: () => AsyncIterable<BacktestReport>): Promise<void> {
    try {
      for await (const report of reports()) {
        show(job, report)
        if (job.isCancelled) break
      }
      show(job, { state: job.isCancelled ? 'cancelled' : 'done' })
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error)
      show(job, { state: 'failed', problem: problem.slice(0, 500) })
    }
  }

  return {
    start(about, reports) {
      if (running.size >= runningMax) return undefined
      const id = `bt-${options.newId()}`
      const view: BacktestView = {
        ...about,
        id,
        startedAtMs: options.nowMs(),
        state: 'running',
        events: 0,
        ofEvents: 0,
        current: nothing,
        edited: nothing,
        appeared: [],
        disappeared: [],
        appearedCount: 0,
        disappearedCount: 0,
      }
      const job: Job = { view, isCancelled: false }
      jobs.set(id, job)
      const mine = run(job, reports).finally(() => running.delete(mine))
      running.add(mine)
      for (const [old, { view: oldView }] of jobs) {
        if (jobs.size <= keptMax) break
        if (oldView.state !== 'running') jobs.delete(old)
      }
      return id
    },
    get: (id) => jobs.get(id)?.view,
    list: () => [...jobs.values()].map(({ view }) => view).reverse(),
    cancel(id) {
      const job = jobs.get(id)
      if (job?.view.state !== 'running') return false
      job.isCancelled = true
      return true
    },
    onChange: (listener) => listeners.push(listener),
    async close() {
      for (const job of jobs.values()) job.isCancelled = true
      await Promise.all(running)
    },
  }
}
