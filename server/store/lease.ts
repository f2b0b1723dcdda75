// Who writes a partition of the log: whoever holds PostgreSQL's advisory lock on it. The lock goes with its connection, so a dead owner keeps
// nobody waiting; the epoch, which every append asks for, fences an owner whose connection went while it believed itself to be one.
import type pg from 'pg'
import { z } from 'zod'

/** Namespace of our advisory locks: "vgil" in ASCII. The lock's other half is the partition. */
export const logLockSpace = 0x7667696c
/** What an append answers under an epoch that is over (`require_log_lease`). */
export const leaseLostCode = 'VG001'
const noSuchTable = '42P01'

/** A node of several, and the address under which the others reach it. */
export type NodeAddress = { id: string; url: string }

export class LeaseLostError extends Error {
  override name = 'LeaseLostError'
}

/** True where this connection owns the partition from now on. */
export async function tryLock(client: pg.Client, partition: number): Promise<boolean> {
  const got = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS locked', [
    logLockSpace,
    partition,
  ])
  return got.rows[0]?.locked === true
}

/**
 * Begins a new epoch; to be called with the lock, before anything is read that the owner goes on from. Waits for the last append of the owner
 * before: after it, none of theirs commits.
 */
export async function takeOver(client: pg.Client, partition: number, node: NodeAddress): Promise<number> {
  await client.query('BEGIN')
  try {
    await client.query(
      `INSERT INTO log_lease (partition, epoch, node, url, backend_pid, taken_at, seen_at)
       VALUES ($1, 0, '', '', 0, now(), now()) ON CONFLICT DO NOTHING`,
      [partition],
    )
    // Stronger than an update's own lock, which would not wait for appends.
    await client.query('SELECT 1 FROM log_lease WHERE partition = $1 FOR UPDATE', [partition])
    const taken = await client.query<{ epoch: string }>(
      `UPDATE log_lease SET epoch = epoch + 1, node = $2, url = $3, backend_pid = pg_backend_pid(),
         taken_at = clock_timestamp(), seen_at = clock_timestamp()
       WHERE partition = $1 RETURNING epoch`,
      [partition, node.id, node.url],
    )
    await client.query('COMMIT')
    return Number(taken.rows[0]?.epoch)
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined) // the connection's own end does the same
    throw error
  }
}

/** After a broken connection: goes on under the same epoch. False where another node was owner meanwhile. */
export async function resumeLease(client: pg.Client, partition: number, epoch: number): Promise<boolean> {
  const kept = await client.query(
    `UPDATE log_lease SET backend_pid = pg_backend_pid(), seen_at = clock_timestamp() WHERE partition = $1 AND epoch = $2`,
    [partition, epoch],
  )
  return kept.rowCount === 1
}

/** Whether the epoch is still the newest one. */
export async function isEpoch(client: pg.Client, partition: number, epoch: number): Promise<boolean> {
  const found = await client.query('SELECT 1 FROM log_lease WHERE partition = $1 AND epoch = $2', [partition, epoch])
  return found.rowCount === 1
}

/** The owner says that it is there; nobody else's row is touched. */
export async function sayAlive(pool: pg.Pool, partition: number, node: NodeAddress): Promise<void> {
  await pool.query('UPDATE log_lease SET seen_at = clock_timestamp() WHERE partition = $1 AND node = $2', [
    partition,
    node.id,
  ])
}

const LeaseRow = z.object({
  epoch: z.coerce.number(),
  node: z.string(),
  url: z.string(),
  silentMs: z.coerce.number(),
  /** What only those know who may read this database. */
  secret: z.string().nullable(),
})
export type Lease = z.infer<typeof LeaseRow>

/** As it was written by the newest owner, who may be gone; undefined where there never was one. */
export async function readLease(client: pg.Client | pg.Pool, partition: number): Promise<Lease | undefined> {
  try {
    const found: pg.QueryResult<object> = await client.query(
      `SELECT epoch, node, url, 1000 * extract(epoch FROM clock_timestamp() - seen_at) AS "silentMs",
         (SELECT value FROM setting WHERE key = 'auth.secret') AS secret
       FROM log_lease WHERE partition = $1`,
      [partition],
    )
    const [row] = found.rows
    return row === undefined ? undefined : LeaseRow.parse(row)
  } catch (error) {
    // Not migrated yet: whoever has the lock is at it.
    if (error instanceof Error && 'code' in error && error.code === noSuchTable) return undefined
    throw error
  }
}

/**
 * Ends the connection of an owner that holds the lock and has said nothing for too long (stopped, or cut off from the database without its
 * connection having been closed). Only the very connection that the silent owner named: a new one that is still migrating has another.
 */
export async function endSilentOwner(client: pg.Client, partition: number, silentMsMax: number): Promise<boolean> {
  const ended = await client.query(
    `SELECT pg_terminate_backend(held.pid) FROM pg_locks held JOIN log_lease lease ON lease.backend_pid = held.pid
     WHERE held.locktype = 'advisory' AND held.granted AND held.classid = $1::int::oid AND held.objid = $2::int::oid AND held.objsubid = 2
       AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND lease.partition = $2::int AND lease.seen_at < clock_timestamp() - $3::float8 * interval '1 millisecond'`,
    [logLockSpace, partition, silentMsMax],
  )
  return (ended.rowCount ?? 0) > 0
}
