// The thread for the past, as it is built: it says what this thread would say, and when it dies nobody is left waiting.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawEpisode } from './model/event-for-test.ts'
import { emptyState } from './model/state.ts'
import { openPast } from './open-past.ts'
import { openPastApart } from './past-apart.ts'
import { createPipeline } from './pipeline.ts'
import type { Frame } from './protocol/browser-messages.ts'
import type { EventInput } from './protocol/event.ts'
import type { EventId, SessionId } from './protocol/ids.ts'
import type { ReplayMoment } from './protocol/replay-messages.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { openEventLog } from './store/event-log.ts'
import { applyMigrations } from './store/migrate.ts'

const partition = 0
const program = path.resolve(import.meta.dirname, '../dist/past-worker.mjs')
let folder: string
let postgres: EmbeddedPostgres
let pool: pg.Pool
let here: ReturnType<typeof openPast>
let apart: ReturnType<typeof openPastApart>
let firstAtMs = 0
let lastAtMs = 0
const faults: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-apart-'))
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  const { connectionString } = postgres
  await applyMigrations({ connectionString, migrationsDir: path.resolve(import.meta.dirname, '../prisma/migrations') })
  pool = new pg.Pool({ connectionString, max: 2 })
  pool.on('error', () => undefined)
  const log = await openEventLog({ connectionString, partition, log: () => undefined })
  const drawn = ['00:00 probe', '00:01 start sh', '00:02 action c1 shell ls', '00:03 exec 2 1 ls', '00:04 exit 2 1 x']
  // A second and more between what the server sees, so that every moment is one that something is playing towards.
  let nowMs = Date.now() - 60_000
  const pipeline = createPipeline({
    log,
    state: emptyState(),
    streams: [],
    nowMs: () => nowMs,
    newEventId: () => randomUUID() as EventId,
    onError: (context, error) => faults.push(`${context}: ${error}`),
  })
  firstAtMs = nowMs
  for (const { v, kind, atMs, session, host, data } of drawEpisode(drawn.join('\n'))) {
    const event = { v, kind, atMs, session, host, data } as EventInput
    await pipeline.submit({ sender: { type: 'vigil' }, events: [event] })
    lastAtMs = nowMs
    nowMs += 1_000
  }
  await pipeline.close()
  const headSeq = log.headSeq()
  await log.close()
  here = openPast(pool, partition, () => headSeq)
  apart = openPastApart({
    program,
    data: { connectionString, partition },
    headSeq: () => headSeq,
    store: here,
    onError: (context, error) => faults.push(`${context}: ${error}`),
  })
}, 60_000)
afterAll(async () => {
  await apart.close()
  await pool.end()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

const list = { limit: 100 }
const watchLive = (atMs: number) => ({ watch: { view: 'live' as const }, atMs })

describe('a thread that looks back', () => {
  it('reads of every moment what this thread reads of it', async () => {
    for (let atMs = firstAtMs - 1; atMs <= lastAtMs + 1_000; atMs += 1_000) {
      const mine = await here.read('sessions', list, atMs)
      expect(await apart.read('sessions', list, atMs)).toEqual(mine)
      const id = mine.sessions[0]?.session as SessionId
      if (id) expect(await apart.read('session', { id }, atMs)).toEqual(await here.read('session', { id }, atMs))
    }
  })

  it('tells a failure by its name, so that it is answered as if it had happened here', async () => {
    await expect(apart.read('sessions', list, lastAtMs, () => false)).resolves.toBeDefined()
    const replay = apart.replay({ gapMs: () => 0, frame: () => {}, moment: () => {}, onError: () => {} })
    await expect(replay.play(1)).rejects.toMatchObject({ name: 'ProblemError', status: 409 })
    replay.close()
  })

  it('refuses more questions at once than it may hold, and answers all that it took', async () => {
    const asked = await Promise.allSettled(Array.from({ length: 90 }, () => apart.read('approvals', {}, lastAtMs)))
    const refused = asked.filter((each) => each.status === 'rejected')
    expect(refused.length).toBe(90 - 64)
    for (const each of refused) expect(each).toMatchObject({ reason: { name: 'PastBusyError' } })
  })

  it('that dies refuses who waited as busy, says that what played has stopped, and the next look begins anew', async () => {
    // given: one that plays
    const moments: ReplayMoment[] = []
    const frames: Frame[] = []
    const replay = apart.replay({
      gapMs: () => 0,
      frame: (frame) => frames.push(frame),
      moment: (moment) => moments.push(moment),
      onError: () => {},
    })
    const shown = await replay.watch(1, watchLive(firstAtMs))
    expect(shown.moment).toMatchObject({ atMs: firstAtMs, playing: false })
    await replay.play(1)
    await expect.poll(() => moments.at(-1)?.playing, { timeout: 10_000 }).toBe(true)
    const first = apart.thread()
    // when: the thread dies under a question
    const waiting = apart.read('sessions', list, lastAtMs)
    void first?.terminate()
    // then
    await expect(waiting).rejects.toMatchObject({ name: 'PastBusyError' })
    expect(moments.at(-1)).toMatchObject({ playing: false, why: expect.stringContaining('anew') })
    expect(faults.some((each) => each.includes('its thread ended'))).toBe(true)
    expect((await apart.read('sessions', list, lastAtMs)).sessions).toHaveLength(1)
    expect(apart.thread()).not.toBe(first)
    expect((await replay.watch(2, watchLive(lastAtMs))).rows).toHaveLength(1)
    replay.close()
  })
})
