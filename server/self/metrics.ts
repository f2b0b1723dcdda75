// The Prometheus registry: the runtime's own figures, and what the server does. No names of sessions or people in it.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { StoredEvent } from '../protocol/event.ts'
import { DiskLevel, type DiskView } from '../protocol/retention.ts'
import type { SelfFigures } from './watch-self.ts'

/** Seconds, as Prometheus counts; from a commit on an idle machine to one that nobody should wait for. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

export type Metrics = ReturnType<typeof openMetrics>

type Figures = SelfFigures & {
  sessions(): number
  openIncidents(): number
  held(): number
  /** undefined where nobody looks. */
  disk(): Pick<DiskView, 'freeBytes' | 'level'> | undefined
}

export function openMetrics(figures: Figures) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const appended = new Counter({ name: 'vigil_events_appended_total', help: 'Events made durable', registers })
  const commits = new Histogram({
    name: 'vigil_commit_seconds',
    help: 'From handing a batch to the database until it was durable',
    buckets: secondsBuckets,
    registers,
  })
  const requests = new Histogram({
    name: 'vigil_http_request_seconds',
    help: 'Requests to the HTTP API, by method and class of status',
    labelNames: ['method', 'status'] as const,
    buckets: secondsBuckets,
    registers,
  })
  const flags = new Counter({
    name: 'vigil_flags_total',
    help: 'Flags raised, by severity',
    labelNames: ['severity'] as const,
    registers,
  })
  const controls = new Counter({
    name: 'vigil_controls_ended_total',
    help: 'Controls that ended, by their one outcome',
    labelNames: ['outcome'] as const,
    registers,
  })
  const decisions = new Counter({
    name: 'vigil_approvals_decided_total',
    help: 'Approvals decided, by decision',
    labelNames: ['decision'] as const,
    registers,
  })
  const errors = new Counter({ name: 'vigil_errors_total', help: 'What failed in here: see the log', registers })
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect: function () {
        this.set(read())
      },
    })
  gauge('vigil_queued_rows', 'Events waiting for the database', figures.queuedRows)
  gauge('vigil_sessions', 'Sessions in memory', figures.sessions)
  gauge('vigil_incidents_open', 'Incidents that are not over', figures.openIncidents)
  gauge('vigil_approvals_waiting', 'Actions that are held until a person decides', figures.held)
  gauge('vigil_probes_connected', 'Probes connected', figures.probes)
  gauge('vigil_viewers', 'Browsers connected', figures.browsers)
  gauge('vigil_samples_shed_total', 'Samples dropped under load, or for want of disk', figures.samplesShed)
  gauge('vigil_disk_free_bytes', 'Free where the data folder is', () => figures.disk()?.freeBytes ?? Number.NaN)
  gauge('vigil_disk_level', '0 enough, 1 low, 2 very low: readings are dropped', () => {
    const level = figures.disk()?.level
    return level === undefined ? Number.NaN : DiskLevel.options.indexOf(level)
  })
  gauge('vigil_database_connected', '1 while PostgreSQL answers', () => (figures.databaseConnected() ? 1 : 0))

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    json: () => registry.getMetricsAsJSON(),
    committed(tookMs: number): void {
      commits.observe(tookMs / 1_000)
    },
    failed: () => errors.inc(),
    answered(method: string, status: number, tookMs: number): void {
      requests.observe({ method, status: `${Math.floor(status / 100)}xx` }, tookMs / 1_000)
    },
    take(events: readonly StoredEvent[]): void {
      appended.inc(events.length)
      for (const event of events) {
        if (event.kind === 'flag.raised') flags.inc({ severity: event.data.severity })
        else if (event.kind === 'control.ended') controls.inc({ outcome: event.data.outcome })
        else if (event.kind === 'approval.decided') decisions.inc({ decision: event.data.decision })
      }
    },
  }
}
