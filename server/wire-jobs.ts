// Long work put together: bundles are made by it, backtests are run by their own room and imports by other machines, and told to it, so that
// one list holds them all.
import { randomUUID } from 'node:crypto'
import { watchImports } from './import-watch.ts'
import { openJobs } from './jobs.ts'
import type { Actor } from './protocol/actor.ts'
import type { BacktestView } from './protocol/rule-view.ts'
import type { BacktestWatch } from './web/rule-document-routes.ts'

export async function wireJobs(options: {
  dataDir: string
  backtests: {
    get(id: string): BacktestView | undefined
    cancel(id: string): boolean
    onChange(listener: (view: BacktestView) => void): void
  }
  nowMs: () => number
  recordAudit: (by: Actor, change: string, subject: string) => Promise<void>
  onError: (context: string, error: unknown) => void
}) {
  const { backtests, ...rest } = options
  const jobs = await openJobs({ ...rest, newId: () => randomUUID().slice(0, 13) })
  backtests.onChange((view) => jobs.tell(view.id, toldOf(view)))
  const watch: BacktestWatch = {
    async started(id, by, page) {
      const view = backtests.get(id)
      if (!view) return
      const { name, hours } = view
      const about = {
        kind: 'backtest' as const,
        title: `Backtest of ${name} over ${hours} h`,
        by,
        unit: 'events',
        href: page ?? `/rules/edit?${new URLSearchParams({ name, backtest: id })}`,
      }
      // It may have ended while that was written: what it is by then is what counts.
      await jobs.follow(
        id,
        about,
        () => toldOf(backtests.get(id) ?? view),
        () => backtests.cancel(id),
      )
    },
    cancel: jobs.cancel,
  }
  const imports = watchImports(jobs, rest.nowMs)
  return {
    ...jobs,
    watch,
    imports,
    async close() {
      imports.close()
      await jobs.close()
    },
  }
}

function toldOf({ state, events, ofEvents, problem }: BacktestView) {
  return { state, done: events, ...(ofEvents > 0 && { of: Math.max(events, ofEvents) }), problem }
}
