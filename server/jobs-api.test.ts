// Long work over HTTP on a whole server: an evidence bundle that is made, fetched and checked, one that is cancelled, one that fails.
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { verifyBundleFile } from './bundle-file.ts'
import type { JobsAnswer, JobView } from './protocol/job.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
  const fact = (n: number) => ({
    v: 1,
    kind: n === 0 ? 'session.started' : 'message.recorded',
    atMs: Date.now(),
    session: 'ep-long',
    data: n === 0 ? { held: 'none', abilities: [] } : { role: 'assistant', text: `line ${n}` },
  })
  const body = Array.from({ length: 500 }, (_, n) => JSON.stringify(fact(n))).join('\n')
  const answer = await server.api('/api/ingest/events', { method: 'POST', body })
  expect(await answer.json()).toMatchObject({ accepted: 500 })
})
afterAll(async () => {
  await server.stop()
})

const json = { 'content-type': 'application/json' }
const post = (body: object) =>
  server.api('/api/jobs', { method: 'POST', headers: json, body: JSON.stringify({ kind: 'bundle', ...body }) })
const jobs = async () => ((await (await server.api('/api/jobs')).json()) as JobsAnswer).jobs
const ended = async (id: string): Promise<JobView> => {
  const one = async () => (await (await server.api(`/api/jobs/${id}`)).json()) as JobView
  await expect.poll(async () => (await one()).state, { interval: 20, timeout: 20_000 }).not.toBe('running')
  return await one()
}

it('makes a bundle that is watched, fetched and whole, and that it was stands in the audit', async () => {
  const started = await post({ sessions: ['ep-long'] })
  expect(started.status).toBe(202)
  const { id } = (await started.json()) as { id: string }
  expect((await jobs())[0]).toMatchObject({ id, kind: 'bundle', title: 'Evidence bundle of ep-long', unit: 'events' })
  const done = await ended(id)
  expect(done).toMatchObject({ state: 'done', result: { href: `/api/jobs/${id}/file` } })
  expect(done.done).toBeGreaterThanOrEqual(500)
  const fetched = await server.api(`/api/jobs/${id}/file`)
  const bytes = Buffer.from(await fetched.arrayBuffer())
  expect([fetched.status, bytes.length]).toEqual([200, done.result?.bytes])
  const file = path.join(server.dataDir, 'fetched.tar')
  await writeFile(file, bytes)
  expect(verifyBundleFile(file).whole).toBe(true)
  await rm(file)
  const { entries } = (await (await server.api('/api/audit?q=job.')).json()) as { entries: { body: string }[] }
  const changes = entries.map(({ body }) => (JSON.parse(body) as { data: { change: string } }).data.change)
  expect(changes).toEqual(['job.fetched', 'job.started'])
})

it('cancels what runs, and says of what has ended that there is nothing to cancel', async () => {
  const { id } = (await (await post({ sessions: ['ep-long'] })).json()) as { id: string }
  const cancelled = await server.api(`/api/jobs/${id}`, { method: 'DELETE' })
  // The machine may have been quicker: then it is done, and the answer says so.
  const state = (await ended(id)).state
  expect([cancelled.status, state]).toEqual(cancelled.status === 202 ? [202, 'cancelled'] : [409, 'done'])
  expect((await server.api(`/api/jobs/${id}`, { method: 'DELETE' })).status).toBe(409)
})

it('tells what failed in words, and what there is not at all', async () => {
  const { id } = (await (await post({ sessions: ['nobody'] })).json()) as { id: string }
  expect(await ended(id)).toMatchObject({
    state: 'failed',
    problem: 'no event in that time of: nobody. Look at the names, or widen the time.',
  })
  expect((await post({ incident: 'INC-9' })).status).toBe(404)
  expect((await server.api('/api/jobs/none/file')).status).toBe(404)
})
