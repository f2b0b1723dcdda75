// The migrations against a real PostgreSQL: they agree with the schema, run once, and guard against edits and races.
import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { applyMigrations } from './migrate.ts'
import { dropPartitionsBefore, ensurePartitions } from './partitions.ts'
import { createPrismaClient } from './prisma.ts'
import { withSchemaEngine } from './schema-engine.ts'

const prismaDir = join(import.meta.dirname, '../../prisma')
const ourMigrations = join(prismaDir, 'migrations')
const firstMigration = '20261121000000_init'
const allMigrations = [
  firstMigration,
  '20261121080000_webhook',
  '20261127000000_sources',
  '20261128000000_rules',
  '20261128060000_notifications',
  '20261128094100_wall_links',
  '20261128094500_approval_history',
  '20261128095100_destinations',
  '20261128134100_audit',
  '20261128134900_replay_marks',
  '20261128172800_numbers',
  '20261128173030_gap_facts',
  '20261129021000_log_lease',
  '20261129024300_sample_steps',
]
let folder: string
let server: EmbeddedPostgres
let connectionString: string
let databases = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vigil-migrate-'))
  server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') })
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(async () => {
  const name = `test_${++databases}`
  await withClient(server.connectionString, (client) => client.query(`CREATE DATABASE ${name}`))
  connectionString = server.connectionString.replace(/[^/]*$/, name)
})

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}
const query = (sql: string, values?: unknown[]) =>
  withClient(connectionString, async (client) => (await client.query(sql, values)).rows as Record<string, unknown>[])
const migrate = (migrationsDir = ourMigrations) => applyMigrations({ connectionString, migrationsDir })

/** A copy of the migrations, with one changed or added. */
async function migrationsWith(name: string, change: (sql: string) => string): Promise<string> {
  const dir = await mkdtemp(join(folder, 'migrations-'))
  await cp(ourMigrations, dir, { recursive: true })
  await mkdir(join(dir, name), { recursive: true })
  const file = join(dir, name, 'migration.sql')
  await writeFile(file, change(await readFile(file, 'utf8').catch(() => '')))
  return dir
}

test('the migrations leave exactly the tables that schema.prisma describes, partitions apart', async () => {
  await migrate()
  const content = await readFile(join(prismaDir, 'schema.prisma'), 'utf8')
  const files = [{ path: 'schema.prisma', content }]
  const externalTables = ['event', 'session_sample', 'gpu_sample'].map((table) => `public.${table}_default`)
  const { stdout } = await withSchemaEngine(connectionString, (engine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: prismaDir },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: null,
      filters: { externalTables, externalEnums: [] },
    }),
  )
  expect(stdout?.trim()).toBe('-- This is an empty migration.')
})

test('a second run does nothing, and the record is the one that the Prisma CLI would have written', async () => {
  expect(await migrate()).toEqual(allMigrations)
  expect(await migrate()).toEqual([])
  const rows = await query('SELECT * FROM _prisma_migrations ORDER BY started_at')
  expect(rows).toHaveLength(allMigrations.length)
  for (const [index, name] of allMigrations.entries()) {
    const sql = await readFile(join(ourMigrations, name, 'migration.sql'))
    expect(rows[index]).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      checksum: createHash('sha256').update(sql).digest('hex'),
      finished_at: expect.any(Date),
      migration_name: name,
      logs: null,
      rolled_back_at: null,
      started_at: expect.any(Date),
      applied_steps_count: 1,
    })
  }
})

test('a later migration is applied alone, functions with semicolons included', async () => {
  await migrate()
  const dir = await migrationsWith(
    '20270101000000_next',
    () =>
      `-- a comment; with a semicolon\nCREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 2; END; $$;`,
  )
  expect(await migrate(dir)).toEqual(['20270101000000_next'])
  expect(await query('SELECT two()')).toEqual([{ two: 2 }])
  await expect(migrate()).rejects.toThrow(/newer Vigil \(20270101000000_next is unknown here\)/)
})

test('a migration that was edited after it was applied is refused by name', async () => {
  await migrate()
  const dir = await migrationsWith(firstMigration, (sql) => `${sql}\n-- edited`)
  await expect(migrate(dir)).rejects.toThrow(/20261121000000_init was edited after it was applied/)
  const crlf = await migrationsWith(firstMigration, (sql) => sql.replaceAll('\n', '\r\n'))
  expect(await migrate(crlf)).toEqual([])
})

test('a migration that fails says why, leaves nothing half-made, and is not tried again by itself', async () => {
  const dir = await migrationsWith('20270101000000_bad', () => 'CREATE TABLE half (n int); SELECT no_such_thing;')
  await expect(migrate(dir)).rejects.toThrow(/20270101000000_bad.*no_such_thing/)
  expect(await query(`SELECT to_regclass('half') AS half`)).toEqual([{ half: null }])
  await expect(migrate(dir)).rejects.toThrow(/20270101000000_bad failed on this database earlier/)
})

test('two servers that start at once migrate once', async () => {
  const results = await Promise.all([migrate(), migrate()])
  expect(results.flat()).toEqual(allMigrations)
})

test('an unreachable database is an error with its reason', async () => {
  await expect(
    applyMigrations({ connectionString: 'postgresql://nobody@127.0.0.1:1/none', migrationsDir: ourMigrations }),
  ).rejects.toThrow(/Cannot reach the database to migrate it: .*ECONNREFUSED/)
})

test('the typed client reads and writes ordinary rows', async () => {
  await migrate()
  const prisma = createPrismaClient(connectionString)
  try {
    await prisma.setting.create({ data: { key: 'retention', value: { days: 30 } } })
    expect(await prisma.setting.findUnique({ where: { key: 'retention' } })).toEqual({
      key: 'retention',
      value: { days: 30 },
    })
    const operator = await prisma.operator.create({ data: { id: 'o1', name: 'Ada', email: 'ada@example.org' } })
    expect(operator.role).toBe('viewer')
  } finally {
    await prisma.$disconnect()
  }
})

const dayMs = 86_400_000
const noonMs = Date.UTC(2026, 10, 21, 12)
const insertEvent = `INSERT INTO event (partition, seq, id, seen_at, at, kind, version, trust, data)
  VALUES (0, $1, gen_random_uuid(), $2, $2, 'test', 1, 'host', $3)`

test('a new day takes over the rows that waited for it in the default partition', async () => {
  await migrate()
  await withClient(connectionString, async (client) => {
    await client.query(insertEvent, [1, new Date(noonMs), '{"a":1}'])
    await client.query(insertEvent, [2, new Date(noonMs + 100 * dayMs), '{}'])
    const made = await ensurePartitions(client, noonMs)
    expect(made).toHaveLength(3 * 8)
    expect(made).toContain('event_20261121')
    expect(await ensurePartitions(client, noonMs)).toEqual([])
    await client.query(insertEvent, [3, new Date(noonMs + 1), '{}'])
    const { rows } = await client.query(`SELECT seq, tableoid::regclass::text AS part FROM event ORDER BY seq`)
    expect(rows).toEqual([
      { seq: '1', part: 'event_20261121' },
      { seq: '2', part: 'event_default' },
      { seq: '3', part: 'event_20261121' },
    ])
    await expect(client.query(insertEvent, [3, new Date(noonMs + 1), '{}'])).rejects.toThrow(/duplicate key/)
  })
})

test('two servers can make the same day at once', async () => {
  await migrate()
  const ensure = () => withClient(connectionString, (client) => ensurePartitions(client, noonMs))
  const [one = [], two = []] = await Promise.all([ensure(), ensure()])
  expect(new Set([...one, ...two]).size).toBe(24)
  expect(one.length + two.length).toBe(24)
})

test('retention drops whole days that ended before the cutoff, and nothing younger', async () => {
  await migrate()
  await withClient(connectionString, async (client) => {
    await client.query(insertEvent, [1, new Date(noonMs - 5 * dayMs), '{}'])
    await ensurePartitions(client, noonMs)
    await client.query(insertEvent, [2, new Date(noonMs), '{}'])
    await client.query(insertEvent, [3, new Date(noonMs + dayMs), '{}'])
    const dropped = await dropPartitionsBefore(client, noonMs + dayMs)
    expect(dropped.sort()).toEqual(['event_20261121', 'gpu_sample_20261121', 'session_sample_20261121'])
    expect((await client.query('SELECT seq FROM event')).rows).toEqual([{ seq: '3' }])
  })
})

test('evidence comes back byte for byte: escaped NULs, lone surrogates, key order and spaces', async () => {
  await migrate()
  const evidence = '{"b": "\\u0000 \\ud800",  "a":1, "a":2}'
  await query(insertEvent, [1, new Date(noonMs), evidence])
  expect(await query('SELECT data::text AS data FROM event')).toEqual([{ data: evidence }])
})
