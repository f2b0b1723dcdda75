// Operators over HTTP: invited, joined, promoted, removed; and nobody gets in by a link that was spent or is old.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApiForTest, apiTestKey, startApiForTest } from './api-for-test.ts'

let server: ApiForTest
let admin: Record<string, string>
const password = 'correct-horse-battery'
beforeAll(async () => {
  server = await startApiForTest()
  await server.auth.createOperator({ email: 'root@example.com', name: 'Root', password, role: 'admin' })
  admin = await signIn('root@example.com')
})
afterAll(async () => {
  await server.stop()
})

/** As a browser would: the session's cookie, and where the request comes from. */
async function signIn(email: string): Promise<Record<string, string>> {
  const answer = await fetch(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url },
    body: JSON.stringify({ email, password }),
  })
  expect(answer.status).toBe(200)
  const cookies = answer.headers.getSetCookie().map((each) => each.split(';', 1)[0])
  return { cookie: cookies.join('; '), origin: server.url, 'content-type': 'application/json' }
}
type Said = { status: number } & Record<string, unknown>
const call = async (method: string, path: string, headers: Record<string, string>, body?: object): Promise<Said> => {
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) }
  const answer = await fetch(server.url + path, init)
  return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) }
}
const setUp = (token: string, more: object = {}) =>
  call('POST', '/api/setup', { 'content-type': 'application/json' }, { token, password, ...more })
async function invite(email: string, role: string): Promise<{ id: string; token: string }> {
  const made = await call('POST', '/api/operators', admin, { email, name: email.split('@')[0], role })
  expect(made).toMatchObject({ status: 201, operator: { email, role, joined: false } })
  const url = new URL(made.setupUrl as string)
  expect([url.origin, url.pathname]).toEqual([server.url, '/setup'])
  return { id: (made.operator as { id: string }).id, token: url.searchParams.get('token') ?? '' }
}
async function joined(email: string, role: string) {
  const { id, token } = await invite(email, role)
  expect((await setUp(token)).status).toBe(201)
  return { id, headers: await signIn(email) }
}
const me = async (headers: Record<string, string>) => (await fetch(`${server.url}/api/me`, { headers })).json()
const audited = () =>
  server.written.flatMap((event) =>
    event.kind === 'audit.recorded' ? [`${event.data.change} ${event.data.subject}`] : [],
  )

describe('operators', () => {
  it('lets an invited person set a password once, and sign in with the role that they were given', async () => {
    const { token } = await invite('grace@example.com', 'responder')
    const other = { email: 'mallory@example.com', name: 'Mallory' }
    expect(await setUp(token, other)).toMatchObject({
      status: 201,
      operator: { email: 'grace@example.com', name: 'grace', role: 'responder' },
    })
    expect(await me(await signIn('grace@example.com'))).toMatchObject({ operator: { role: 'responder' } })
    expect(await setUp(token)).toMatchObject({ status: 410, title: 'Link is spent' })
    expect(audited()).toEqual(
      expect.arrayContaining([
        'operator.invited grace@example.com (responder)',
        'operator.joined grace@example.com (responder)',
      ]),
    )
  })

  it('keeps only a hash of the link, and shows it in no list and no event', async () => {
    const { token } = await invite('hash@example.com', 'viewer')
    const list = await call('GET', '/api/operators', admin)
    expect(JSON.stringify([list, server.written])).not.toContain(token.slice(4))
    expect(list.operators).toContainEqual(expect.objectContaining({ email: 'hash@example.com', joined: false }))
  })

  it('lets two who use one link at once in once', async () => {
    const { token } = await invite('race@example.com', 'viewer')
    const answers = await Promise.all([setUp(token), setUp(token)])
    expect(answers.map((each) => each.status).sort()).toEqual([201, 410])
  })

  it('refuses a link after 72 hours, a made-up one, and a short password without spending the link', async () => {
    server.clock.offsetMs = -73 * 3_600_000
    const old = await invite('late@example.com', 'viewer')
    server.clock.offsetMs = 0
    expect((await setUp(old.token)).status).toBe(410)
    expect((await setUp('inv_made-up')).status).toBe(410)
    const { token } = await invite('short@example.com', 'viewer')
    expect((await setUp(token, { password: 'short' })).status).toBe(422)
    expect((await setUp(token)).status).toBe(201)
  })

  it('refuses the link of somebody who was removed before they joined', async () => {
    const { id, token } = await invite('gone@example.com', 'viewer')
    expect((await call('DELETE', `/api/operators/${id}`, admin)).status).toBe(200)
    expect((await setUp(token)).status).toBe(410)
    expect((await invite('gone@example.com', 'viewer')).token).not.toBe(token)
  })

  it('shows and changes nothing for a viewer or a responder', async () => {
    for (const role of ['viewer', 'responder']) {
      const { id, headers } = await joined(`${role}-only@example.com`, role)
      expect((await call('GET', '/api/operators', headers)).status).toBe(403)
      const more = { email: 'x@example.com', name: 'x', role: 'admin' }
      expect((await call('POST', '/api/operators', headers, more)).status).toBe(403)
      expect((await call('POST', `/api/operators/${id}/role`, headers, { role: 'admin' })).status).toBe(403)
      expect((await call('DELETE', `/api/operators/${id}`, headers)).status).toBe(403)
    }
  })

  it('ends the sessions of a removed operator at once, and changes a role from the next request on', async () => {
    const { id, headers } = await joined('ada@example.com', 'viewer')
    expect((await call('POST', `/api/operators/${id}/role`, admin, { role: 'admin' })).status).toBe(200)
    expect((await call('GET', '/api/operators', headers)).status).toBe(200)
    expect((await call('DELETE', `/api/operators/${id}`, admin)).status).toBe(200)
    expect((await call('GET', '/api/operators', headers)).status).toBe(401)
    expect((await call('DELETE', `/api/operators/${id}`, admin)).status).toBe(404)
    expect(audited()).toEqual(
      expect.arrayContaining([
        'operator.role ada@example.com: viewer to admin',
        'operator.removed ada@example.com (admin)',
      ]),
    )
  })

  it('removes neither oneself nor the last administrator, also not by demotion, nor counts one who never joined', async () => {
    const own = (await me(admin)) as { operator: { id: string } }
    const self = `/api/operators/${own.operator.id}`
    expect(await call('DELETE', self, admin)).toMatchObject({ status: 409, title: 'That is you' })
    await invite('absent@example.com', 'admin')
    expect(await call('POST', `${self}/role`, admin, { role: 'viewer' })).toMatchObject({ title: 'Last administrator' })
    const byKey = await server.api(self, { method: 'DELETE' })
    expect([byKey.status, await byKey.json()]).toMatchObject([409, { title: 'Last administrator' }])
  })

  it('refuses an email that is taken, in whatever case', async () => {
    const more = { email: 'ROOT@example.com', name: 'x', role: 'viewer' }
    expect(await call('POST', '/api/operators', admin, more)).toMatchObject({ status: 409, title: 'Email is taken' })
  })

  it('lets no administrator make up a second person, nor remove the last one, while settings take two', async () => {
    const second = await joined('second@example.com', 'responder')
    const by = { type: 'operator' as const, id: 'o', name: 'o' }
    const set = (value: boolean) =>
      server.append({ kind: 'policy.changed', data: { policy: 'two-person-policy', value, by } })
    const { operators } = (await call('GET', '/api/operators', admin)) as Said & {
      operators: { id: string; email: string }[]
    }
    for (const { id, email } of operators.filter((each) => !/^(root|second)@/.test(each.email))) {
      expect(`${email} ${(await call('DELETE', `/api/operators/${id}`, admin)).status}`).toBe(`${email} 200`)
    }
    expect(await server.auth.countDeciders()).toBe(2)
    await set(true)
    const more = { email: 'puppet@example.com', name: 'x', role: 'responder' }
    expect(await call('POST', '/api/operators', admin, more)).toMatchObject({ status: 409, title: 'Takes two people' })
    expect((await call('POST', '/api/operators', admin, { ...more, role: 'viewer' })).status).toBe(201)
    const removal = await call('DELETE', `/api/operators/${second.id}`, admin)
    expect(removal).toMatchObject({ status: 409, title: 'Needs a second operator' })
    await set(false)
    expect((await call('DELETE', `/api/operators/${second.id}`, admin)).status).toBe(200)
  })

  it.each(['two-person-release', 'two-person-policy'] as const)(
    'lets nobody become responder or admin while %s is on, by invitation, by an older link or by promotion',
    async (policy) => {
      const by = { type: 'operator' as const, id: 'o', name: 'o' }
      const set = (value: boolean) => server.append({ kind: 'policy.changed', data: { policy, value, by } })
      const takesTwo = {
        status: 409,
        title: 'Takes two people',
        detail: expect.stringContaining('turn the policy off'),
      }
      const older = { responder: await invite(`r.${policy}@example.com`, 'responder') }
      const olderViewer = await invite(`v.${policy}@example.com`, 'viewer')
      const seen = await joined(`seen.${policy}@example.com`, 'viewer')
      await set(true)
      for (const role of ['responder', 'admin']) {
        const puppet = { email: `p.${role}.${policy}@example.com`, name: 'p', role }
        expect(await call('POST', '/api/operators', admin, puppet)).toMatchObject(takesTwo)
        expect(await call('POST', `/api/operators/${seen.id}/role`, admin, { role })).toMatchObject(takesTwo)
      }
      expect(await setUp(older.responder.token)).toMatchObject(takesTwo)
      expect((await setUp(olderViewer.token)).status).toBe(201)
      expect((await setUp((await invite(`n.${policy}@example.com`, 'viewer')).token)).status).toBe(201)
      await set(false)
      // Refused is not spent: their link works when the policy is off.
      expect((await setUp(older.responder.token)).status).toBe(201)
    },
  )

  it('lets no API key make a responder or an administrator, at any time', async () => {
    const headers = { authorization: `Bearer ${apiTestKey}`, 'content-type': 'application/json' }
    const takesPerson = { status: 403, detail: expect.stringContaining('sign in') }
    const { id } = await joined('plain@example.com', 'viewer')
    for (const role of ['responder', 'admin']) {
      const more = { email: `key.${role}@example.com`, name: 'x', role }
      expect(await call('POST', '/api/operators', headers, more)).toMatchObject(takesPerson)
      expect(await call('POST', `/api/operators/${id}/role`, headers, { role })).toMatchObject(takesPerson)
    }
    const viewer = { email: 'key.viewer@example.com', name: 'x', role: 'viewer' }
    expect((await call('POST', '/api/operators', headers, viewer)).status).toBe(201)
  })

  it('keeps two administrators while changing settings takes two, and counts deciders by role', async () => {
    const by = { type: 'operator' as const, id: 'o', name: 'o' }
    const set = (value: boolean) =>
      server.append({ kind: 'policy.changed', data: { policy: 'two-person-policy', value, by } })
    const counts = async () => [await server.auth.countDeciders(), await server.auth.countDeciders('admin')] as const
    const [deciders, admins] = await counts()
    const { id } = await joined('two@example.com', 'admin')
    await invite('not-joined@example.com', 'admin')
    expect(await counts()).toEqual([deciders + 1, admins + 1])
    expect(admins).toBe(1)
    await set(true)
    const refused = { status: 409, title: 'Needs a second administrator' }
    expect(await call('POST', `/api/operators/${id}/role`, admin, { role: 'responder' })).toMatchObject(refused)
    expect((await call('DELETE', `/api/operators/${id}`, admin)).status).toBe(409)
    await set(false)
    expect((await call('DELETE', `/api/operators/${id}`, admin)).status).toBe(200)
  })
})
