// Daily partitions of the big tables, made ahead of time, so that retention drops a table instead of deleting rows.
// A row must never be refused or lost here: what arrived before its day existed waits in the DEFAULT partition.
import type pg from 'pg'
import { tableChangeLock } from './backup/tables.ts'

/** Table -> the column that it is partitioned by. */
export const partitionedTables = { event: 'seen_at', session_sample: 'at', gpu_sample: 'at' } as const
type PartitionedTable = keyof typeof partitionedTables

export const dayMs = 86_400_000
const daysAhead = 7
const tables = Object.keys(partitionedTables) as PartitionedTable[]

/** `event_20261121`: the day is UTC. */
export function partitionName(table: PartitionedTable, dayStartMs: number): string {
  return `${table}_${new Date(dayStartMs).toISOString().slice(0, 10).replaceAll('-', '')}`
}

/** Makes today's partitions and those of the next 7 days. Returns the names it made. Repeating it is cheap and harmless. */
export async function ensurePartitions(client: pg.ClientBase, nowMs: number): Promise<string[]> {
  const today = nowMs - (nowMs % dayMs)
  const existing = new Set((await listPartitions(client)).map((partition) => partition.name))
  const made: string[] = []
  for (const table of tables) {
    for (let day = 0; day <= daysAhead; day++) {
      const startMs = today + day * dayMs
      const name = partitionName(table, startMs)
      if (existing.has(name)) continue
      if (await makePartition(client, table, startMs)) made.push(name)
    }
  }
  return made
}

/** Drops every daily partition whose last moment is before the cutoff. Rows in DEFAULT of that age go too. */
export async function dropPartitionsBefore(client: pg.ClientBase, cutoffMs: number): Promise<string[]> {
  const dropped: string[] = []
  for (const { name, dayStartMs } of await listPartitions(client)) {
    if (dayStartMs + dayMs > cutoffMs) continue
    await client.query(`DROP TABLE IF EXISTS ${name}`)
    dropped.push(name)
  }
  const cutoffDay = new Date(cutoffMs - (cutoffMs % dayMs)).toISOString()
  for (const table of tables) {
    await client.query(`DELETE FROM ${table}_default WHERE ${partitionedTables[table]} < $1`, [cutoffDay])
  }
  return dropped
}

export interface Partition {
  name: string
  dayStartMs: number
}

export async function listPartitions(client: pg.ClientBase): Promise<Partition[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits
       JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = ANY (SELECT to_regclass(t)::oid FROM unnest($1::text[]) t)`,
    [tables],
  )
  return rows.flatMap(({ name }) => {
    const day = /_(\d{4})(\d\d)(\d\d)$/.exec(name)
    return day ? [{ name, dayStartMs: Date.UTC(Number(day[1]), Number(day[2]) - 1, Number(day[3])) }] : []
  })
}

/**
 * PostgreSQL refuses a partition while DEFAULT holds rows of its day. So the new table is filled first and attached
 * after, in one transaction that keeps writers of that table out for its length (milliseconds when DEFAULT is empty).
 */
async function makePartition(client: pg.ClientBase, table: PartitionedTable, startMs: number): Promise<boolean> {
  const name = partitionName(table, startMs)
  const column = partitionedTables[table]
  const from = new Date(startMs).toISOString()
  const to = new Date(startMs + dayMs).toISOString()
  await client.query('BEGIN')
  try {
    // While a backup reads, our lock would wait for it, and every writer behind ours. The day is days ahead: it is made the next time.
    const free = await client.query<{ free: boolean }>('SELECT pg_try_advisory_xact_lock_shared($1) AS free', [
      tableChangeLock,
    ])
    if (!free.rows[0]?.free) {
      await client.query('ROLLBACK')
      return false
    }
    await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
    const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [name])
    const isNew = !rows[0]?.found // another server may have made it while we waited
    if (isNew) {
      await client.query(`CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`)
      await client.query(
        `WITH moved AS (DELETE FROM ${table}_default WHERE ${column} >= '${from}' AND ${column} < '${to}' RETURNING *)
         INSERT INTO ${name} SELECT * FROM moved`,
      )
      await client.query(`ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from}') TO ('${to}')`)
    }
    await client.query('COMMIT')
    return isNew
  } catch (error) {
    await client.query('ROLLBACK')
    throw new Error(`Making partition ${name} failed: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  }
}
