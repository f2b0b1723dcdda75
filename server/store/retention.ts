// Old readings are dropped a day at a time, with the day's table. What is held moves to the DEFAULT partition first, in the same transaction.
import type pg from 'pg'
import type { RetentionHolds } from '../model/retention-holds.ts'
import { tableChangeLock } from './backup/tables.ts'
import { dayMs, listPartitions } from './partitions.ts'
import { rollUpSamples, rollUpSteps } from './samples.ts'

export const hourMs = 3_600_000
const sampleTables = ['session_sample', 'gpu_sample'] as const
type SampleTable = (typeof sampleTables)[number]
type Held = Pick<RetentionHolds, 'sessions' | 'hosts'>

export type SampleDay = { table: SampleTable; name: string; dayStartMs: number }

/** Days that ended before the cutoff, oldest first. */
export async function sampleDaysBefore(pool: pg.Pool, cutoffMs: number): Promise<SampleDay[]> {
  const client = await pool.connect()
  try {
    const all = await listPartitions(client)
    return all
      .flatMap(({ name, dayStartMs }) => {
        const table = sampleTables.find((each) => name.startsWith(`${each}_2`))
        return table && dayStartMs + dayMs <= cutoffMs ? [{ table, name, dayStartMs }] : []
      })
      .sort((a, b) => a.dayStartMs - b.dayStartMs)
  } finally {
    client.release()
  }
}

/** Rolls the day up, keeps what is held, drops the rest. Returns the rows held. A crash in the middle changes nothing. */
export async function dropSampleDay(
  pool: pg.Pool,
  { table, name, dayStartMs }: SampleDay,
  held: Held,
): Promise<number> {
  // What came in late was rolled up by nobody. By the hour: a day of a large fleet in one statement would hold up everything.
  for (let fromMs = dayStartMs; fromMs < dayStartMs + dayMs; fromMs += hourMs) {
    await rollUpSteps(pool, fromMs, fromMs + hourMs)
    await rollUpSamples(pool, fromMs, fromMs + hourMs)
  }
  return await inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [name])
    if (!rows[0]?.found) return 0 // another server was first
    await client.query(`ALTER TABLE ${table} DETACH PARTITION ${name}`)
    const { sql, values } = isHeld(table, 'at', held, 1)
    const kept = await client.query(`INSERT INTO ${table}_default SELECT * FROM ${name} WHERE ${sql}`, values)
    await client.query(`DROP TABLE ${name}`)
    return kept.rowCount ?? 0
  })
}

/** What waited in DEFAULT, or was held there and no longer is. */
export async function dropDefaultSamples(pool: pg.Pool, cutoffMs: number, held: Held): Promise<number> {
  let dropped = 0
  for (const table of sampleTables)
    dropped += await deleteBefore(pool, { table: `${table}_default`, column: 'at', of: table, cutoffMs, held })
  return dropped
}

/** What readings were rolled up to, and the column of its time. */
const rolledUp = { minute: 'minute', step: 'at' } as const
export type RolledUp = keyof typeof rolledUp

/** What is held does not count: it stays, and nothing is to be done about it. */
export async function hasRolledUpBefore(pool: pg.Pool, kind: RolledUp, cutoffMs: number, held: Held): Promise<boolean> {
  const column = rolledUp[kind]
  for (const of of sampleTables) {
    const { sql, values } = isHeld(of, column, held, 2)
    const { rowCount } = await pool.query(
      `SELECT FROM ${of}_${kind} WHERE ${column} < to_timestamp($1 / 1000.0) AND NOT (${sql}) LIMIT 1`,
      [cutoffMs, ...values],
    )
    if ((rowCount ?? 0) > 0) return true
  }
  return false
}

export async function dropRolledUp(
  pool: pg.Pool,
  kind: RolledUp,
  { cutoffMs, held, signal }: { cutoffMs: number; held: Held; signal: AbortSignal },
): Promise<number> {
  let dropped = 0
  for (const of of sampleTables) {
    signal.throwIfAborted()
    dropped += await deleteBefore(pool, { table: `${of}_${kind}`, column: rolledUp[kind], of, cutoffMs, held })
  }
  return dropped
}

export async function oldestReadingsMs(pool: pg.Pool): Promise<number | undefined> {
  const { rows } = await pool.query<{ at: Date | null }>(
    'SELECT least((SELECT min(at) FROM session_sample), (SELECT min(at) FROM gpu_sample)) AS at',
  )
  return rows[0]?.at?.getTime()
}

type Deletion = { table: string; column: 'at' | 'minute'; of: SampleTable; cutoffMs: number; held: Held }

/** A piece at a time: one statement over a year of minutes would hold everything up. */
const pieceRows = 20_000

async function deleteBefore(pool: pg.Pool, { table, column, of, cutoffMs, held }: Deletion): Promise<number> {
  const { sql, values } = isHeld(of, column, held, 2)
  let dropped = 0
  for (;;) {
    const { rowCount } = await pool.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${column} < to_timestamp($1 / 1000.0) AND NOT (${sql}) LIMIT ${pieceRows}))`,
      [cutoffMs, ...values],
    )
    dropped += rowCount ?? 0
    if ((rowCount ?? 0) < pieceRows) return dropped
  }
}

/** `$first` and the next: nothing of it is put into the statement itself. */
export function isHeld(
  table: SampleTable,
  column: 'at' | 'minute',
  { sessions, hosts }: Held,
  first: number,
): { sql: string; values: unknown[] } {
  if (table === 'session_sample') return { sql: `session = ANY($${first}::text[])`, values: [sessions] }
  return {
    sql: `EXISTS (SELECT 1 FROM unnest($${first}::text[], $${first + 1}::float8[], $${first + 2}::float8[]) AS held(of_host, from_ms, to_ms)
            WHERE of_host = host AND ${column} >= to_timestamp(from_ms / 1000.0) AND ${column} <= to_timestamp(to_ms / 1000.0))`,
    values: [hosts.map(({ host }) => host), hosts.map(({ fromMs }) => fromMs), hosts.map(({ toMs }) => toMs)],
  }
}

/** A backup reads every table: to wait for it with a table's lock in hand would hold up everybody who writes, and a server that is to stop. */
export class BackupReads extends Error {
  override name = 'BackupReads'
  constructor() {
    super('a backup is being made: what is old is dropped when it is over')
  }
}

/** One after the other on a database. Throws BackupReads. */
export async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const { rows } = await client.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock_shared($1) AS free', [
      tableChangeLock,
    ])
    if (!rows[0]?.free) throw new BackupReads()
    // Two servers on one database drop one after the other.
    await client.query(`SELECT pg_advisory_xact_lock(hashtext('vigil.retention'))`)
    const done = await work(client)
    await client.query('COMMIT')
    return done
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined) // the connection broke: so did the transaction
    throw error
  } finally {
    client.release()
  }
}
