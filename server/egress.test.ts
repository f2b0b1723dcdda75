// Destinations and allowlists on a real server: counted once, also after a restart; changed by administrators alone, and in force at once.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectProbe } from './probe-by-hand.test-fixture.ts'
import type { AllowlistView, DestinationDetail, DestinationPage } from './protocol/destination-view.ts'
import { startForTest, type TestServer, testKey } from './start-for-test.ts'

let server: TestServer
let probeKey = ''
beforeAll(async () => {
  server = await startForTest()
  probeKey = (await call<{ key: string }>('POST', '/api/keys', { name: 'p', scopes: ['probe'], host: 'node-1' })).body
    .key
})
afterAll(async () => {
  await server.stop()
})

async function call<T>(
  method: string,
  path: string,
  body?: object,
  key = testKey,
): Promise<{ status: number; body: T }> {
  const answer = await server.api(path, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as T }
}
const page = async (query = '') => (await call<DestinationPage>('GET', `/api/egress/destinations${query}`)).body
const lists = async () => (await call<AllowlistView>('GET', '/api/egress/allowlists')).body

const opened = (connection: string, address: string, port: number) => ({
  kind: 'connection.opened',
  session: 'ep-1',
  data: {
    connection,
    protocol: 'tcp',
    local: { address: '10.0.0.5', port: 40_000 },
    remote: { address, port },
    direction: 'out',
    state: 'ESTAB',
    pid: 77,
    comm: 'ssh\u0000\u202e',
  },
})

describe('destinations', () => {
  it('are what hosts saw sessions connect to, new ones that no list expects first', async () => {
    const probe = await connectProbe(server.url, 'node-1', probeKey)
    await probe.hello('s-1')
    const answer = await probe.send('s-1', 1, [
      { kind: 'session.started', session: 'ep-1', data: { held: 'cgroup', abilities: [], labels: { taskset: 'ctf' } } },
      opened('a', '203.0.113.40', 22),
      opened('b', '198.51.100.7', 443),
      { kind: 'connection.closed', session: 'ep-1', data: { connection: 'a', bytesOut: 800, bytesIn: 90 } },
    ])
    expect(answer).toMatchObject({ ackedN: 4 })
    expect(answer.rejected ?? []).toEqual([])
    const { destinations, newUnlisted } = await page('?q=203.0.113')
    expect(newUnlisted).toBe(2)
    expect(destinations).toMatchObject([
      { address: '203.0.113.40', port: 22, bytesOut: 800, isNew: true, listing: 'unlisted', sessions: ['ep-1'] },
    ])
    probe.close()
  })

  it('are counted once, and told of the close of what was open, over a restart', async () => {
    await server.restart()
    const probe = await connectProbe(server.url, 'node-1', probeKey)
    await probe.hello('s-1', [], 4)
    await probe.send('s-1', 5, [
      { kind: 'connection.closed', session: 'ep-1', data: { connection: 'b', bytesOut: 1, bytesIn: 2_000 } },
    ])
    const { body } = await call<DestinationDetail>('GET', '/api/egress/destinations/tcp~198.51.100.7~443')
    expect(body.destination).toMatchObject({ connections: 1, bytesIn: 2_000 })
    expect(body.uses).toMatchObject([{ session: 'ep-1', taskSet: 'ctf', host: 'node-1', pid: 77 }])
    probe.close()
  })

  it('answers 404 where no session connected', async () => {
    expect((await call('GET', '/api/egress/destinations/tcp~192.0.2.1~1')).status).toBe(404)
  })
})

describe('an allowlist', () => {
  const entry = { scope: 'taskSet', name: 'ctf', to: '203.0.113.0/24', ports: [22], why: 'the evaluation host' }

  it('says what is wrong with an entry, and keeps nothing of it', async () => {
    const { version } = await lists()
    const wrong = await call<{ detail: string }>('POST', '/api/egress/allowlists/entries', {
      ...entry,
      base: version,
      to: '0.0.0.0/0',
    })
    expect(wrong.status).toBe(422)
    expect(wrong.body.detail).toContain('allows nearly every address')
    expect((await lists()).version).toBe(version)
  })

  it('is in force at once, names who changed it, and is taken back as it was given', async () => {
    const before = await lists()
    const added = await call<AllowlistView>('POST', '/api/egress/allowlists/entries', {
      ...entry,
      base: before.version,
    })
    expect(added.status).toBe(201)
    expect(added.body.changes[0]).toMatchObject({ note: 'allowed 203.0.113.0/24 for task set ctf' })
    expect((await page('?q=203.0.113')).destinations[0]?.listing).toBe('listed')
    const removed = await call<AllowlistView>('POST', '/api/egress/allowlists/entries/remove', {
      base: added.body.version,
      scope: 'taskSet',
      name: 'ctf',
      index: 0,
      to: entry.to,
    })
    expect(removed.status).toBe(200)
    expect((await page('?q=203.0.113')).destinations[0]?.listing).toBe('unlisted')
  })

  it('is not changed on top of a version that was not seen', async () => {
    const { version } = await lists()
    const late = await call('POST', '/api/egress/allowlists/entries', { ...entry, base: version - 1 })
    expect(late.status).toBe(409)
  })

  it('is read, and not changed, by a key that may only read', async () => {
    const made = await call<{ key: string }>('POST', '/api/keys', { name: 'reader', scopes: ['read'] })
    expect((await call('GET', '/api/egress/allowlists', undefined, made.body.key)).status).toBe(200)
    const tried = await call('POST', '/api/egress/allowlists/entries', { ...entry, base: 0 }, made.body.key)
    expect(tried.status).toBe(403)
  })
})
