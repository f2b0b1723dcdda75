// Who owns the log, on a real PostgreSQL: never two, whatever happens to connections, and never nobody for long.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { EventId } from '../protocol/ids.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { type EventLog, openEventLog } from './event-log.ts'
import { LeaseLostError, readLease, sayAlive, takeOver, tryLock } from './lease.ts'
import { type LeaseCandidate, seekLease } from './lease-candidate.ts'
import { applyMigrations } from './migrate.ts'

let folder: string
let postgres: EmbeddedPostgres
let pool: pg.Pool
let connectionString: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-lease-'))
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  connectionString = postgres.connectionString
  await applyMigrations({
    connectionString,
    migrationsDir: path.resolve(import.meta.dirname, '../../prisma/migrations'),
  })
  pool = new pg.Pool({ connectionString, max: 2 })
})
afterAll(async () => {
  await pool.end()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

/** What a test opened and another must not find. */
const opened: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString })
  client.on('error', () => undefined)
  await client.connect()
  opened.push({ close: () => client.end().catch(() => undefined) })
  return client
}

type Opened = EventLog & { lost: LeaseLostError[] }
async function open(partition: number, more: Partial<Parameters<typeof openEventLog>[0]> = {}): Promise<Opened> {
  const lost: LeaseLostError[] = []
  const onLost = (error: LeaseLostError) => void lost.push(error)
  const log = await openEventLog({ connectionString, partition, log: () => undefined, onLost, ...more })
  opened.push(log)
  return Object.assign(log, { lost })
}

function seek(partition: number, times: object = {}): LeaseCandidate {
  const candidate = seekLease({
    connectionString,
    partition,
    log: () => undefined,
    times: { pollMs: 20, graceMs: 0, ...times },
  })
  opened.push({
    async close() {
      const client = await Promise.race([candidate.won, candidate.stop()])
      await client?.end()
    },
  })
  return candidate
}

const batch = (text: string, streams: { stream: string; host: string; ackedN: number }[] = []) => ({
  seenAtMs: Date.now(),
  streams,
  rows: [
    {
      id: randomUUID() as EventId,
      key: undefined,
      atMs: 1_790_000_000_000,
      kind: 'message.recorded',
      version: 1,
      trust: 'agent',
      session: 'ep-lease',
      host: undefined,
      source: undefined,
      dataJson: JSON.stringify({ role: 'user', text }),
    },
  ],
})
const inLog = async (partition: number) =>
  (
    await pool.query<{ text: string }>(`SELECT data->>'text' AS text FROM event WHERE partition = $1 ORDER BY seq`, [
      partition,
    ])
  ).rows.map(({ text }) => text)
const node = (id: string) => ({ id, url: `http://${id}` })

describe('an owner of the log', () => {
  it('whose lease another took never commits again, though its connection and its lock live on', async () => {
    const log = await open(1)
    await log.append(batch('mine'))
    // As behind a pooler that gives its lock to somebody else: nothing but the epoch tells.
    await takeOver(await connect(), 1, node('other'))
    const keyed = batch('late')
    const late = log.append({
      ...keyed,
      rows: keyed.rows.map((row) => ({ ...row, key: randomUUID() })),
      streams: [{ stream: 'st', host: 'h', ackedN: 9 }],
    })
    await expect(late).rejects.toThrow(LeaseLostError)
    await expect(log.append(batch('later'))).rejects.toThrow(LeaseLostError)
    expect(await inLog(1)).toEqual(['mine'])
    expect((await pool.query('SELECT 1 FROM probe_stream')).rowCount, 'no position of a probe').toBe(0)
    expect((await pool.query('SELECT 1 FROM event_key')).rowCount, 'no key').toBe(0)
    expect([log.lost.length, log.isConnected()]).toEqual([1, false])
  })

  it('cannot move even the position of a probe when nothing else is in its batch', async () => {
    const log = await open(2)
    await takeOver(await connect(), 2, node('other'))
    const streams = [{ stream: 'st', host: 'h', ackedN: 9 }]
    await expect(log.append({ seenAtMs: Date.now(), rows: [], streams })).rejects.toThrow(LeaseLostError)
    expect((await pool.query('SELECT 1 FROM probe_stream')).rowCount).toBe(0)
  })

  it('is followed only after its last append is committed or given up', async () => {
    const [owner, next] = [await connect(), await connect()]
    const epoch = await takeOver(owner, 3, node('owner'))
    await owner.query('BEGIN')
    await owner.query('SELECT require_log_lease(3::int2, $1::int8)', [epoch]) // what an append begins with
    let taken = false
    const taking = takeOver(next, 3, node('next')).then((given) => {
      taken = true
      return given
    })
    await sleep(150)
    expect(taken).toBe(false)
    await owner.query('COMMIT')
    expect(await taking).toBe(epoch + 1)
    await expect(owner.query('SELECT require_log_lease(3::int2, $1::int8)', [epoch])).rejects.toThrow(
      'another node owns',
    )
  })

  it('that lost its connection goes on where nobody took its place', async () => {
    const log = await open(4)
    await log.append(batch('before'))
    await endConnectionOf(4)
    await log.append(batch('after'))
    expect(await inLog(4)).toEqual(['before', 'after'])
    expect(log.lost).toEqual([])
  })

  it('that lost its connection, and then its place, is told so without writing anything', async () => {
    const log = await open(5)
    const next = await connect()
    // In line for the lock before the old owner can be: it has to connect anew.
    const { rows } = await pool.query<{ pid: number }>('SELECT backend_pid AS pid FROM log_lease WHERE partition = 5')
    const got = next.query('SELECT pg_advisory_lock($1, 5)', [0x7667696c])
    await sleep(50)
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
    await got
    await takeOver(next, 5, node('next'))
    for (let tries = 0; tries < 200 && log.lost.length === 0; tries += 1) await sleep(10)
    expect(log.lost).toHaveLength(1)
    await expect(log.append(batch('late'))).rejects.toThrow(LeaseLostError)
    expect(await inLog(5)).toEqual([])
  })
})

describe('a node that waits', () => {
  it('knows who the owner is, and is the owner as soon as that one is gone, with all that it wrote', async () => {
    const log = await open(6, { node: node('first') })
    await log.append(batch('of the first'))
    const candidate = seek(6)
    expect(await candidate.first).toBe(false)
    for (let tries = 0; tries < 100 && !candidate.lease(); tries += 1) await sleep(10)
    expect(candidate.lease()).toMatchObject({ node: 'first', url: 'http://first' })
    await log.close()
    const locked = await candidate.won
    if (!locked) throw new Error('it did not win')
    const next = await open(6, { locked, node: node('second') })
    expect(next.headSeq()).toBe(1)
    await next.append(batch('of the second'))
    expect(await inLog(6)).toEqual(['of the first', 'of the second'])
    expect(await readLease(pool, 6)).toMatchObject({ node: 'second', epoch: (candidate.lease()?.epoch ?? 0) + 1 })
  })

  it('is one of many: exactly one wins', async () => {
    const log = await open(7)
    const candidates = Array.from({ length: 5 }, () => seek(7))
    expect(await Promise.all(candidates.map(({ first }) => first))).toEqual([false, false, false, false, false])
    await log.close()
    const winner = await Promise.race(candidates.map(({ won }) => won))
    await sleep(100)
    const held = await pool.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND granted`)
    expect([winner instanceof pg.Client, held.rowCount]).toEqual([true, 1])
  })

  it('ends the connection of an owner that is stopped or cut off, and never that of one that says it is there', async () => {
    const owner = await connect()
    expect(await tryLock(owner, 8)).toBe(true)
    await takeOver(owner, 8, node('hung'))
    const candidate = seek(8, { silentMsMax: 300 })
    for (let beat = 0; beat < 6; beat += 1) {
      await sleep(100)
      await sayAlive(pool, 8, node('hung'))
    }
    expect((await owner.query('SELECT 1')).rowCount, 'it was heard all the time').toBe(1)
    expect(await candidate.won).toBeInstanceOf(pg.Client)
    await expect(owner.query('SELECT 1')).rejects.toThrow()
  })

  it('leaves a new owner alone that has not come to say anything yet', async () => {
    const [old, next] = [await connect(), await connect()]
    await takeOver(old, 9, node('gone'))
    await tryLock(next, 9) // and now it migrates, and reads a long log
    const candidate = seek(9, { silentMsMax: 50 })
    expect(await candidate.first).toBe(false)
    await sleep(300)
    expect((await next.query('SELECT 1')).rowCount).toBe(1)
  })

  it('says so where there is no database at all', async () => {
    const candidate = seekLease({
      connectionString: 'postgresql://u:p@127.0.0.1:1/x',
      partition: 0,
      log: () => undefined,
    })
    await expect(candidate.first).rejects.toThrow('Cannot reach the database')
    await expect(candidate.won).rejects.toThrow('Cannot reach the database')
  })
})

async function endConnectionOf(partition: number): Promise<void> {
  await pool.query('SELECT pg_terminate_backend(backend_pid) FROM log_lease WHERE partition = $1', [partition])
}
