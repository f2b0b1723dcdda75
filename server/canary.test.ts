// given a running server that tests its own pipe, then what it says came back went in at the door and through the log; nobody else may post one.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CanaryView } from './protocol/canary-view.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest({ VIGIL_CANARY: '1' })
}, 60_000)
afterAll(async () => await server?.stop())

const canaryNow = async () => CanaryView.parse(await (await server.api('/api/canary')).json())

describe('the canary', () => {
  it('comes back through the whole pipe, and is neither a source nor a session', async () => {
    await vi.waitFor(async () => expect((await canaryNow()).pipeline?.count).toBeGreaterThan(0), { timeout: 10_000 })
    const { sources, canary } = (await (await server.api('/api/sources')).json()) as { sources: []; canary: unknown }
    expect(sources).toEqual([])
    expect(CanaryView.parse(canary)).toMatchObject({ everyMs: 1_000, missed: 0 })
  })

  it('is refused from every other key, the one that opens everything included', async () => {
    const event = { v: 1, kind: 'canary.recorded', atMs: Date.now(), data: { mark: 'forged' } }
    const answer = await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(event) })
    expect(await answer.json()).toMatchObject({
      accepted: 0,
      errors: [{ reason: "kind canary.recorded is posted by the server's own test alone" }],
    })
  })
})
