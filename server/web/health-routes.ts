// Is it alive, is it ready, and how is it doing: for load balancers and Prometheus. No names of sessions or people in here.
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import { ProblemError } from './problem.ts'

export type Health = {
  databaseConnected(): boolean
  metrics: { contentType: string; text(): Promise<string> }
}

export function healthRoutes({ databaseConnected, metrics }: Health) {
  return (app: ApiApp): void => {
    app.get('/healthz', (c) => c.text('ok\n'))
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
