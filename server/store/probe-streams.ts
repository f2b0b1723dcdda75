// How far each probe's spool is durable here: read once at the start, then kept by the writer in the same transaction as the events.
import type pg from 'pg'

export type StreamRow = { stream: string; host: string; ackedN: number }

export async function readProbeStreams(pool: pg.Pool): Promise<StreamRow[]> {
  const result = await pool.query<{ stream_id: string; host: string; acked_n: string }>(
    'SELECT stream_id, host, acked_n FROM probe_stream',
  )
  return result.rows.map((row) => ({ stream: row.stream_id, host: row.host, ackedN: Number(row.acked_n) }))
}
