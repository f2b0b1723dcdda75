// Brings a database to this version's tables, leaving `_prisma_migrations` exactly as `prisma migrate deploy` would.
// Must never run a migration twice, nor pass over one that was edited after it was applied.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MigrationList } from '@prisma/schema-engine-wasm'
import pg from 'pg'
import { withSchemaEngine } from './schema-engine.ts'

export interface ApplyMigrationsOptions {
  connectionString: string
  /** absolute path of prisma/migrations */
  migrationsDir: string
  /** Names of the only ones to apply: the tables of an earlier version, for a backup of it. */
  only?: ReadonlySet<string>
  log?: (message: string) => void
}

/** Ours alone: the schema engine takes another one on another connection, and would wait for us for ever. */
const advisoryLockKey = 8_611_417_301
const lockPatienceMs = 60_000

interface Migration {
  name: string
  sql: string
}

interface AppliedRow {
  migration_name: string
  checksum: string
  finished_at: Date | null
  logs: string | null
}

/** Returns the names of the migrations it applied; empty when there was nothing to do. */
export async function applyMigrations({
  connectionString,
  migrationsDir,
  only,
  log = () => {},
}: ApplyMigrationsOptions): Promise<string[]> {
  const migrations = (await readMigrations(migrationsDir)).filter(({ name }) => only?.has(name) ?? true)
  const client = new pg.Client({ connectionString })
  await client.connect().catch((error: unknown) => {
    throw new Error(`Cannot reach the database to migrate it: ${messageOf(error)}`, { cause: error })
  })
  try {
    await lock(client)
    const waiting = findWaiting(migrations, await readApplied(client))
    if (waiting.length === 0) return []
    log(`applying ${waiting.join(', ')}`)
    const migrationsList = toMigrationList(migrationsDir, migrations, await readLockfile(migrationsDir))
    const { appliedMigrationNames } = await withSchemaEngine(connectionString, (engine) =>
      engine.applyMigrations({
        migrationsList,
        filters: { externalTables: [], externalEnums: [] },
      }),
    ).catch((error: unknown) => {
      throw new Error(`Migrating the database failed (${waiting.join(', ')}): ${messageOf(error)}`, { cause: error })
    })
    return appliedMigrationNames
  } finally {
    await client.end() // lets go of the lock as well
  }
}

/** Two servers that start at once take turns; the second then finds nothing to do. */
async function lock(client: pg.Client): Promise<void> {
  await client.query(`SET lock_timeout = ${lockPatienceMs}`)
  await client.query('SELECT pg_advisory_lock($1)', [advisoryLockKey]).catch((error: unknown) => {
    throw new Error(
      `Another server has been migrating this database for ${lockPatienceMs / 1000} s. Wait for it, or end it. (${messageOf(error)})`,
      { cause: error },
    )
  })
}

export async function readMigrations(migrationsDir: string): Promise<Migration[]> {
  const entries = await readdir(migrationsDir, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(
    names
      .sort()
      .map(async (name) => ({ name, sql: await readFile(join(migrationsDir, name, 'migration.sql'), 'utf8') })),
  )
}

async function readLockfile(migrationsDir: string): Promise<string> {
  return readFile(join(migrationsDir, 'migration_lock.toml'), 'utf8')
}

export function toMigrationList(migrationsDir: string, migrations: Migration[], lockfile: string): MigrationList {
  return {
    baseDir: migrationsDir,
    lockfile: { path: 'migration_lock.toml', content: lockfile },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  }
}

async function readApplied(client: pg.Client): Promise<AppliedRow[]> {
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`,
  )
  if (!rows[0]?.found) return []
  const applied = await client.query<AppliedRow>(
    'SELECT migration_name, checksum, finished_at, logs FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at',
  )
  return applied.rows
}

/** The engine would find most of this too, but says it in words for people who use the Prisma CLI. */
function findWaiting(migrations: Migration[], applied: AppliedRow[]): string[] {
  const byName = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const row of applied) {
    const migration = byName.get(row.migration_name)
    if (!migration) {
      throw new Error(
        `This database was migrated by a newer Vigil (${row.migration_name} is unknown here). Start that version, or restore a backup made before it.`,
      )
    }
    if (row.finished_at === null) {
      throw new Error(
        `Migration ${row.migration_name} failed on this database earlier: ${row.logs?.trim().split('\n')[0] ?? 'no log was kept'}. Restore a backup, or mend the cause and delete its row from _prisma_migrations.`,
      )
    }
    if (!checksumsOf(migration.sql).includes(row.checksum)) {
      throw new Error(
        `Migration ${row.migration_name} was edited after it was applied to this database. Undo the edit, and put the change into a new migration.`,
      )
    }
  }
  const done = new Set(applied.map((row) => row.migration_name))
  return migrations.map((migration) => migration.name).filter((name) => !done.has(name))
}

/** As Prisma reckons: a checkout that changes line ends is not an edit. */
export function checksumsOf(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n')
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map((text) => createHash('sha256').update(text).digest('hex'))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
