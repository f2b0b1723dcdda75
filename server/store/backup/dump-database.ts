// Reads everything that is in a database of ours, as it was at one moment: one REPEATABLE READ transaction, however long it takes and whatever is
// written meanwhile. Writers never wait for it; what adds or drops tables of days waits, or comes later.
import pg from 'pg'
import type { readMigrations } from '../migrate.ts'
import { listPartitions } from '../partitions.ts'
import type { AddPiece } from './archive.ts'
import { copyOut } from './copy-rows.ts'
import type { Manifest, Piece, TableInBackup } from './manifest.ts'
import { backupTables, tableChangeLock } from './tables.ts'

/** In memory, twice: as it came, and packed. */
const pieceBytesUsual = 8 * 1024 * 1024
const lockPatienceMs = 10 * 60_000
/** Text forms that any PostgreSQL reads back exactly, whatever this database prefers; and no limit that a long table would meet. */
const session = [
  'SET DateStyle = ISO',
  'SET IntervalStyle = postgres',
  "SET TimeZone = 'UTC'",
  'SET extra_float_digits = 3',
  'SET bytea_output = hex',
  'SET statement_timeout = 0',
  'SET idle_in_transaction_session_timeout = 0',
  'SET synchronize_seqscans = off',
]

export type Dumped = Omit<Manifest, 'format' | 'version' | 'files'>

export type DumpOptions = {
  connectionString: string
  /** Those of this version, to know whether it knows every table. */
  migrations: Awaited<ReturnType<typeof readMigrations>>
  add: AddPiece
  /** Of rows, unpacked, at least: for tests. */
  pieceBytes?: number
  /** Called as it begins with each table. */
  progress?: (table: string) => void
  /** For tests: called when the moment is fixed and nothing has been read. */
  atMoment?: () => Promise<void>
}

/** Throws an Error with one line that says what to do. */
export async function dumpDatabase(options: DumpOptions): Promise<Dumped> {
  const client = await connect(options.connectionString)
  try {
    await client.query(`SET lock_timeout = ${lockPatienceMs}`)
    await client.query('SELECT pg_advisory_lock($1)', [tableChangeLock]).catch((error: unknown) => {
      const why = 'another backup, or retention, has been at work in this database for ten minutes'
      throw new Error(`${why}: wait for it`, { cause: error })
    })
    // Only now: the moment must come after the lock.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const migrations = await readApplied(client, options.migrations)
    const about = await client.query<{ at_ms: string; version: string }>(
      `SELECT floor(extract(epoch FROM now()) * 1000)::int8 AS at_ms, current_setting('server_version') AS version`,
    )
    const days = await daysOf(client)
    await options.atMoment?.()
    const tables: TableInBackup[] = []
    for (const { table, columns } of await columnsOf(client)) {
      options.progress?.(table)
      tables.push(await dumpTable(client, { table, columns }, options))
    }
    await client.query('COMMIT')
    return {
      madeAtMs: Number(about.rows[0]?.at_ms),
      postgres: about.rows[0]?.version ?? '',
      migrations,
      days,
      tables,
    }
  } finally {
    await client.end() // lets go of the lock, and ends what was not committed
  }
}

/** A connection that reads and writes text in the form of a backup. */
export async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: 'vigil backup', keepAlive: true })
  client.on('error', () => undefined) // reported by the query that it breaks
  await client.connect().catch((error: unknown) => {
    throw new Error(`the database cannot be reached: ${error instanceof Error ? error.message : String(error)}`)
  })
  for (const setting of session) await client.query(setting)
  return client
}

async function readApplied(client: pg.Client, known: DumpOptions['migrations']): Promise<Manifest['migrations']> {
  const there = await client.query<{ found: boolean }>(`SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`)
  const { rows } = there.rows[0]?.found
    ? await client.query<{ name: string; checksum: string }>(
        `SELECT migration_name AS name, checksum FROM _prisma_migrations
         WHERE rolled_back_at IS NULL AND finished_at IS NOT NULL ORDER BY started_at, migration_name`,
      )
    : { rows: [] }
  if (rows.length === 0) throw new Error('this database has no tables of Vigil: there is nothing to back up')
  const names = new Set(known.map(({ name }) => name))
  const newer = rows.find(({ name }) => !names.has(name))
  if (newer) {
    throw new Error(
      `this database was migrated by a newer Vigil (${newer.name} is unknown here): back it up with that version`,
    )
  }
  return rows
}

/** Of the tables that this database has, each with what is stored in its rows. */
async function columnsOf(client: pg.Client): Promise<{ table: string; columns: string[] }[]> {
  const { rows } = await client.query<{ table: string; columns: string[] }>(
    `SELECT c.relname AS table, array_agg(a.attname::text ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.oid = ANY (SELECT to_regclass(quote_ident(t))::oid FROM unnest($1::text[]) AS t) GROUP BY c.relname`,
    [[...backupTables]],
  )
  const found = new Map(rows.map((row) => [row.table, row]))
  return backupTables.map((table) => found.get(table)).filter((row) => row !== undefined)
}

async function daysOf(client: pg.Client): Promise<Manifest['days']> {
  return (await listPartitions(client))
    .map(({ name, dayStartMs }) => ({ table: name.slice(0, name.lastIndexOf('_')), dayStartMs }))
    .sort((a, b) => a.dayStartMs - b.dayStartMs || (a.table < b.table ? -1 : 1))
}

async function dumpTable(
  client: pg.Client,
  { table, columns }: { table: string; columns: string[] },
  { add, pieceBytes = pieceBytesUsual }: DumpOptions,
): Promise<TableInBackup> {
  const pieces: Piece[] = []
  let rows = 0
  let bytes = 0
  // As a query, because a table of partitions has no rows of its own to copy.
  const sql = `COPY (SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(table)}) TO STDOUT`
  for await (const piece of copyOut(client, sql, pieceBytes)) {
    rows += piece.rows
    bytes += piece.text.length
    pieces.push(await add(`${table}/${String(pieces.length + 1).padStart(6, '0')}.copy.gz`, piece.text))
  }
  return { table, columns, rows, bytes, pieces }
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
