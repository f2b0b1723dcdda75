// Is it alive, is it ready, and how is it doing: for load balancers and Prometheus. No names of sessions or people in here.
import type { DiskLevel, DiskView } from '../protocol/retention.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import { ProblemError } from './problem.ts'

export type Health = {
  databaseConnected(): boolean
  /** undefined where nobody looks. */
  disk(): DiskView | undefined
  metrics: { contentType: string; text(): Promise<string> }
}

export function healthRoutes({ databaseConnected, disk, metrics }: Health) {
  return (app: ApiApp): void => {
    // A disk that gets full is no reason to take a server away, which would help nobody: it is said beside.
    app.get('/healthz', (c) => c.text(sentenceOf(disk()?.level)))
    app.get('/readyz', (c) => {
      if (!databaseConnected()) throw new ProblemError(503, 'Not ready', 'PostgreSQL does not answer')
      return c.text('ready\n')
    })
    app.get('/metrics', async (c) => {
      requireScope(c.get('caller'), 'read')
      return c.body(await metrics.text(), 200, { 'content-type': metrics.contentType })
    })
  }
}

function sentenceOf(disk: DiskLevel | undefined): string {
  if (disk === undefined || disk === 'ok') return 'ok\n'
  return `ok\nthe disk is ${disk === 'low' ? 'low' : 'very low: the oldest readings are dropped'}\n`
}
