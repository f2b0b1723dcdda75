// How an action that waits is understood, and how others of its shape were decided, over HTTP on a real server.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decide, holdCommands, keyToAsk, startSession, waitingOf } from './gate-for-test.ts'
import type { ApprovalReading } from './protocol/approval-reading.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
let key: string
beforeAll(async () => {
  server = await startForTest()
  await holdCommands(server)
  key = await keyToAsk(server)
})
afterAll(async () => {
  await server.stop()
})

const tunnel = 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40'
let calls = 0
async function ask(session: string, command: string): Promise<{ decision?: string }> {
  calls += 1
  const answer = await fetch(`${server.url}/api/gate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ session, callId: `call-${calls}`, tool: 'Bash', input: { command }, deadlineMs: 20_000 }),
  })
  return (await answer.json()) as { decision?: string }
}
async function reading(id: string, init?: RequestInit) {
  const path = `/api/approvals/${id}/reading`
  const answer = init ? await fetch(server.url + path, init) : await server.api(path)
  return { status: answer.status, ...((await answer.json()) as Partial<ApprovalReading>) }
}

describe('the reading of an action that waits', () => {
  it('tells its words, what it could do, and how others of its shape were decided, also after a restart', async () => {
    await startSession(server, 'ep-reading')
    const dig = (run: number) => `${tunnel} -o ConnectTimeout=${run}`
    const first = ask('ep-reading', dig(1))
    await decide(server, (await waitingOf(server, 'ep-reading')).approval, { decision: 'deny' })
    expect((await first).decision).toBe('deny')
    // Its caller is cut off by the restart.
    const second = ask('ep-reading', dig(2)).catch(() => undefined)
    const { approval } = await waitingOf(server, 'ep-reading')
    const before = { asked: 1, allowed: 0, denied: 1, lapsed: 0, isMore: false, last: { decision: 'denied' } }
    const told = await reading(approval)
    expect(told).toMatchObject({ status: 200, before })
    expect(told.commands?.[0]?.argv.slice(0, 2)).toEqual(['ssh', '-fN'])
    expect(told.could?.some(({ what }) => what?.includes('203.0.113.40'))).toBe(true)
    await server.restart()
    expect(await reading(approval)).toMatchObject({ status: 200, before })
    await second
  })

  it('is not there for an id that nobody has, for nobody, and for a key that only reports', async () => {
    expect((await reading('apr-nobody')).status).toBe(404)
    expect((await reading('apr-nobody', {})).status).toBe(401)
    expect((await reading('apr-nobody', { headers: { authorization: `Bearer ${key}` } })).status).toBe(403)
  })

  it('of words that are long and hostile is bounded, and says that it cannot tell', async () => {
    await startSession(server, 'ep-hostile')
    const asked = ask('ep-hostile', `${tunnel}; ${'$('.repeat(5_000)}; eval "$X" \u202e; ${'a'.repeat(20_000)}`)
    const { approval } = await waitingOf(server, 'ep-hostile')
    const told = await reading(approval)
    expect(told.status).toBe(200)
    expect(told.could?.some(({ does }) => does === 'cannot-tell')).toBe(true)
    expect(JSON.stringify(told).length).toBeLessThan(300_000)
    expect(told.before).toBeUndefined()
    await decide(server, approval, { decision: 'deny' })
    await asked
  })
})
