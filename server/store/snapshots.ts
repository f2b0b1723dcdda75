// Snapshots of the state, and `stateAt`: the state as it was at a place of the log, from the nearest snapshot and the events after it.
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type pg from 'pg'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { snapshotVersion, stateInPieces, stateToJson } from '../model/snapshot-state.ts'
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
 * The state when everything up to `throughSeq` (absent: everything) had been applied.
 * Reads the log in batches; `onProgress` hears how many events were replayed.
 */
export async function stateAt(
  pool: pg.Pool,
  partition: number,
  throughSeq?: number,
  onProgress?: (replayed: number) => void,
): Promise<ConsoleState> {
  const state = (await readSnapshot(pool, partition, throughSeq)) ?? emptyState()
  let replayed = 0
  for (;;) {
    const events = await readLog(pool, {
      partition,
      afterSeq: state.headSeq.get(partition) ?? 0,
      limit: replayBatch,
      ...(throughSeq !== undefined && { throughSeq }),
    })
    for (const event of events) applyEvent(state, event, nothingTouched())
    replayed += events.length
    if (events.length < replayBatch) return state
    onProgress?.(replayed)
  }
}

/** The newest snapshot at or before `throughSeq`, by its number; undefined where there is none of this version. */
export async function snapshotBefore(
  pool: pg.Pool,
  partition: number,
  throughSeq: number = Number.MAX_SAFE_INTEGER,
): Promise<number | undefined> {
  const found = await pool.query<{ seq: string }>(
    'SELECT seq FROM snapshot WHERE partition = $1 AND version = $2 AND seq <= $3 ORDER BY seq DESC LIMIT 1',
    [partition, snapshotVersion, throughSeq],
  )
  const seq = found.rows[0]?.seq
  return seq === undefined ? undefined : Number(seq)
}

/** Reads that snapshot, with a turn of the event loop for everything else after every piece of it. */
export async function readSnapshot(
  pool: pg.Pool,
  partition: number,
  throughSeq?: number,
): Promise<ConsoleState | undefined> {
  const found = await pool.query<{ state: Buffer }>(
    'SELECT state FROM snapshot WHERE partition = $1 AND version = $2 AND seq <= $3 ORDER BY seq DESC LIMIT 1',
    [partition, snapshotVersion, throughSeq ?? Number.MAX_SAFE_INTEGER],
  )
  const bytes = found.rows[0]?.state
  if (bytes === undefined) return undefined
  const pieces = stateInPieces((await promisify(gunzip)(bytes)).toString('utf8'))
  for (;;) {
    const { done, value } = pieces.next()
    if (done) return value
    await setImmediate()
  }
}
