// Property: however low the disk is, and whatever incidents hold, no reading that is held and no event is ever dropped. On a real database.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keepDisk } from '../disk-keeper.ts'
import type { RetentionHolds } from '../model/retention-holds.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { applyMigrations } from './migrate.ts'
import { ensurePartitions } from './partitions.ts'
import { writeGpuSamples, writeSessionSamples } from './samples.ts'
import { dropShedNote, readShedNotes, sampleDaysToShed, shedSampleDay } from './shed-samples.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** The third day, by noon. */
const nowMs = Date.UTC(2026, 10, 24, 12)
const firstMs = Date.UTC(2026, 10, 22)
let folder: string
let postgres: EmbeddedPostgres
let pool: pg.Pool
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-shed-'))
  postgres = await startEmbeddedPostgres({ dataDir: folder })
  await applyMigrations({
    connectionString: postgres.connectionString,
    migrationsDir: path.resolve(import.meta.dirname, '../../prisma/migrations'),
  })
  pool = new pg.Pool({ connectionString: postgres.connectionString })
})
afterAll(async () => {
  await pool?.end()
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(empty)

async function empty(): Promise<void> {
  const client = await pool.connect()
  await client.query('TRUNCATE session_sample, gpu_sample, session_sample_minute, gpu_sample_minute, event, setting')
  await ensurePartitions(client, firstMs)
  await ensurePartitions(client, nowMs)
  client.release()
}

type Reading = { of: 's1' | 's2' | 's3' | 'h1' | 'h2'; atMs: number }
const isSession = ({ of }: Reading) => of.startsWith('s')
const nameOf = ({ of, atMs }: Reading) => `${of} ${atMs}`

async function write(readings: readonly Reading[]): Promise<void> {
  const figures = { bytesOut: 1, bytesIn: 1, cpuPercent: 1, memoryBytes: 1, processCount: 1, connectionCount: 1 }
  await writeSessionSamples(
    pool,
    readings.filter(isSession).map(({ of, atMs }) => ({
      sample: { type: 'session', session: of as SessionId, atMs, ...figures },
      host: 'h1',
    })),
  )
  await writeGpuSamples(
    pool,
    readings
      .filter((each) => !isSession(each))
      .map(({ of, atMs }) => ({ type: 'gpu', host: of as HostId, gpu: 'GPU-1', index: 0, atMs, utilPercent: 50 })),
  )
}
async function left(): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT session || ' ' || (extract(epoch FROM at) * 1000)::int8 AS name FROM session_sample
     UNION ALL SELECT host || ' ' || (extract(epoch FROM at) * 1000)::int8 FROM gpu_sample`,
  )
  return rows.map(({ name }) => name).sort()
}

function holding(sessions: string[], hosts: { host: string; fromMs: number; toMs: number }[]): RetentionHolds {
  return { incidents: 1, withMore: 0, sessions: sessions as SessionId[], hosts: hosts as RetentionHolds['hosts'] }
}
const isHeld = ({ sessions, hosts }: RetentionHolds, reading: Reading) =>
  isSession(reading)
    ? sessions.some((session) => session === reading.of)
    : hosts.some(({ host, fromMs, toMs }) => host === reading.of && reading.atMs >= fromMs && reading.atMs <= toMs)

/** One look of the real keeper at a disk that has nothing free, or as much as it is said to have. */
async function look(holds: RetentionHolds, freeBytes = () => 0) {
  const gaps: { count: number; fromMs: number; toMs: number }[] = []
  const keeper = keepDisk({
    space: async () => ({ freeBytes: freeBytes(), totalBytes: 1_000 }),
    limits: { warnBytes: 500, shedBytes: 200 },
    store: {
      daysToShed: (beforeMs) => sampleDaysToShed(pool, beforeMs),
      shedDay: (day, held, beforeMs) => shedSampleDay(pool, day, held, beforeMs),
      notes: () => readShedNotes(pool),
      dropNote: () => dropShedNote(pool),
    },
    holds: () => holds,
    recordGap: async (gap) => void gaps.push(gap),
    nowMs: () => nowMs,
    say: () => undefined,
    patienceMs: 0,
    onError: (_, error) => {
      throw error
    },
  })
  await keeper.look()
  await keeper.close()
  return { gaps, view: keeper.view() }
}

const reading: fc.Arbitrary<Reading> = fc.record({
  of: fc.constantFrom('s1', 's2', 's3', 'h1', 'h2'),
  atMs: fc.integer({ min: firstMs, max: nowMs - 1 }),
})
const holds: fc.Arbitrary<RetentionHolds> = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom('s1', 's2', 's3')),
    fc.uniqueArray(fc.constantFrom('h1', 'h2')),
    fc.array(fc.integer({ min: firstMs, max: nowMs }), { minLength: 4, maxLength: 4 }),
  )
  .map(([sessions, hosts, times]) =>
    holding(
      sessions,
      hosts.map((host, i) => {
        const [a = 0, b = 0] = times.slice(2 * i, 2 * i + 2)
        return { host, fromMs: Math.min(a, b), toMs: Math.max(a, b) }
      }),
    ),
  )

describe('what is dropped when the disk is nearly full', () => {
  it('is never a reading that an incident holds, one of the last hour, or an event, and what goes is counted exactly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(reading, { selector: nameOf, maxLength: 40 }), holds, async (readings, held) => {
        await empty()
        await write(readings)
        await pool.query(
          `INSERT INTO event (partition, seq, id, seen_at, at, kind, version, trust, data)
           SELECT 0, i, gen_random_uuid(), to_timestamp($1 / 1000.0) + i * interval '6 hours', now(), 'flag.raised', 1, 'vigil', '{}' FROM generate_series(1, 9) AS i`,
          [firstMs],
        )
        const { gaps, view } = await look(held)
        const beforeMs = nowMs - hourMs
        const kept = readings.filter((each) => each.atMs >= beforeMs || isHeld(held, each))
        expect(await left()).toEqual(kept.map(nameOf).sort())
        expect(gaps.reduce((sum, { count }) => sum + count, 0)).toBe(readings.length - kept.length)
        for (const { atMs } of readings.filter((each) => !kept.includes(each)))
          expect(gaps.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs)).toBe(true)
        expect(view).toMatchObject({ level: 'very-low', nothingLeft: true, shedRows: readings.length - kept.length })
        expect((await pool.query('SELECT FROM event')).rowCount).toBe(9)
        // And again: nothing more goes, and nothing is told twice.
        expect((await look(held)).gaps).toEqual([])
        expect(await left()).toEqual(kept.map(nameOf).sort())
      }),
      { numRuns: 8 },
    )
  }, 60_000)

  it('is the oldest first, and no more than it takes', async () => {
    const [first, second, today] = [0, 1, 2].map((n) => ({ of: 's1' as const, atMs: firstMs + n * dayMs + hourMs }))
    if (!first || !second || !today) throw new Error('three readings')
    await write([first, second, today])
    let looks = 0
    const { gaps } = await look(holding([], []), () => {
      looks += 1
      return looks === 1 ? 100 : 900
    })
    expect(gaps).toHaveLength(1)
    expect(await left()).toEqual([second, today].map(nameOf).sort())
  })

  it('leaves the minutes that were made of it, and a day into which readings go on being written', async () => {
    const minute = { of: 's1' as const, atMs: nowMs - 3 * hourMs }
    await write([minute, { ...minute, atMs: minute.atMs + 1_000 }])
    await look(holding([], []))
    const { rows } = await pool.query('SELECT n FROM session_sample_minute')
    expect(rows).toEqual([{ n: 2 }])
    await write([{ of: 's1', atMs: nowMs }])
    expect((await pool.query('SELECT tableoid::regclass::text AS part FROM session_sample')).rows).toEqual([
      { part: 'session_sample_20261124' },
    ])
    // what comes late of that minute makes no less of it
    await write([{ ...minute, atMs: minute.atMs + 2_000 }])
    await look(holding([], []))
    expect((await pool.query('SELECT n FROM session_sample_minute')).rows).toEqual([{ n: 2 }])
  })
})
