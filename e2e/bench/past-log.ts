// Days of the past put into the product's own tables while it is down: the same rows and the same snapshots as the server itself would have
// written, only faster. A day's table is filled without its indexes and gets them when it is attached. It goes with the data folder.
import pg from 'pg'
import { applyEvent, nothingTouched } from '../../server/model/reduce.ts'
import { emptyState } from '../../server/model/state.ts'
import type { StoredEvent } from '../../server/protocol/event.ts'
import { float8Array, int2Array, textArray, uuidArray } from '../../server/store/binary-array.ts'
import { partitionName } from '../../server/store/partitions.ts'
import { writeSnapshot } from '../../server/store/snapshots.ts'
import { type PastSpan, pastEvents } from './past-events.ts'

const dayMs = 86_400_000
const batchRows = 4_000
/** As server/snapshot-keeper.ts writes them at this pace. */
const snapshotEvery = 25_000

export type PastLog = { snapshots: number; seconds: number }

export async function writePastLog(databaseUrl: string, span: PastSpan, say: (line: string) => void): Promise<PastLog> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4, application_name: 'vigil bench log' })
  pool.on('error', () => undefined) // the query that it breaks reports it
  const startedMs = performance.now()
  try {
    // What its own start has written is taken away: this log is all there is.
    await pool.query('TRUNCATE event, event_key, snapshot')
    const state = emptyState()
    let snapshots = 0
    let day: { startMs: number; table: string } | undefined
    let batch: StoredEvent[] = []
    let writing: Promise<unknown> = Promise.resolve()
    let attaching: Promise<unknown> = Promise.resolve()

    const flush = async () => {
      const rows = batch
      const table = day?.table
      batch = []
      await writing
      if (rows.length > 0 && table !== undefined) writing = insertRows(pool, table, rows)
    }
    const attach = async () => {
      await flush()
      await writing
      await attaching
      const done = day
      if (done) attaching = attachDay(pool, done)
      // Its failure is told where it is waited for.
      attaching.catch(() => undefined)
    }

    for (const event of pastEvents(span)) {
      const startMs = event.seenAtMs - (event.seenAtMs % dayMs)
      if (day?.startMs !== startMs) {
        await attach()
        day = { startMs, table: await makeDay(pool, startMs) }
      }
      batch.push(event)
      applyEvent(state, event, nothingTouched())
      if (batch.length === batchRows) await flush()
      if (event.seq % snapshotEvery === 0) {
        await writeSnapshot(pool, 0, state)
        snapshots += 1
      }
      if (event.seq % 500_000 === 0) say(`replay: ${event.seq.toLocaleString('en')} events written`)
    }
    await attach()
    await attaching
    // Where it stood in the log by itself: everything before was counted as it came.
    await pool.query(
      "INSERT INTO setting (key, value) VALUES ('destinations.position', to_jsonb($1::bigint)) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      [span.events],
    )
    await pool.query('VACUUM (ANALYZE) event')
    await pool.query('CHECKPOINT')
    return { snapshots, seconds: (performance.now() - startedMs) / 1_000 }
  } finally {
    await pool.end()
  }
}

/** An empty table of that day, outside the log. It needs not outlive its PostgreSQL: without a write-ahead log it is filled in half the time. */
async function makeDay(pool: pg.Pool, startMs: number): Promise<string> {
  const table = partitionName('event', startMs)
  await pool.query(`DROP TABLE IF EXISTS ${table}`)
  await pool.query(`CREATE UNLOGGED TABLE ${table} (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`)
  return table
}

/** Its indexes are made by this. */
async function attachDay(pool: pg.Pool, { startMs, table }: { startMs: number; table: string }): Promise<void> {
  const [from, to] = [new Date(startMs).toISOString(), new Date(startMs + dayMs).toISOString()]
  const client = await pool.connect()
  try {
    await client.query("SET maintenance_work_mem = '256MB'")
    await client.query(`ALTER TABLE event ATTACH PARTITION ${table} FOR VALUES FROM ('${from}') TO ('${to}')`)
  } finally {
    client.release()
  }
}

async function insertRows(pool: pg.Pool, table: string, rows: readonly StoredEvent[]): Promise<void> {
  await pool.query(
    `INSERT INTO ${table} (partition, seq, id, seen_at, at, kind, version, trust, session, host, data)
     SELECT 0, seq::int8, id, to_timestamp(seen_ms / 1000.0), to_timestamp(at_ms / 1000.0), kind, version, trust, session, host, data::json
     FROM unnest($1::float8[], $2::uuid[], $3::float8[], $4::float8[], $5::text[], $6::int2[], $7::text[], $8::text[], $9::text[], $10::text[])
       AS t(seq, id, seen_ms, at_ms, kind, version, trust, session, host, data)`,
    [
      float8Array(rows.map(({ seq }) => seq)),
      uuidArray(rows.map(({ id }) => id)),
      float8Array(rows.map(({ seenAtMs }) => seenAtMs)),
      float8Array(rows.map(({ atMs }) => atMs)),
      textArray(rows.map(({ kind }) => kind)),
      int2Array(rows.map(({ v }) => v)),
      textArray(rows.map(({ trust }) => trust)),
      textArray(rows.map(({ session }) => session ?? null)),
      textArray(rows.map(({ host }) => host ?? null)),
      textArray(rows.map(({ data }) => JSON.stringify(data))),
    ],
  )
}
