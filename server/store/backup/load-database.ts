// Puts a backup into an empty database, in one transaction: either everything is there afterwards, counted, or nothing is. It must never touch a
// database that holds anything, or that a server writes to.
import type pg from 'pg'
import { logLockSpace } from '../lease.ts'
import { applyMigrations, checksumsOf, readMigrations } from '../migrate.ts'
import { dayMs, partitionedTables, partitionName } from '../partitions.ts'
import type { OpenArchive } from './archive.ts'
import { copyIn } from './copy-rows.ts'
import { connect, quoted } from './dump-database.ts'
import type { Manifest, TableInBackup } from './manifest.ts'
import { backupTables } from './tables.ts'

export type LoadOptions = {
  connectionString: string
  /** absolute path of prisma/migrations */
  migrationsDir: string
  archive: OpenArchive
  /** Called as it begins with each table. */
  progress?: (table: string) => void
  /** When everything is in and nothing is committed: what throws here undoes it. */
  beforeCommit?: () => Promise<void>
}

/** Throws an Error with one line that says what to do; the database holds nothing then. */
export async function loadDatabase(options: LoadOptions): Promise<void> {
  const { connectionString, migrationsDir, archive } = options
  const { manifest } = archive
  await requireKnown(manifest, migrationsDir)
  const client = await connect(connectionString)
  try {
    await requireNobodyWrites(client)
    await requireEmpty(client, manifest)
    // The tables of that time: a newer server brings them further when it starts, rows and all.
    await applyMigrations({
      connectionString,
      migrationsDir,
      only: new Set(manifest.migrations.map(({ name }) => name)),
    })
    await client.query('BEGIN')
    await requireEmpty(client, manifest) // again, by the same transaction
    for (const { table, dayStartMs } of manifest.days) await makeDay(client, table, dayStartMs)
    for (const table of manifest.tables) {
      options.progress?.(table.table)
      await loadTable(client, table, archive)
    }
    await continueNumbers(client)
    await options.beforeCommit?.()
    await client.query('COMMIT')
    await client.query('ANALYZE')
  } finally {
    await client.end() // undoes what was not committed
  }
}

async function requireKnown({ migrations, tables, days }: Manifest, migrationsDir: string): Promise<void> {
  const known = new Map((await readMigrations(migrationsDir)).map((each) => [each.name, each.sql]))
  for (const { name, checksum } of migrations) {
    const sql = known.get(name)
    if (sql === undefined)
      throw new Error(`this backup is of a newer Vigil (${name} is unknown here): restore it with that version`)
    if (!checksumsOf(sql).includes(checksum))
      throw new Error(`${name} is not the migration that this backup was made with: restore it with its own version`)
  }
  const names: readonly string[] = backupTables
  const stranger = tables.find(({ table }) => !names.includes(table))?.table
  const noDay = days.find(({ table }) => !Object.hasOwn(partitionedTables, table))?.table
  if (stranger !== undefined || noDay !== undefined)
    throw new Error(`this backup holds a table that is none of Vigil's (${stranger ?? noDay}): it is not restored`)
}

/** A server that starts in the middle waits for the same lock, and says so. */
async function requireNobodyWrites(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1, 0) AS locked', [
    logLockSpace,
  ])
  if (!rows[0]?.locked)
    throw new Error('a Vigil server writes to this database: stop it, and restore into an empty one')
}

/** Empty tables of ours are as good as none: a restore that broke off leaves them. */
async function requireEmpty(client: pg.Client, { migrations }: Manifest): Promise<void> {
  const instead = 'restore into an empty database'
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
       AND relnamespace = current_schema()::regnamespace AND relname <> '_prisma_migrations' ORDER BY 1`,
  )
  for (const { name } of tables) {
    const { rowCount } = await client.query(`SELECT FROM ${quoted(name)} LIMIT 1`)
    if ((rowCount ?? 0) > 0) throw new Error(`this database is not empty (its table ${name} has rows): ${instead}`)
  }
  const { rows: found } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`,
  )
  if (!found[0]?.found) return
  const names = new Set(migrations.map(({ name }) => name))
  const applied = await client.query<{ name: string }>(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE rolled_back_at IS NULL',
  )
  const later = applied.rows.find(({ name }) => !names.has(name))
  if (later) throw new Error(`this database has the tables of a newer Vigil (${later.name}): ${instead}`)
}

/** Without it retention would have to delete this day's rows one by one. */
async function makeDay(client: pg.Client, table: string, dayStartMs: number): Promise<void> {
  if (!(table in partitionedTables)) return
  const name = partitionName(table as keyof typeof partitionedTables, dayStartMs)
  const [from, to] = [dayStartMs, dayStartMs + dayMs].map((ms) => new Date(ms).toISOString())
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${quoted(name)} PARTITION OF ${quoted(table)} FOR VALUES FROM ('${from}') TO ('${to}')`,
  )
}

async function loadTable(client: pg.Client, of: TableInBackup, archive: OpenArchive): Promise<void> {
  async function* pieces() {
    for (const piece of of.pieces) yield await archive.read(piece)
  }
  const sql = `COPY ${quoted(of.table)} (${of.columns.map(quoted).join(', ')}) FROM STDIN`
  const rows = await copyIn(client, sql, pieces())
  if (rows !== of.rows) throw new Error(`${of.table} has ${rows} rows and should have ${of.rows}: nothing was restored`)
}

/** Numbers that the database gives out go on behind those that are taken. */
async function continueNumbers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `SELECT c.relname AS table, a.attname AS column, pg_get_serial_sequence(quote_ident(c.relname), a.attname) AS sequence
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.oid = ANY (SELECT to_regclass(quote_ident(t))::oid FROM unnest($1::text[]) AS t)
       AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL`,
    [[...backupTables]],
  )
  for (const { table, column, sequence } of rows) {
    const newest = `(SELECT max(${quoted(column)}) FROM ${quoted(table)})`
    await client.query(`SELECT setval($1, coalesce(${newest}, 1), ${newest} IS NOT NULL)`, [sequence])
  }
}
