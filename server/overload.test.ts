// given a database that stands still, when sources send more than may wait, then they are told to come back and keep their data; what they send
// again is in the log once; and a person's deed goes before all that waits.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startForTest, type TestServer } from './start-for-test.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'

const batches = 9
const eventsOfBatch = 8_000
let folder: string
let database: EmbeddedPostgres
let server: TestServer
let client: pg.Client

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-overload-'))
  database = await startEmbeddedPostgres({ dataDir: folder })
  server = await startForTest({ DATABASE_URL: database.connectionString })
  client = new pg.Client({ connectionString: database.connectionString })
  await client.connect()
}, 60_000)
afterAll(async () => {
  await client.end()
  await server.stop()
  await database.stop()
  await rm(folder, { recursive: true, force: true })
})

const send = (body: string) => server.api('/api/ingest/events', { method: 'POST', body })
const bodyOf = (batch: number) =>
  Array.from({ length: eventsOfBatch }, (_, n) =>
    JSON.stringify({
      v: 1,
      id: randomUUID(),
      kind: 'message.recorded',
      atMs: Date.now(),
      session: `ep-flood-${batch}`,
      data: { role: 'assistant', text: `${n}` },
    }),
  ).join('\n')

it('tells sources to come back when too much waits, loses and doubles nothing of what they send again, and lets a person go first', async () => {
  const start = {
    v: 1,
    kind: 'session.started',
    atMs: Date.now(),
    session: 'ep-calm',
    data: { held: 'none', abilities: [] },
  }
  expect((await send(JSON.stringify(start))).status).toBe(200)
  // given: the database takes nothing
  await client.query('BEGIN')
  await client.query('LOCK TABLE event IN EXCLUSIVE MODE')
  // when: more comes than may wait
  const bodies = Array.from({ length: batches }, (_, n) => bodyOf(n))
  const asked = bodies.map(send)
  const early = await Promise.race(asked)
  expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await early.json()).toMatchObject({ detail: expect.stringContaining('waiting for the database') })
  // and: a person does something
  const noted = server.api('/api/placements', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ placements: [{ host: 'gpu-node-1', index: 0, worker: 'rank-0' }] }),
  })
  await new Promise((resolve) => setTimeout(resolve, 300))
  await client.query('COMMIT')
  expect((await noted).status).toBe(200)
  const statuses = (await Promise.all(asked)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0)
  // then: what is sent again is taken, and everything is there once
  for (const body of bodies) {
    let answer = await send(body)
    for (let tries = 0; answer.status === 503 && tries < 50; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      answer = await send(body)
    }
    expect(await answer.json()).toMatchObject({ accepted: eventsOfBatch, rejected: 0 })
  }
  const { rows } = await client.query<{ n: string; ids: string }>(
    `SELECT count(*) AS n, count(DISTINCT id) AS ids FROM event WHERE kind = 'message.recorded'`,
  )
  expect(rows).toEqual([{ n: String(batches * eventsOfBatch), ids: String(batches * eventsOfBatch) }])
  const { rows: order } = await client.query<{ after: string }>(
    `SELECT count(*) AS after FROM event WHERE kind = 'message.recorded'
     AND seq > (SELECT min(seq) FROM event WHERE kind = 'placement.recorded')`,
  )
  expect(Number(order[0]?.after)).toBeGreaterThan((batches - 3) * eventsOfBatch)
}, 120_000)
