// The baseline: the same rows by `INSERT … SELECT unnest` in batches of 2,000, durable each, into a copy of the event table in the same
// PostgreSQL. No HTTP, no parsing, no state: its arrays are made before the clock starts, so it is as fast as one connection gets.
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { BenchEvent } from './agent-events.ts'

const batchRows = 2_000

const statement = `
INSERT INTO bench_bare.event (partition, seq, id, seen_at, at, kind, version, trust, session, host, data)
SELECT 0::int2, $1::int8 + n, id, to_timestamp($2 / 1000.0), to_timestamp(at_ms / 1000.0),
       kind, version, trust, session, host, data::json
FROM unnest($3::uuid[], $4::float8[], $5::text[], $6::int2[], $7::text[], $8::text[], $9::text[], $10::text[])
  WITH ORDINALITY AS t(id, at_ms, kind, version, trust, session, host, data, n)`

export type BareInsert = {
  /** Inserts all of them, one batch after another; answers how long that took. */
  insert(events: readonly BenchEvent[]): Promise<{ seconds: number }>
  close(): Promise<void>
}

export async function bareInsert(connectionString: string): Promise<BareInsert> {
  const client = new pg.Client({ connectionString, application_name: 'vigil bench baseline' })
  client.on('error', () => undefined) // the query that it breaks reports it
  await client.connect()
  await client.query('CREATE SCHEMA bench_bare')
  await client.query('CREATE TABLE bench_bare.event (LIKE public.event INCLUDING ALL)')
  let seq = 0
  return {
    async insert(events) {
      const batches: unknown[][] = []
      for (let start = 0; start < events.length; start += batchRows) {
        const rows = events.slice(start, start + batchRows)
        batches.push([
          rows.map((row) => row.id ?? randomUUID()),
          rows.map((row) => row.atMs),
          rows.map((row) => row.kind),
          rows.map((row) => row.v),
          rows.map(() => 'trainer'),
          rows.map((row) => row.session),
          rows.map(() => null),
          rows.map((row) => JSON.stringify(row.data)),
        ])
      }
      const startMs = performance.now()
      for (const columns of batches) {
        await client.query({ name: 'bare', text: statement, values: [seq, Date.now(), ...columns] })
        seq += batchRows
      }
      return { seconds: (performance.now() - startMs) / 1_000 }
    },
    close: () => client.end(),
  }
}
