// The log under a real PostgreSQL that is killed, restarted, and written to by two: dense numbers, nothing lost, nothing twice.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawEpisode, testSession } from '../model/event-for-test.ts'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { stateToJson } from '../model/snapshot-state.ts'
import { emptyState } from '../model/state.ts'
import type { StoredEvent } from '../protocol/event.ts'
import type { EventId } from '../protocol/ids.ts'
import type { AppendRow } from './append-events.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { openEventLog } from './event-log.ts'
import { applyMigrations } from './migrate.ts'
import { readBundleEvents } from './read-bundle.ts'
import { readLog, readSessionEvents } from './read-events.ts'
import { sessionFromLog } from './session-from-log.ts'
import { stateAt, writeSnapshot } from './snapshots.ts'

let folder: string
let postgres: EmbeddedPostgres
let pool: pg.Pool
const said: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-log-'))
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  const { connectionString } = postgres
  await applyMigrations({
    connectionString,
    migrationsDir: path.resolve(import.meta.dirname, '../../prisma/migrations'),
  })
  pool = new pg.Pool({ connectionString, max: 4 })
  pool.on('error', () => undefined)
})
afterAll(async () => {
  await pool.end()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const open = (partition: number, lockWaitMs?: number) =>
  openEventLog({
    connectionString: postgres.connectionString,
    partition,
    log: (line) => said.push(line),
    ...(lockWaitMs !== undefined && { lockWaitMs }),
  })

const row = (text: string, more: Partial<AppendRow> = {}): AppendRow => ({
  id: randomUUID() as EventId,
  key: undefined,
  atMs: 1_790_000_000_000,
  kind: 'message.recorded',
  version: 1,
  trust: 'agent',
  session: 'ep-log',
  host: undefined,
  source: undefined,
  dataJson: JSON.stringify({ role: 'user', text }),
  ...more,
})
const batch = (...rows: AppendRow[]) => ({ seenAtMs: Date.now(), rows, streams: [] })
const texts = async (partition: number) =>
  (await readLog(pool, { partition, afterSeq: 0, limit: 10_000 })).map((event) => (event.data as { text: string }).text)

describe('the log', () => {
  it('numbers events densely from 1 and goes on after it is opened again', async () => {
    let log = await open(1)
    await log.append(batch(row('a'), row('b')))
    await log.close()
    log = await open(1)
    expect(log.headSeq()).toBe(2)
    await log.append(batch(row('c')))
    await log.close()
    expect((await readLog(pool, { partition: 1, afterSeq: 0, limit: 10 })).map((event) => event.seq)).toEqual([1, 2, 3])
  })

  it('drops keys it has, says which rows, and leaves no hole in the numbers', async () => {
    const log = await open(2)
    const known = row('known', { key: randomUUID() })
    await log.append(batch(known))
    const duplicates = await log.append(batch(row('x', { key: randomUUID() }), known, row('y')))
    expect([...duplicates]).toEqual([1])
    expect(log.headSeq()).toBe(3)
    expect(await texts(2)).toEqual(['known', 'x', 'y'])
    await log.close()
  })

  it('never lets two servers write one partition', async () => {
    const log = await open(3)
    await expect(open(3, 300)).rejects.toThrow('another Vigil server writes to this database')
    await log.close()
    await (await open(3)).close()
  })

  it('has every acknowledged event exactly once when PostgreSQL is killed in the middle of appends', async () => {
    const log = await open(4)
    const acknowledged: string[] = []
    let killed = 0
    for (let i = 0; i < 120; i += 1) {
      if (i % 40 === 20 && postgres.pid !== null) {
        // Mid-append: the answer may get lost after the commit, or the commit before the answer.
        setTimeout(() => postgres.pid !== null && process.kill(postgres.pid, 'SIGKILL'), i % 3)
        killed += 1
      }
      await log.append(batch(row(`${i}a`), row(`${i}b`)))
      acknowledged.push(`${i}a`, `${i}b`)
    }
    expect(killed).toBe(3)
    expect(await texts(4)).toEqual(acknowledged)
    await log.close()
  })

  it('waits for a full disk without asking all the time, and has the batch once when there is room again', async () => {
    const log = await open(21)
    await pool.query(`CREATE SEQUENCE refused;
      CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM nextval('refused'); RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON event FOR EACH ROW WHEN (NEW.partition = 21) EXECUTE FUNCTION no_room()`)
    const appended = log.append(batch(row('a')))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    // A sequence counts on also where its transaction was given up.
    const { rows } = await pool.query<{ times: string }>('SELECT last_value AS times FROM refused')
    await pool.query('DROP TRIGGER full_disk ON event')
    expect(await appended).toEqual(new Set())
    expect(log.headSeq()).toBe(1)
    await log.close()
    expect(Number(rows[0]?.times)).toBeGreaterThanOrEqual(2)
    expect(Number(rows[0]?.times)).toBeLessThan(8)
  })

  it('throws what a retry cannot mend, and goes on with the next batch', async () => {
    const log = await open(5)
    await expect(log.append(batch(row('x', { dataJson: '{broken' })))).rejects.toThrow(/json/i)
    await log.append(batch(row('good')))
    expect(await texts(5)).toEqual(['good'])
    await log.close()
  })
})

describe('looking back', () => {
  const story = drawEpisode(
    '00:00 probe\n 00:01 start sh\n 00:02 exec 7 1 curl\n 00:03 open k 203.0.113.4:22 7\n 00:04 ask ctl-1 pause\n 00:05 end ctl-1 enforced\n 00:06 close k 1 2\n 00:07 stop 0',
  )

  it('stateAt(seq) is what the reducer had at seq, with a snapshot before it and without', async () => {
    const log = await open(6)
    for (const event of story) {
      await log.append({ seenAtMs: event.seenAtMs, rows: [asRow(event)], streams: [] })
    }
    const live = emptyState()
    for (const [index, event] of story.entries()) {
      applyEvent(live, { ...event, partition: 6 }, nothingTouched())
      expect(stateToJson(await stateAt(pool, 6, index + 1))).toBe(stateToJson(live))
      if (index === 3) await writeSnapshot(pool, 6, live)
    }
    await log.close()
  })

  it('rebuilds one session from its own events, and knows none that was never there', async () => {
    const rebuilt = await sessionFromLog(pool, testSession)
    expect(rebuilt?.sessions.get(testSession)).toMatchObject({ exitCode: 0, counts: { processes: 1, connections: 1 } })
    expect(await sessionFromLog(pool, 'nobody' as typeof testSession)).toBeUndefined()
  })

  it('bounds a page by bytes, answers at least one event, and says that there is more', async () => {
    const page = await readSessionEvents(pool, { session: testSession, afterSeq: 0, limit: 100, bytesMax: 1 })
    expect([page.events.map((event) => event.seq), page.more]).toEqual([[1 + 1], true])
    expect((await readSessionEvents(pool, { session: testSession, afterSeq: 0, limit: 100 })).more).toBe(false)
  })

  it('gives a bundle’s events a page at a time that is bounded by bytes, every event once and in order', async () => {
    // given: more than one page of what an agent can make of 65,536 characters each
    const log = await open(9)
    const many = 120
    const text = '\0'.repeat(65_536)
    for (let n = 0; n < many; n += 1) await log.append(batch(row(text, { session: 'ep-long' })))
    const pages: number[] = []
    const watched = {
      async query(sql: string, values: unknown[]) {
        const answer = await pool.query<{ data: string }>(sql, values)
        pages.push(answer.rows.reduce((sum, { data }) => sum + data.length, 0))
        return answer
      },
    } as unknown as pg.Pool
    // when
    const seqs: number[] = []
    const query = { partition: 9, headSeq: log.headSeq(), sessions: ['ep-long'] }
    for await (const { seq } of readBundleEvents(watched, query, [])) seqs.push(seq)
    // then
    expect(seqs).toEqual(Array.from({ length: many }, (_, n) => n + 1))
    expect(pages.length).toBeGreaterThan(1)
    expect(Math.max(...pages)).toBeLessThanOrEqual(32 * 1024 * 1024)
    await log.close()
  })

  it('looks for a text in a part of a long session, and says where to go on though it found nothing there', async () => {
    const search = { session: testSession, limit: 3, text: 'CURL', searchMax: 2 }
    const seqs = async (more: object) => {
      const { events, ...rest } = await readSessionEvents(pool, { ...search, ...more })
      return { seqs: events.map((event) => event.seq), ...rest }
    }
    expect(await seqs({})).toEqual({ seqs: [], more: false, lookedTo: 7 })
    expect(await seqs({ beforeSeq: 5 })).toEqual({ seqs: [3], more: false, lookedTo: 3 })
    // What is left is no more than one search looks at.
    expect(await seqs({ beforeSeq: 4 })).toEqual({ seqs: [3], more: false })
    expect(await seqs({ afterSeq: 0 })).toEqual({ seqs: [3], more: false, lookedTo: 3 })
    expect(await seqs({ afterSeq: 3 })).toEqual({ seqs: [], more: false, lookedTo: 5 })
  })

  it('pages through the events of a session forwards and backwards', async () => {
    const page = { session: testSession, limit: 3 }
    const newest = await readSessionEvents(pool, page)
    expect(newest.more).toBe(true)
    expect(newest.events.map((event) => event.seq)).toEqual([6, 7, 8])
    expect((await readSessionEvents(pool, { ...page, beforeSeq: 6 })).events.map((event) => event.seq)).toEqual([
      3, 4, 5,
    ])
    expect((await readSessionEvents(pool, { ...page, afterSeq: 2 })).events.map((event) => event.seq)).toEqual([
      3, 4, 5,
    ])
    expect(
      (await readSessionEvents(pool, { ...page, kinds: ['session.ended'] })).events.map((event) => event.kind),
    ).toEqual(['session.ended'])
  })

  it('leaves a snapshot of an older version alone: its state is not today’s, so the log is read from its start', async () => {
    const log = await open(7)
    for (const event of story) await log.append({ seenAtMs: event.seenAtMs, rows: [asRow(event)], streams: [] })
    await log.close()
    const live = emptyState()
    for (const event of story.slice(0, 4)) applyEvent(live, { ...event, partition: 7 }, nothingTouched())
    await pool.query('INSERT INTO snapshot (partition, seq, at, version, state) VALUES (7, 4, now(), 11, $1)', [
      gzipSync(stateToJson({ ...live, incidentCount: 41 })), // only the snapshot would say so
    ])
    expect(stateToJson(await stateAt(pool, 7, 4))).toBe(stateToJson(live))
    expect((await stateAt(pool, 7)).incidentCount).toBe(0)
  })
})

function asRow(event: StoredEvent): AppendRow {
  return {
    id: event.id,
    key: undefined,
    atMs: event.atMs,
    kind: event.kind,
    version: 1,
    trust: event.trust,
    session: event.session,
    host: event.host,
    source: event.source,
    dataJson: JSON.stringify(event.data),
  }
}
