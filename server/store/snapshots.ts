// Snapshots of the state, and `stateAt`: the state as it was at a place of the log, from the nearest snapshot and the events after it.
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import { deflateRaw, gunzip, gzip, inflateRawSync } from 'node:zlib'
import type pg from 'pg'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { readableSnapshots, snapshotLines, snapshotVersion, stateInPieces } from '../model/snapshot-state.ts'
import { type ConsoleState, emptyState, type SessionState } from '../model/state.ts'
import { readLog } from './read-events.ts'

const replayBatch = 5_000
/** Characters that are written between two pauses: some milliseconds. */
const pieceCharacters = 512 * 1024
/** Long texts that are compressed at once. */
const packedAtOnce = 32

/** What is long in a session, compressed, and up to which event of the session that is true: it is compressed again only when it has changed. */
const packedLongs = new WeakMap<SessionState, { lastSeq: number; bytes: Buffer }>()

/**
 * Stores the state as it is now. `atMs` is when its newest event was seen. `pause`: the state does not change meanwhile, so that others may
 * have their turn in between; without it, its text is made in one go.
 */
export async function writeSnapshot(
  pool: pg.Pool,
  partition: number,
  state: ConsoleState,
  pause?: () => Promise<void>,
): Promise<void> {
  const seq = state.headSeq.get(partition) ?? 0
  if (seq === 0) return
  const atMs = state.newestFactAtMs
  const bytes = await packed(state, pause)
  await pool.query(
    `INSERT INTO snapshot (partition, seq, at, version, state) VALUES ($1, $2, to_timestamp($3 / 1000.0), $4, $5)
     ON CONFLICT (partition, seq) DO NOTHING`,
    [partition, seq, atMs, snapshotVersion, bytes],
  )
}

/** The length of the lines, they themselves compressed; then of each session the length of what is long in it, and that compressed. */
async function packed(state: ConsoleState, pause: (() => Promise<void>) | undefined): Promise<Buffer> {
  const lines: string[] = []
  const longs: (Buffer | { session: SessionState; lastSeq: number; text: string })[] = []
  const keptOf = (session: SessionState): Buffer | undefined => {
    const kept = packedLongs.get(session)
    return kept?.lastSeq === session.lastSeq ? kept.bytes : undefined
  }
  let characters = 0
  for (const { line, session, long } of snapshotLines(state, (each) => keptOf(each) !== undefined)) {
    lines.push(line)
    if (session) {
      const { lastSeq } = session
      longs.push(long === undefined ? (keptOf(session) ?? Buffer.alloc(0)) : { session, lastSeq, text: long })
    }
    characters += line.length + (long?.length ?? 0)
    if (!pause || characters < pieceCharacters) continue
    characters = 0
    await pause()
  }
  const head = await promisify(gzip)(lines.join('\n'), { level: 1 })
  const parts = [lengthOf(head), head]
  for (let first = 0; first < longs.length; first += packedAtOnce) {
    const done = await Promise.all(
      longs.slice(first, first + packedAtOnce).map(async (each) => {
        if (Buffer.isBuffer(each)) return each
        const bytes = await promisify(deflateRaw)(each.text, { level: 1 })
        packedLongs.set(each.session, { lastSeq: each.lastSeq, bytes })
        return bytes
      }),
    )
    for (const bytes of done) parts.push(lengthOf(bytes), bytes)
  }
  return Buffer.concat(parts)
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return length
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
    // A page may be short for its length in bytes: only an empty one is the end.
    if (events.length === 0) return state
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
    'SELECT seq FROM snapshot WHERE partition = $1 AND version = ANY($2::int[]) AND seq <= $3 ORDER BY seq DESC LIMIT 1',
    [partition, readableSnapshots, throughSeq],
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
    'SELECT state FROM snapshot WHERE partition = $1 AND version = ANY($2::int[]) AND seq <= $3 ORDER BY seq DESC LIMIT 1',
    [partition, readableSnapshots, throughSeq ?? Number.MAX_SAFE_INTEGER],
  )
  const bytes = found.rows[0]?.state
  if (bytes === undefined) return undefined
  const headEnd = 4 + bytes.readUInt32BE(0)
  const head = bytes.subarray(4, headEnd)
  const text = (await promisify(gunzip)(head, { chunkSize: 1024 * 1024 })).toString('utf8')
  let at = headEnd
  const longOf = (session: SessionState) => {
    const start = at + 4
    at = start + bytes.readUInt32BE(at)
    const long = bytes.subarray(start, at)
    packedLongs.set(session, { lastSeq: session.lastSeq, bytes: long })
    return () => inflateRawSync(long).toString('utf8')
  }
  const pieces = stateInPieces(text, longOf)
  for (;;) {
    const { done, value } = pieces.next()
    if (done) return value
    await setImmediate()
  }
}
