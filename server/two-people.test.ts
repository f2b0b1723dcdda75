// Controls, standing orders and the second person over the real API: real PostgreSQL, real sign-ins, a probe played by hand.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectProbe } from './probe-by-hand.test-fixture.ts'
import { startForTest, type TestServer, testAdmin, testKey } from './start-for-test.ts'

let server: TestServer
let ann: Headers
let ben: Headers
let cid: Headers
let probe: Awaited<ReturnType<typeof connectProbe>>
const password = 'another-long-password'

type Headers = Record<string, string>
type Said = { status: number; id?: string; proposal?: string; title?: string; detail?: string; [more: string]: unknown }
const json = { 'content-type': 'application/json' }

async function call(method: string, path: string, headers: Headers, body?: object): Promise<Said> {
  const answer = await fetch(server.url + path, {
    method,
    headers: { ...json, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, ...((await answer.json()) as object) }
}
async function signIn(email: string, secret: string): Promise<Headers> {
  const answer = await fetch(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { ...json, origin: server.url },
    body: JSON.stringify({ email, password: secret }),
  })
  expect(answer.status).toBe(200)
  const cookie = answer.headers.getSetCookie().map((each) => each.split(';', 1)[0])
  return { cookie: cookie.join('; '), origin: server.url }
}
const key: Headers = { authorization: `Bearer ${testKey}` }
const abilities = ['pause', 'network', 'end'].map((name) => ({
  name,
  can: 'proven',
  enforcer: `by-hand-${name}`,
  detail: '',
}))
let lastN = 0
async function say(...events: object[]): Promise<void> {
  await probe.send('by-hand', lastN + 1, events)
  lastN += events.length
}
const start = (session: string, labels: object = {}) =>
  say({ kind: 'session.started', session, data: { held: 'cgroup', cgroup: `/vigil/${session}`, abilities, labels } })
const newestWanted = (session: string) => probe.wanted.findLast((each) => each.session === session)
async function until(what: string, check: () => Promise<boolean> | boolean): Promise<void> {
  for (let tries = 0; tries < 250; tries += 1) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`not within 5 s: ${what}`)
}
const wants = (session: string, restrict: string[]) =>
  until(
    `${session} wants ${restrict.join('+') || 'nothing'}`,
    () => newestWanted(session)?.restrict.join() === restrict.join(),
  )

beforeAll(async () => {
  server = await startForTest()
  ann = await signIn(testAdmin.email, testAdmin.password)
  probe = await connectProbe(server.url, 'by-hand', testKey)
  await probe.hello('by-hand')
  await say({ kind: 'probe.connected', data: { version: '1', bootId: 'b', kernel: '6', abilities, observers: [] } })
})
afterAll(async () => {
  probe.close()
  await server.stop()
})

describe('holds over the API', () => {
  it('a pause for a second lifts itself, an extended one stands until the new time, and the host is told each time', async () => {
    await start('timed')
    const { id } = await call('POST', '/api/sessions/timed/controls', key, { action: 'pause', ttlSeconds: 1 })
    await wants('timed', ['pause'])
    expect(await call('GET', `/api/controls/${id}`, key)).toMatchObject({ hold: { expiresAt: expect.any(Number) } })
    await wants('timed', [])
    expect((await call('GET', `/api/controls/${id}`, key)).hold).toBeUndefined()

    const again = await call('POST', '/api/sessions/timed/controls', key, { action: 'pause', ttlSeconds: 1 })
    expect(await call('POST', `/api/controls/${again.id}/extend`, key, {})).toMatchObject({ status: 200, done: true })
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    expect(newestWanted('timed')?.restrict).toEqual(['pause'])
    await call('POST', '/api/sessions/timed/controls', key, { action: 'resume' })
    await wants('timed', [])
    expect(await call('POST', `/api/controls/${again.id}/extend`, key, { ttlSeconds: 60 })).toMatchObject({
      status: 409,
    })
  })

  it('a time that runs out while the server is down is kept when it is back', async () => {
    await start('overnight')
    await call('POST', '/api/sessions/overnight/controls', key, { action: 'pause', ttlSeconds: 1 })
    await wants('overnight', ['pause'])
    probe.close()
    await server.restart()
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    probe = await connectProbe(server.url, 'by-hand', testKey)
    const { wanted } = await probe.hello('by-hand', [{ session: 'overnight', paused: true }], lastN)
    expect(wanted.find((each) => each.session === 'overnight')?.restrict).toEqual([])
    ann = await signIn(testAdmin.email, testAdmin.password)
  })

  it('refuses in words: a capability that is missing, one too many, a time of nothing, what nobody can do', async () => {
    await start('asked')
    const ask = (body: object) => call('POST', '/api/sessions/asked/controls', key, body)
    expect(await ask({ action: 'revoke' })).toMatchObject({ status: 422, detail: 'revoke needs a capability' })
    expect(await ask({ action: 'pause', capability: 'network' })).toMatchObject({ status: 422 })
    expect((await ask({ action: 'pause', ttlSeconds: 0 })).status).toBe(422)
    expect(await ask({ action: 'revoke', capability: 'gpu' })).toMatchObject({
      status: 409,
      detail: expect.stringContaining('Instead: pause it'),
    })
  })
})

describe('a standing order', () => {
  it('reaches a session that starts later and a restart of the server, until it is lifted', async () => {
    await start('run-a', { run: 'rl-1' })
    const { id } = await call('POST', '/api/containments', key, { selector: { run: 'rl-1' }, reason: 'mining' })
    await wants('run-a', ['network', 'pause'])
    probe.close()
    await server.restart()
    probe = await connectProbe(server.url, 'by-hand', testKey)
    await probe.hello('by-hand', [{ session: 'run-a', paused: false }], lastN)
    await start('run-b', { run: 'rl-1' })
    await wants('run-b', ['network', 'pause'])
    expect(await call('GET', `/api/containments/${id}`, key)).toMatchObject({ held: 2, open: 2, enforced: 0 })
    expect(await call('POST', `/api/containments/${id}/lift`, key, {})).toMatchObject({ status: 202 })
    await wants('run-b', [])
    await start('run-c', { run: 'rl-1' })
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await call('GET', '/api/sessions/run-c', key)).row).toMatchObject({ holds: [] })
    ann = await signIn(testAdmin.email, testAdmin.password)
  })
})

async function join(name: string, role: string): Promise<Headers> {
  const email = `${name}@example.com`
  const invited = await call('POST', '/api/operators', ann, { email, name, role })
  const token = new URL(String(invited.setupUrl)).searchParams.get('token')
  expect((await call('POST', '/api/setup', {}, { token, password, email, name })).status).toBe(201)
  return signIn(email, password)
}

describe('two people', () => {
  it('cannot be asked for while there is only one', async () => {
    const asked = await call('PUT', '/api/policies/two-person-release', ann, { value: true })
    expect(asked).toMatchObject({ status: 409, title: 'Needs a second admin' })
  })

  it('release together: the first asks, a key and the first cannot confirm, the second can', async () => {
    ben = await join('ben', 'admin')
    cid = await join('cid', 'responder')
    expect(await call('PUT', '/api/policies/two-person-release', ann, { value: true })).toMatchObject({ status: 200 })

    await start('held')
    // Containing waits for nobody, and its time limit would be a release by one: it is dropped.
    const { id } = await call('POST', '/api/sessions/held/controls', key, { action: 'contain', ttlSeconds: 1 })
    await wants('held', ['network', 'pause'])
    expect((await call('GET', `/api/controls/${id}`, key)).hold).toEqual({})
    expect(await call('POST', `/api/controls/${id}/extend`, key, { ttlSeconds: 1 })).toMatchObject({ status: 409 })

    expect(await call('POST', '/api/sessions/held/controls', key, { action: 'release' })).toMatchObject({ status: 403 })
    const asked = await call('POST', '/api/sessions/held/controls', ann, { action: 'release', reason: 'imaged' })
    expect(asked).toMatchObject({ status: 202, proposal: expect.any(String) })
    expect(asked.id).toBeUndefined()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(newestWanted('held')?.restrict).toEqual(['network', 'pause'])

    const decide = (who: Headers, decision: string) =>
      call('POST', `/api/proposals/${asked.proposal}/decision`, who, { decision })
    expect(await decide(ann, 'confirmed')).toMatchObject({ status: 403, title: 'Takes another person' })
    expect(await decide(key, 'confirmed')).toMatchObject({ status: 403 })
    expect(await decide(cid, 'confirmed')).toMatchObject({ status: 200 })
    await wants('held', [])
    expect(await decide(ben, 'confirmed')).toMatchObject({ status: 409 })
  })

  it('are needed to turn it off again; a responder cannot', async () => {
    const off = await call('PUT', '/api/policies/two-person-release', ann, { value: false })
    expect(off).toMatchObject({ status: 202, proposal: expect.any(String) })
    expect((await call('GET', '/api/policies', ann)).policies).toMatchObject({ 'two-person-release': true })
    const decided = await call('POST', `/api/proposals/${off.proposal}/decision`, cid, { decision: 'confirmed' })
    expect(decided).toMatchObject({ status: 403, detail: 'a responder may not decide this' })
    const second = await call('POST', `/api/proposals/${off.proposal}/decision`, ben, { decision: 'confirmed' })
    expect(second).toMatchObject({ status: 200 })
    expect((await call('GET', '/api/policies', ann)).policies).toMatchObject({ 'two-person-release': false })
  })
})
