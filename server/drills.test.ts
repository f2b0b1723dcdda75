// Drills over HTTP: who may start one, who may say that a session is one, and what is kept of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testReport } from '../cli/drill/report.test-fixture.ts'
import { DrillsAnswer } from './protocol/drill.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(async () => await server?.stop())

const post = async (path: string, body: object, key?: string) =>
  await server.api(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
  })
const list = async () => DrillsAnswer.parse(await (await server.api('/api/drills')).json())

async function keyWith(...scopes: string[]): Promise<string> {
  const answer = await post('/api/keys', { name: scopes.join('+'), scopes })
  return ((await answer.json()) as { key: string }).key
}

describe('drills', () => {
  const { id, session, drill } = testReport

  it('says before anything runs that nobody can contain it here', async () => {
    expect((await list()).limits.join()).toContain('VIGIL_PROBE=off')
  })

  it('takes it from a key that speaks for sensors which session is a drill, and from nobody else', async () => {
    // given: keys as an agent's harness and a viewer have them
    for (const key of [await keyWith('ingest'), await keyWith('read')])
      expect((await post(`/api/drills/${id}/begun`, { drill, session }, key)).status).toBe(403)
    expect((await post('/api/drills', { drill }, await keyWith('read', 'ingest', 'sensor'))).status).toBe(403)
    const sensor = await keyWith('read', 'ingest', 'sensor')
    // and: a session that is named otherwise, or that something was heard of, becomes no drill: it may be under attack
    expect((await post(`/api/drills/${id}/begun`, { drill, session: 'ep-1' }, sensor)).status).toBe(409)
    await post('/api/ingest/events', {
      ...{ v: 1, kind: 'session.started', atMs: Date.now(), session: 'drill-rome-aaaa1111' },
      data: { held: 'none', abilities: [] },
    })
    const attacked = { drill, session: 'drill-rome-aaaa1111' }
    expect((await post('/api/drills/aaaa1111/begun', attacked, sensor)).status).toBe(409)
    // when
    expect((await post(`/api/drills/${id}/begun`, { drill, session }, sensor)).status).toBe(200)
    // then: known, once
    expect(await (await server.api('/api/drills/sessions')).json()).toEqual({ sessions: [session] })
    expect((await post(`/api/drills/${id}/begun`, { drill, session: 'somebody-else' }, sensor)).status).toBe(409)
  })

  it('keeps one report of it, and still has it after a restart', async () => {
    expect((await post(`/api/drills/${id}/report`, { ...testReport, session: 'another' })).status).toBe(409)
    expect((await post(`/api/drills/${id}/report`, testReport)).status).toBe(200)
    expect((await post(`/api/drills/${id}/report`, testReport)).status).toBe(409)
    await server.restart()
    const { past, running } = await list()
    expect(running).toBeUndefined()
    expect(past).toMatchObject([{ id, drill, session, state: 'ended', report: testReport }])
    expect(await (await server.api('/api/drills/sessions')).json()).toEqual({ sessions: [session] })
  })
})
