// given a database that is written to all the while, when it is backed up and restored into an empty one, then every row of one moment is there.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres.ts'
import { logLockSpace } from '../lease.ts'
import { applyMigrations, readMigrations } from '../migrate.ts'
import { ensurePartitions } from '../partitions.ts'
import { BackupReads, dropSampleDay } from '../retention.ts'
import { openArchive, writeArchive } from './archive.ts'
import { dumpDatabase } from './dump-database.ts'
import { loadDatabase } from './load-database.ts'
import type { Manifest } from './manifest.ts'
import { backupTables } from './tables.ts'

const migrationsDir = path.resolve(import.meta.dirname, '../../../prisma/migrations')
const dayMs = 86_400_000
const noonMs = Date.UTC(2026, 10, 21, 12)
let folder: string
let postgres: EmbeddedPostgres
let from: pg.Client
let count = 0
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-backup-'))
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  await applyMigrations({ connectionString: postgres.connectionString, migrationsDir })
  from = new pg.Client({ connectionString: postgres.connectionString })
  await from.connect()
  await ensurePartitions(from, noonMs)
})
afterAll(async () => {
  await from?.end()
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})

let target: string
/** A database of its own for each test. */
beforeEach(async () => {
  count += 1
  await from.query(`CREATE DATABASE empty_${count}`)
  target = postgres.connectionString.replace(/vigil$/, `empty_${count}`)
})
async function inTarget<R extends object>(sql: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: target })
  await client.connect()
  try {
    return (await client.query<R>(sql)).rows
  } finally {
    await client.end()
  }
}

let seq = 0
async function event(atMs: number, data = '{}'): Promise<void> {
  seq += 1
  await from.query(
    `INSERT INTO event (partition, seq, id, seen_at, at, kind, version, trust, session, data)
     VALUES (0, $1, gen_random_uuid(), $2, $2, 'message.recorded', 1, 'agent', 'ep-1', $3)`,
    [seq, new Date(atMs), data],
  )
}

async function backUp(
  name: string,
  {
    connectionString = postgres.connectionString,
    atMoment,
  }: { connectionString?: string; atMoment?: () => Promise<void> } = {},
): Promise<{ file: string; manifest: Manifest }> {
  const file = path.join(folder, name)
  const migrations = await readMigrations(migrationsDir)
  const manifest = await writeArchive(file, async (add) => {
    const dumped = await dumpDatabase({
      connectionString,
      migrations,
      add,
      pieceBytes: 60_000,
      ...(atMoment && { atMoment }),
    })
    return { format: 'vigil backup', version: 1, ...dumped, files: [] }
  })
  return { file, manifest }
}
async function restore(file: string, beforeCommit?: () => Promise<void>): Promise<void> {
  const archive = await openArchive(file)
  try {
    await loadDatabase({ connectionString: target, migrationsDir, archive, ...(beforeCommit && { beforeCommit }) })
  } finally {
    await archive.close()
  }
}
const rowsOf = (manifest: Manifest, table: string) => manifest.tables.find((each) => each.table === table)?.rows

describe('a backup of the database', () => {
  it('has every table that there is', async () => {
    const { rows } = await from.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
       AND relnamespace = current_schema()::regnamespace AND relname NOT IN ('_prisma_migrations', 'log_lease')`,
    )
    expect([...backupTables].sort()).toEqual(rows.map(({ name }) => name).sort())
    const { manifest } = await backUp('tables')
    expect(manifest.tables.map(({ table }) => table)).toEqual([...backupTables])
  })

  it('comes back row for row: a second backup, of what was restored, has the same pieces', async () => {
    // given: what JSON can hardly hold, rows of several days and of none, bytes, numbers that the database gives out, and rows in many pieces
    await event(noonMs, '{"b": "\\u0000 \\ud800\\t\\\\N",  "a":1, "a":2}')
    await event(noonMs + dayMs, '{"text": "ümläut \\n"}')
    await event(noonMs - 100 * dayMs)
    for (let i = 0; i < 3; i += 1) await event(noonMs, JSON.stringify({ long: 'x'.repeat(100_000) }))
    await from.query(
      `INSERT INTO source_refusal (source, seen_at, line, reason, raw) VALUES ('s', now(), 1, 'r', '\\x00ff0a5c')`,
    )
    await from.query(
      `INSERT INTO session_sample SELECT to_timestamp(${noonMs / 1000} + i), 'ep-1', 'n1', i / 3.0, 1, i, i, 1, 1 FROM generate_series(1, 1000) AS i`,
    )
    await from.query(`INSERT INTO operator (id, name, email) VALUES ('op', 'Ada', 'ada@example.com')`)
    await from.query(
      `INSERT INTO operator_session (id, expires_at, token, user_id) VALUES ('s', 'infinity', 't', 'op')`,
    )
    await from.query(`INSERT INTO api_key (id, name, hash, hint, scopes) VALUES ('k', 'key', 'h', 'h', '{read,"a,b"}')`)
    const first = await backUp('first')
    expect(first.manifest.tables.find(({ table }) => table === 'event')?.pieces.length).toBeGreaterThan(1)
    // when
    await restore(first.file)
    // then
    const second = await backUp('second', { connectionString: target })
    expect(second.manifest.tables).toEqual(first.manifest.tables)
    expect(second.manifest.days).toEqual(first.manifest.days)
    expect(second.manifest.migrations.map(({ name }) => name)).toEqual(
      first.manifest.migrations.map(({ name }) => name),
    )
    const parts = await inTarget(`SELECT tableoid::regclass::text AS part FROM event WHERE seq IN (2, 3) ORDER BY seq`)
    expect(parts).toEqual([{ part: 'event_20261122' }, { part: 'event_default' }])
    const [next] = await inTarget<{ id: string }>(
      `INSERT INTO source_refusal (source, seen_at, line, reason, raw) VALUES ('s', now(), 1, 'r', '') RETURNING id`,
    )
    expect(Number(next?.id)).toBe(2)
  })

  it('is of one moment, and holds up nobody who writes meanwhile', async () => {
    const { rows } = await from.query<{ n: number }>('SELECT count(*)::int AS n FROM event')
    const { manifest } = await backUp('moment', {
      async atMoment() {
        await event(noonMs)
        // A day that is due is made when the backup is over, rather than waited for by everybody.
        expect(await ensurePartitions(from, noonMs + 30 * dayMs)).toEqual([])
        // Retention comes again later, and holds up no server that is to stop.
        const pool = new pg.Pool({ connectionString: postgres.connectionString, max: 1 })
        const day = { table: 'gpu_sample', name: 'gpu_sample_20261121', dayStartMs: noonMs - dayMs / 2 } as const
        await expect(dropSampleDay(pool, day, { sessions: [], hosts: [] })).rejects.toThrow(BackupReads)
        await pool.end()
      },
    })
    expect(rowsOf(manifest, 'event')).toBe(rows[0]?.n)
    expect((await ensurePartitions(from, noonMs + 30 * dayMs)).length).toBe(24)
  })

  it('is restored into nothing but an empty database to which nobody writes', async () => {
    const { file } = await backUp('refused')
    const writer = new pg.Client({ connectionString: target })
    await writer.connect()
    await writer.query('SELECT pg_advisory_lock($1, 0)', [logLockSpace])
    await expect(restore(file)).rejects.toThrow(/a Vigil server writes to this database/)
    await writer.query('SELECT pg_advisory_unlock($1, 0)', [logLockSpace])
    await writer.query('CREATE TABLE of_somebody AS SELECT 1 AS row')
    await expect(restore(file)).rejects.toThrow(/not empty \(its table of_somebody has rows\): restore into an empty/)
    expect(await inTarget(`SELECT to_regclass('event') AS event`)).toEqual([{ event: null }])
    await writer.query('DROP TABLE of_somebody')
    await writer.end()
    await restore(file)
    await expect(restore(file)).rejects.toThrow(/not empty/)
  })

  it('leaves no row where it fails at the very end, and can be restored then', async () => {
    const { file, manifest } = await backUp('late')
    const fails = restore(file, async () => {
      throw new Error('the disk is full')
    })
    await expect(fails).rejects.toThrow('the disk is full')
    for (const table of backupTables) expect(await inTarget(`SELECT FROM ${table} LIMIT 1`), table).toEqual([])
    await restore(file)
    expect(await inTarget(`SELECT count(*)::int AS n FROM event`)).toEqual([{ n: rowsOf(manifest, 'event') }])
  })

  it('of an earlier version is restored as it was, for a newer server to bring further', async () => {
    const migrations = await readMigrations(migrationsDir)
    const old = new Set(migrations.slice(0, 3).map(({ name }) => name))
    const early = target
    await applyMigrations({ connectionString: early, migrationsDir, only: old })
    await inTarget(`INSERT INTO setting VALUES ('a', '1')`)
    const { file, manifest } = await backUp('early', { connectionString: early })
    expect(manifest.migrations).toHaveLength(3)
    await from.query('CREATE DATABASE empty_early')
    target = postgres.connectionString.replace(/vigil$/, 'empty_early')
    await restore(file)
    expect(await applyMigrations({ connectionString: target, migrationsDir })).toHaveLength(migrations.length - 3)
    expect(await inTarget('SELECT key FROM setting')).toEqual([{ key: 'a' }])
  })
})
