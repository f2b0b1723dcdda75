// Reaching people, on a real server with real PostgreSQL: what is said, what fails and is seen to fail, and what a restart does with the rest.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { closeAll, type VaultAnswer, vaultThat } from './enforcement-rig.test-fixture.ts'
import { decide, holdCommands, keyToAsk, waitingOf } from './gate-for-test.ts'
import type { DeliveryView, NotificationRouteView } from './protocol/notification-view.ts'
import { startForTest, type TestServer } from './start-for-test.ts'

let server: TestServer
let asking: string
beforeAll(async () => {
  server = await startForTest()
  await holdCommands(server)
  asking = await keyToAsk(server)
})
afterAll(async () => {
  await server.stop()
})
afterEach(async () => {
  for (const { id } of await routes()) await call('DELETE', `/api/notification-routes/${id}`)
  await closeAll()
})

const json = { 'content-type': 'application/json' }
async function call<T>(method: string, path: string, body?: object): Promise<T & { status: number }> {
  const answer = await server.api(path, { method, headers: json, ...(body && { body: JSON.stringify(body) }) })
  return { ...((await answer.json()) as T), status: answer.status }
}
const routes = async () => (await call<{ routes: NotificationRouteView[] }>('GET', '/api/notification-routes')).routes
const log = async (query = '') =>
  (await call<{ deliveries: DeliveryView[] }>('GET', `/api/notification-deliveries?${query}`)).deliveries
async function addRoute(
  name: string,
  target: object,
  more: object = {},
): Promise<NotificationRouteView & { secret?: string }> {
  const made = await call<{ route: NotificationRouteView; secret?: string }>('POST', '/api/notification-routes', {
    name,
    target,
    minSeverity: 'informational',
    ...more,
  })
  expect(made.status).toBe(201)
  return { ...made.route, ...(made.secret !== undefined && { secret: made.secret }) }
}
const pagerduty = (origin: string) => ({ kind: 'pagerduty', routingKey: 'R0123456789', url: `${origin}/v2/enqueue` })

async function start(session: string): Promise<void> {
  const event = { v: 1, kind: 'session.started', atMs: Date.now(), session, data: { held: 'none', abilities: [] } }
  await server.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(event) })
}
/** Answers when the gate does; the call waits for a person until then. */
function ask(session: string): Promise<Response> {
  return fetch(`${server.url}/api/gate`, {
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${asking}` },
    body: JSON.stringify({
      session,
      callId: `c-${session}`,
      tool: 'Bash',
      input: { command: 'ls' },
      deadlineMs: 60_000,
    }),
  }).catch(() => new Response())
}
async function until<T>(what: string, check: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await check()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`not within 15 s: ${what}`)
}
const bodiesOf = (place: { received: { body: string }[] }) =>
  place.received.map((each) => JSON.parse(each.body) as { event_action: string; dedup_key: string })

it('an action that waits pages once and ends when a person has decided; a viewer’s key sees what waits and no route', async () => {
  const place = await vaultThat(() => ({ status: 202 }))
  const slack = await vaultThat(() => ({ status: 200 }))
  await addRoute('on-call', pagerduty(place.origin))
  await addRoute('channel', { kind: 'slack', url: `${slack.origin}/services/T0/B0/secret-part` })
  await start('ep-1')
  const answer = ask('ep-1')
  const { approval } = await waitingOf(server, 'ep-1')
  await until('both were told', () => place.received.length === 1 && slack.received.length === 1)

  const { key } = await call<{ key: string }>('POST', '/api/keys', { name: 'reads', scopes: ['read'] })
  const reads = { headers: { authorization: `Bearer ${key}` } }
  const waiting = (await (await server.api('/api/occasions', reads)).json()) as { open: number; occasions: object[] }
  expect(waiting).toMatchObject({ open: 1, occasions: [{ key: `approval:${approval}`, session: 'ep-1' }] })
  expect((await server.api('/api/notification-routes', reads)).status).toBe(403)
  expect((await server.api('/api/notification-deliveries', reads)).status).toBe(403)

  await decide(server, approval, { decision: 'deny' })
  await answer
  await until('both were told of the end', () => place.received.length === 2 && slack.received.length === 2)
  const [begin, end] = bodiesOf(place)
  expect([begin?.event_action, end?.event_action, begin?.dedup_key === end?.dedup_key]).toEqual([
    'trigger',
    'resolve',
    true,
  ])
  const told = await until('the log says so', async () => {
    const found = await log()
    return found.filter((each) => each.state === 'delivered').length === 4 && found
  })
  const shown = JSON.stringify([told, await routes()])
  expect(shown).not.toContain('secret-part')
  expect(shown).not.toContain('R0123456789')
})

it('a failure is in the log with its reason, is tried again at once when asked, and the next route hears in the meantime', async () => {
  let answer: VaultAnswer = { status: 500, body: 'out of order' }
  const place = await vaultThat(() => answer)
  const other = await vaultThat(() => ({ status: 200 }))
  const broken = await addRoute('broken', pagerduty(place.origin))
  await addRoute('other', { kind: 'webhook', url: other.origin })
  await start('ep-2')
  const waiting = ask('ep-2')
  const failing = await until('the failure is in the log', async () =>
    (await log(`route=${broken.id}&state=waiting`)).find((each) => each.attempts > 0 && each.detail !== undefined),
  )
  expect(failing).toMatchObject({ status: 500, detail: 'answered 500: out of order' })
  expect(failing.nextAtMs).toBeGreaterThan(Date.now())
  await until('the other was told', () => other.received.length === 1)
  answer = { status: 202 }
  expect(await call('POST', `/api/notification-deliveries/${failing.id}/retry`)).toMatchObject({ status: 200 })
  await until('it is delivered', async () => (await log(`route=${broken.id}&state=delivered`)).length === 1)
  expect(await call('POST', `/api/notification-deliveries/${failing.id}/retry`)).toMatchObject({ status: 409 })
  const { approval } = await waitingOf(server, 'ep-2')
  await decide(server, approval, { decision: 'deny' })
  await waiting
})

it('a restart says what was left under the same ids, and nothing that was said already', async () => {
  let answer: VaultAnswer = { status: 503 }
  const place = await vaultThat(() => answer)
  const good = await vaultThat(() => ({ status: 200 }))
  await addRoute('down', { kind: 'webhook', url: place.origin })
  await addRoute('up', { kind: 'webhook', url: good.origin })
  await start('ep-3')
  void ask('ep-3')
  const { approval } = await waitingOf(server, 'ep-3')
  await until('both were tried', () => place.received.length >= 1 && good.received.length === 1)
  answer = { status: 200 }
  await server.restart()
  const ids = await until(
    'the rest is said',
    () => place.received.length >= 2 && place.received.map((each) => each.headers['webhook-id']),
  )
  expect(new Set(ids).size).toBe(1)
  await decide(server, approval, { decision: 'deny' })
  await until(
    'both hear the end',
    async () => (await log('state=delivered')).filter((each) => each.key === `approval:${approval}`).length === 4,
  )
  const types = good.received.map((each) => (JSON.parse(each.body) as { type: string }).type)
  expect(types).toEqual(['vigil.notification.trigger', 'vigil.notification.resolve'])
})

it('a test says what came back, and stands in the log; what was open before a route was added is not news to it', async () => {
  await start('ep-4')
  const waiting = ask('ep-4')
  const { approval } = await waitingOf(server, 'ep-4')
  const place = await vaultThat(() => ({ status: 410, body: 'gone' }))
  const route = await addRoute('late', { kind: 'webhook', url: place.origin })
  expect(route.secret).toMatch(/^whsec_/)
  const tested = await call('POST', `/api/notification-routes/${route.id}/test`)
  expect(tested).toMatchObject({ ok: false, status: expect.any(Number), detail: expect.stringContaining('gone') })
  expect(await log(`route=${route.id}`)).toMatchObject([
    { step: 'test', state: 'failed', detail: 'answered 410: gone' },
  ])
  await decide(server, approval, { decision: 'deny' })
  await waiting
  expect(place.received).toHaveLength(1)
})

it.each([
  ['another scheme', { kind: 'slack', url: 'file:///etc/passwd' }],
  ['a password in the address', { kind: 'webhook', url: 'https://a:b@example.com/' }],
  [
    'a password over a connection without encryption',
    {
      kind: 'email',
      host: 'mail',
      port: 25,
      security: 'none',
      user: 'u',
      password: 'p',
      from: 'a@example.com',
      to: ['b@example.com'],
    },
  ],
  ['no receiver', { kind: 'email', host: 'mail', port: 25, security: 'tls', from: 'a@example.com', to: [] }],
])('refuses a route with %s', async (_what, target) => {
  expect((await call('POST', '/api/notification-routes', { name: 'x', target })).status).toBe(422)
})
