// Is it alive, is it ready, and how is it doing: for load balancers and Prometheus. No names of sessions or people in here.
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { DiskLevel, type DiskView } from '../protocol/retention.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

export type Health = {
  databaseConnected(): boolean
  probesConnected(): number
  viewers(): number
  samplesShed(): number
  /** undefined where nobody looks. */
  disk(): DiskView | undefined
}

export function healthRoutes(pipeline: PipelinePort, health: Health) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const appended = new Counter({
    name: 'vigil_events_appended_total',
    help: 'Events made durable',
    registers: [registry],
  })
  pipeline.onCommit(({ events }) => appended.inc(events.length))
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect: function () {
        this.set(read())
      },
    })
  gauge('vigil_queued_rows', 'Events waiting for the database', () => pipeline.queuedRows())
  gauge('vigil_sessions', 'Sessions in memory', () => pipeline.state.sessions.size)
  gauge('vigil_probes_connected', 'Probes connected', () => health.probesConnected())
  gauge('vigil_viewers', 'Browsers connected', () => health.viewers())
  gauge('vigil_samples_shed_total', 'Samples dropped under load, or for want of disk', () => health.samplesShed())
  gauge('vigil_disk_free_bytes', 'Free where the data folder is', () => health.disk()?.freeBytes ?? Number.NaN)
  gauge('vigil_disk_level', '0 enough, 1 low, 2 very low: readings are dropped', () => {
    const level = health.disk()?.level
    return level === undefined ? Number.NaN : DiskLevel.options.indexOf(level)
  })
  gauge('vigil_database_connected', '1 while PostgreSQL answers', () => (health.databaseConnected() ? 1 : 0))

  return (app: ApiApp): void => {
    // A disk that gets full is no reason to take a server away, which would help nobody: it is said beside.
    app.get('/healthz', (c) => c.text(sentenceOf(health.disk()?.level)))
    app.get('/readyz', (c) => {
      if (!health.databaseConnected()) throw new ProblemError(503, 'Not ready', 'PostgreSQL does not answer')
      return c.text('ready\n')
    })
    app.get('/metrics', async (c) => {
      requireScope(c.get('caller'), 'read')
      return c.body(await registry.metrics(), 200, { 'content-type': registry.contentType })
    })
  }
}

function sentenceOf(disk: DiskLevel | undefined): string {
  if (disk === undefined || disk === 'ok') return 'ok\n'
  return `ok\nthe disk is ${disk === 'low' ? 'low' : 'very low: the oldest readings are dropped'}\n`
}
