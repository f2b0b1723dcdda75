// The gate over HTTP, on a real log: who may ask, what is answered, and that nothing is answered "allow" that is not on record.
import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiForTest, startApiForTest } from './api-for-test.ts'
import { ControlId, HostId, SessionId } from './protocol/ids.ts'
import { formatSessionToken, sessionTokenMessage } from './protocol/session-token.ts'

let server: ApiForTest
beforeAll(async () => {
  server = await startApiForTest()
})
afterAll(async () => {
  await server.stop()
})

const by = { type: 'operator' as const, id: 'op-1', name: 'on-call' }
let calls = 0
const ask = async (session: string, tool: string, headers: Record<string, string> = {}) => {
  const body = { session, callId: `call-${++calls}`, tool, input: { command: 'ls' } }
  const answer = await server.post('/api/gate', body, headers)
  const said = (await answer.json()) as { decision?: string; reason?: string; control?: string; detail?: string }
  return { status: answer.status, ...said }
}
const start = (id: string) => {
  const session = SessionId.parse(id)
  return server.append({ kind: 'session.started', session, data: { held: 'none', abilities: [] } })
}
const control = (id: string, data: object) =>
  server.append({ kind: 'control.requested', session: SessionId.parse(id), data: { by, ...data } as never })
const eventsOf = (session: string, kind: string) =>
  server.written.filter((event) => event.session === session && event.kind === kind).map((event) => event.data)
const settled = async (check: () => boolean) => {
  for (let tries = 0; tries < 400 && !check(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(check()).toBe(true)
}
async function keyWith(body: object): Promise<Record<string, string>> {
  const made = (await (await server.post('/api/keys', body)).json()) as { key: string }
  return { authorization: `Bearer ${made.key}` }
}

describe('the gate', () => {
  it('allows before, denies while shell is revoked, and allows again once it is restored', async () => {
    await start('loop')
    expect(await ask('loop', 'Bash')).toMatchObject({ status: 200, decision: 'allow', reason: 'nothing restricts it' })
    await control('loop', { control: ControlId.parse('g-1'), action: 'revoke', capability: 'shell' })
    expect(await ask('loop', 'Bash')).toMatchObject({ status: 200, decision: 'deny', control: 'g-1' })
    expect(await ask('loop', 'Read')).toMatchObject({ decision: 'allow' })
    await control('loop', { control: ControlId.parse('g-2'), action: 'restore', capability: 'shell', lifts: ['g-1'] })
    expect(await ask('loop', 'Bash')).toMatchObject({ decision: 'allow' })
    expect(eventsOf('loop', 'gate.decided')).toMatchObject([
      { tool: 'Bash', decision: 'allow', capability: 'shell' },
      { tool: 'Bash', decision: 'deny', control: 'g-1' },
      { tool: 'Read', decision: 'allow' },
      { tool: 'Bash', decision: 'allow' },
    ])
  })

  it('says of a revoke at the gate what a canary read, never that it is enforced, and tells the first real call that it denied', async () => {
    await start('receipt')
    await ask('receipt', 'Bash')
    await control('receipt', { control: ControlId.parse('r-1'), action: 'revoke', capability: 'shell' })
    await settled(() => eventsOf('receipt', 'control.ended').length === 1)
    expect(eventsOf('receipt', 'control.ended')).toMatchObject([
      {
        control: 'r-1',
        outcome: 'partial',
        enforcer: 'gate',
        observed: 'canary shell call denied',
        observedFrom: 'the gate of this server',
        left: ['calls that do not ask the gate'],
      },
    ])
    for (let tries = 0; tries < 3; tries += 1) await ask('receipt', 'Bash')
    await settled(() => eventsOf('receipt', 'control.step').length === 1)
    expect(eventsOf('receipt', 'control.step')).toMatchObject([
      { control: 'r-1', name: 'call denied', detail: 'call Bash denied', observedFrom: 'the gate of this server' },
    ])
    await control('receipt', {
      control: ControlId.parse('r-2'),
      action: 'restore',
      capability: 'shell',
      lifts: ['r-1'],
    })
    await settled(() => eventsOf('receipt', 'control.ended').length === 2)
    expect(eventsOf('receipt', 'control.ended')[1]).toMatchObject({
      outcome: 'enforced',
      observed: 'canary shell call allowed',
    })
    expect(eventsOf('receipt', 'control.ended')[1]).not.toHaveProperty('left')
    expect(eventsOf('receipt', 'capability.observed')).toEqual([])
    expect(server.pipeline.state.sessions.get(SessionId.parse('receipt'))?.readings.size).toBe(0)
  })

  it('does not call a capability restored while another cause still denies its calls', async () => {
    await start('two')
    await ask('two', 'Bash')
    await control('two', { control: ControlId.parse('t-1'), action: 'revoke', capability: 'shell' })
    await control('two', { control: ControlId.parse('t-2'), action: 'revoke', capability: 'files' })
    await control('two', { control: ControlId.parse('t-3'), action: 'restore', capability: 'shell', lifts: ['t-1'] })
    await settled(() => eventsOf('two', 'control.ended').length === 3)
    expect(eventsOf('two', 'control.ended').at(-1)).toMatchObject({ control: 't-3', outcome: 'lifted' })
    await control('two', { control: ControlId.parse('t-4'), action: 'restore', capability: 'files', lifts: ['t-2'] })
    await settled(() => eventsOf('two', 'control.ended').length === 4)
    expect(eventsOf('two', 'control.ended').at(-1)).toMatchObject({ control: 't-4', outcome: 'enforced' })
    expect(eventsOf('two', 'capability.observed')).toEqual([])
  })

  it('says on a containment that its calls are held, and never that a denied call verified the whole of it', async () => {
    const data = { held: 'cgroup' as const, abilities: [] }
    const host = HostId.parse('h1')
    for (const id of ['held-1', 'held-2']) {
      const session = SessionId.parse(id)
      const event = { v: 1 as const, kind: 'session.started' as const, atMs: Date.now(), session, host, data }
      await server.pipeline.submit({ sender: { type: 'probe', host }, events: [event] })
    }
    await ask('held-1', 'Bash')
    await control('held-1', { control: ControlId.parse('h-1'), action: 'contain' })
    await control('held-2', { control: ControlId.parse('h-2'), action: 'contain' })
    await settled(() => eventsOf('held-1', 'control.step').length + eventsOf('held-2', 'control.step').length === 2)
    expect(eventsOf('held-1', 'control.step')).toMatchObject([
      { name: 'actions held', detail: 'canary tool call denied', ok: true, observedFrom: 'the gate of this server' },
    ])
    expect(eventsOf('held-2', 'control.step')).toMatchObject([
      { name: 'no gate', detail: 'its tool calls do not pass the gate; the freeze stops them' },
    ])
    await ask('held-1', '<b>mine\u202e</b>')
    await settled(() => eventsOf('held-1', 'control.step').length === 2)
    expect(eventsOf('held-1', 'control.step').at(-1)).toMatchObject({
      name: 'call denied',
      detail: 'call of a tool that is not known here denied',
    })
    expect(eventsOf('held-1', 'control.ended')).toEqual([])
  })

  it('denies a session that it does not know, and does not come to know it by its asking', async () => {
    for (let tries = 0; tries < 2; tries += 1)
      expect(await ask('nobody', 'Read')).toMatchObject({ status: 200, decision: 'deny' })
    expect(server.pipeline.state.sessions.has(SessionId.parse('nobody'))).toBe(false)
    expect(server.written.filter((event) => event.kind === 'audit.recorded').map((event) => event.data)).toContainEqual(
      expect.objectContaining({ change: 'gate.denied', subject: 'nobody' }),
    )
  })

  it('lets a session’s token ask for that session only, and a key only for what it speaks for', async () => {
    await start('mine')
    await start('other')
    const probeKey = (await keyWith({ name: 'probe', scopes: ['probe'], host: 'h1' })).authorization?.slice(7) ?? ''
    const hash = createHash('sha256').update(probeKey).digest('hex')
    const mac = createHmac('sha256', hash).update(sessionTokenMessage('mine')).digest('base64url')
    const token = { authorization: `Bearer ${formatSessionToken(hash, 'mine', mac)}` }
    expect(await ask('mine', 'Bash', token)).toMatchObject({ status: 200, decision: 'allow' })
    expect(await ask('other', 'Bash', token)).toMatchObject({ status: 403, decision: 'deny' })
    const bound = await keyWith({ name: 'bound', scopes: ['ingest'], session: 'mine' })
    expect([(await ask('mine', 'Bash', bound)).status, (await ask('other', 'Bash', bound)).status]).toEqual([200, 403])
    const foreign = await keyWith({ name: 'foreign', scopes: ['ingest'], host: 'h2' })
    expect((await ask('held-1', 'Bash', foreign)).status).toBe(403)
    const reader = await keyWith({ name: 'reader', scopes: ['read'] })
    expect(await ask('mine', 'Bash', reader)).toMatchObject({ status: 403, decision: 'deny' })
    expect((await fetch(`${server.url}/api/gate`, { method: 'POST', body: '{}' })).status).toBe(401)
  })

  it('refuses a body over the limit and one that does not fit, without a decision', async () => {
    const body = { session: 'mine', callId: 'c', tool: 'Bash', input: 'x'.repeat(70_000) }
    expect((await server.post('/api/gate', body)).status).toBe(413)
    expect((await server.post('/api/gate', { session: 'mine', callId: 'c', tool: '', input: 1 })).status).toBe(422)
  })
})

describe('the gate without its database', () => {
  it('answers "deny" as a problem when the decision cannot be put on record in time, never "allow"', async () => {
    const lonely = await startApiForTest()
    try {
      const session = SessionId.parse('away')
      await lonely.append({ kind: 'session.started', session, data: { held: 'none', abilities: [] } })
      const body = { session, callId: 'c', tool: 'Bash', input: {}, deadlineMs: 1_000 }
      expect(await (await lonely.post('/api/gate', body)).json()).toMatchObject({ decision: 'allow' })
      await lonely.takeDatabase()
      const answer = await lonely.post('/api/gate', { ...body, callId: 'd' })
      expect([answer.status, await answer.json()]).toMatchObject([503, { decision: 'deny', title: 'Not decided' }])
    } finally {
      await lonely.stop()
    }
  })
})
