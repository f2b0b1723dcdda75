// What a server holds, read from outside: its process by the kernel, its heap by its own metrics, its connections by PostgreSQL.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import type { Product } from '../product.ts'
import type { Rule } from './slope.ts'

export const figures = {
  server_rss_mib: { unit: 'MiB', floor: 32, share: 0.1 },
  /** The lowest of some looks: what a collection had just left. */
  server_heap_mib: { unit: 'MiB', floor: 16, share: 0.1 },
  server_handles: { unit: '', floor: 8, share: 0.1 },
  probe_rss_mib: { unit: 'MiB', floor: 16, share: 0.1 },
  probe_handles: { unit: '', floor: 8, share: 0.1 },
  database_connections: { unit: '', floor: 3, share: 0.1 },
  event_loop_p99_ms: { unit: 'ms', floor: 10, share: 0.1 },
  ingest_ack_ms: { unit: 'ms', floor: 5, share: 0.1 },
  gate_decision_ms: { unit: 'ms', floor: 5, share: 0.1 },
  page_ms: { unit: 'ms', floor: 10, share: 0.1 },
} as const satisfies Record<string, Rule & { unit: string }>
export type FigureName = keyof typeof figures

export type Readings = Partial<Record<FigureName, number>>

export type Reader = {
  /** Between the readings: keeps the lowest heap. */
  look(): Promise<void>
  read(): Promise<Readings>
  close(): Promise<void>
}

export async function openReader(product: Product, databaseUrl: string): Promise<Reader> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'vigil soak' })
  await client.connect()
  let lowestHeap: number | undefined
  async function look(): Promise<string> {
    const metrics = await (await product.api('/metrics')).text()
    const heap = metricOf(metrics, 'nodejs_heap_size_used_bytes') / 2 ** 20
    lowestHeap = Math.min(lowestHeap ?? heap, heap)
    return metrics
  }
  return {
    async look() {
      await look()
    },
    async read() {
      const metrics = await look()
      const heap = lowestHeap
      lowestHeap = undefined
      const probe = probePid(product.dataDir)
      return {
        ...ofProcess(product.pid(), 'server_rss_mib', 'server_handles'),
        ...(heap !== undefined && { server_heap_mib: heap }),
        ...(probe !== undefined && ofProcess(probe, 'probe_rss_mib', 'probe_handles')),
        event_loop_p99_ms: metricOf(metrics, 'nodejs_eventloop_lag_p99_seconds') * 1_000,
        database_connections: await connectionsOf(client),
      }
    },
    close: () => client.end(),
  }
}

function ofProcess(pid: number, rss: FigureName, handles: FigureName): Readings {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  return { [rss]: Number(kib) / 1_024, [handles]: readdirSync(`/proc/${pid}/fd`).length }
}

function probePid(dataDir: string): number | undefined {
  try {
    return Number(readFileSync(path.join(dataDir, 'probe.pid'), 'utf8'))
  } catch {
    return undefined // no local probe
  }
}

/** All but our own. */
async function connectionsOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `SELECT count(*) AS count FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  )
  return Number(rows[0]?.count)
}

function metricOf(metrics: string, name: string): number {
  const match = new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)
  if (!match) throw new Error(`/metrics has no ${name}`)
  return Number(match[1])
}
