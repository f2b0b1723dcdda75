// Snapshots of the state, and `stateAt`: the state as it was at a moment, from the nearest snapshot and the events after it.
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type pg from 'pg'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { snapshotVersion, stateFromJson, stateToJson } from '../model/snapshot-state.ts'
import { type ConsoleState, emptyState } from '../model/state.ts'
import { readLog } from './read-events.ts'

const replayBatch = 5_000

/** Stores the state as it is now. `atMs` is when its newest event was seen. */
export async function writeSnapshot(pool: pg.Pool, partition: number, state: ConsoleState): Promise<void> {
  const seq = state.headSeq.get(partition) ?? 0
  if (seq === 0) return
  const atMs = state.newestFactAtMs
  const bytes = await promisify(gzip)(stateToJson(state), { level: 1 })
  await pool.query(
    `INSERT INTO snapshot (partition, seq, at, version, state) VALUES ($1, $2, to_timestamp($3 / 1000.0), $4, $5)
     ON CONFLICT (partition, seq) DO NOTHING`,
    [partition, seq, atMs, snapshotVersion, bytes],
  )
}

/**
 * The state when everything seen up to `atMs` (server's clock; absent = everything) had been applied.
 * Reads the log in batches; `onProgress` hears how many events were replayed.
 */
export async function stateAt(
  pool: pg.Pool,
  partition: number,
  atMs?: number,
  onProgress?: (replayed: number) => void,
): Promise<ConsoleState> {
  const state = await nearestSnapshot(pool, partition, atMs)
  let replayed = 0
  for (;;) {
    const events = await readLog(pool, {
      partition,
      afterSeq: state.headSeq.get(partition) ?? 0,
      limit: replayBatch,
      ...(atMs !== undefined && { untilMs: atMs }),
    })
    for (const event of events) applyEvent(state, event, nothingTouched())
    replayed += events.length
    if (events.length < replayBatch) return state
    onProgress?.(replayed)
  }
}

async function nearestSnapshot(pool: pg.Pool, partition: number, atMs: number | undefined): Promise<ConsoleState> {
  // A snapshot's own moment may be shared by events after it: taking it is right, they are replayed on top.
  const found = await pool.query<{ state: Buffer }>(
    `SELECT state FROM snapshot WHERE partition = $1 AND version = $2 AND ($3::float8 IS NULL OR at <= to_timestamp($3 / 1000.0))
     ORDER BY seq DESC LIMIT 1`,
    [partition, snapshotVersion, atMs ?? null],
  )
  const bytes = found.rows[0]?.state
  return bytes === undefined ? emptyState() : stateFromJson((await promisify(gunzip)(bytes)).toString('utf8'))
}
