// Three nodes as processes behind a balancer that knows nothing: the owner is killed in the middle of everything, PostgreSQL is killed, and each node
// is restarted in turn. What was acknowledged is in the log once, and what waited goes on where it was.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request as requestOf } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { connectProbe } from './probe-by-hand.test-fixture.ts'
import { type SeveralNodes, startSeveralNodes, type TestNode } from './several-nodes.test-fixture.ts'
import { testAdmin, testKey } from './start-for-test.ts'

let several: SeveralNodes
let database: pg.Pool
beforeAll(async () => {
  several = await startSeveralNodes(3)
  database = new pg.Pool({ connectionString: several.postgres.connectionString, max: 1 })
  database.on('error', () => undefined)
}, 120_000)
afterAll(async () => {
  await database?.end()
  await several?.stop()
})

/** Of senders that a failed test left at work. */
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const json = { 'content-type': 'application/json' }
const key = { authorization: `Bearer ${testKey}` }
const tunnel = { command: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' }

/** As a source does: again until it is taken. */
async function call<T>(url: string, method: string, path: string, body?: string, headers: object = key): Promise<T> {
  let last = ''
  for (let tries = 0; tries < 600; tries += 1) {
    try {
      const answer = await fetch(url + path, { method, headers: { ...json, ...headers }, ...(body && { body }) })
      last = `${answer.status} ${await answer.text()}`
      if (answer.ok) return JSON.parse(last.slice(4)) as T
      if (answer.status !== 503) throw new TypeError(`refused: ${last}`)
      expect(answer.headers.get('retry-after'), last).toBe('1')
    } catch (error) {
      if (error instanceof TypeError && error.message.startsWith('refused')) throw error
      last = String(error)
    }
    await sleep(50)
  }
  throw new Error(`${method} ${path} was not answered within 30 s: ${last}`)
}

async function until<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    const found = await check()
    if (found) return found
    await sleep(25)
  }
  throw new Error(`not within 30 s: ${what}`)
}

const line = (session: string, kind: string, data: object) =>
  JSON.stringify({ v: 1, id: randomUUID(), kind, atMs: Date.now(), session, data })

/** Sends through the balancer without a rest; each text is acknowledged or sent again, with the same id. */
function keepSending(session: string) {
  const acknowledged: string[] = []
  let sending = true
  let longestMs = 0
  const one = async (sender: number) => {
    for (let n = 0; sending; n += 1) {
      const texts = Array.from({ length: 5 }, (_, i) => `${sender}-${n}-${i}`)
      const body = texts.map((text) => line(session, 'message.recorded', { role: 'user', text })).join('\n')
      const startMs = performance.now()
      await call(several.url, 'POST', '/api/ingest/events', body)
      longestMs = Math.max(longestMs, performance.now() - startMs)
      acknowledged.push(...texts)
      await sleep(10)
    }
  }
  const senders = [one(1), one(2), one(3)]
  const stop = async () => {
    sending = false
    await Promise.all(senders)
    return { acknowledged, longestMs }
  }
  stops.push(stop)
  return { count: () => acknowledged.length, stop }
}

/** Each text of the session that is in the log, as often as it is there. */
const textsOf = async (session: string) =>
  (
    await database.query<{ text: string }>(
      `SELECT data->>'text' AS text FROM event WHERE session = $1 AND kind = 'message.recorded'`,
      [session],
    )
  ).rows.map(({ text }) => text)

const kindsOf = async (session: string, kind: string) =>
  (
    await database.query<{ n: string }>('SELECT count(*) AS n FROM event WHERE session = $1 AND kind = $2', [
      session,
      kind,
    ])
  ).rows[0]?.n

async function expectWholeLog(): Promise<void> {
  const { rows } = await database.query(
    'SELECT count(*) = max(seq) AND count(DISTINCT seq) = max(seq) AS dense FROM event',
  )
  expect(rows).toEqual([{ dense: true }])
  expect(await call(several.url, 'GET', '/api/audit/verify')).toMatchObject({ ok: true, damage: [] })
}

/** Signs in from this address of the loopback, and answers which one is on record for it. */
async function signInFrom(localAddress: string, node: TestNode, headers: Record<string, string> = {}) {
  const body = JSON.stringify(testAdmin)
  const asked = requestOf(`${node.url}/api/auth/sign-in/email`, {
    method: 'POST',
    localAddress,
    agent: false,
    headers: { ...json, origin: several.url, 'content-length': body.length, ...headers },
  })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  const { rows } = await database.query('SELECT ip_address FROM operator_session ORDER BY created_at DESC LIMIT 1')
  return [answer.statusCode, rows[0]?.ip_address]
}

async function signIn(): Promise<{ cookie: string }> {
  const answer = await fetch(`${several.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { ...json, origin: several.url },
    body: JSON.stringify(testAdmin),
  })
  expect(answer.status, await answer.clone().text()).toBe(200)
  const cookies = answer.headers.getSetCookie().map((each) => each.split(';', 1)[0])
  return { cookie: cookies.join('; ') }
}

const othersThan = (owner: TestNode) => several.nodes.filter((node) => node !== owner)

describe('three nodes on one database', () => {
  it('have one owner; the others say that they stand by, are ready, show the pages, and answer as the owner does', async () => {
    const owner = await several.owner()
    expect((await Promise.all(several.nodes.map((node) => node.role()))).sort()).toEqual([
      'owner',
      'standby',
      'standby',
    ])
    await call(
      several.url,
      'POST',
      '/api/ingest/events',
      line('ep-seen', 'session.started', { held: 'none', abilities: [] }),
    )
    for (const node of several.nodes) {
      expect(await call(node.url, 'GET', '/api/sessions/ep-seen'), node.name).toMatchObject({
        row: { session: 'ep-seen' },
      })
      expect((await fetch(`${node.url}/readyz`)).status, node.name).toBe(200)
      expect(await (await fetch(`${node.url}/live`)).text(), node.name).toBe('a page')
      expect((await fetch(`${node.url}/api/sessions`)).status, 'a stranger').toBe(401)
    }
    for (const node of othersThan(owner)) expect(node.output()).toContain('a standby: another node owns the log')
  })

  it('know from where a client came, through whichever node, and let no client say it itself', async () => {
    const owner = await several.owner()
    const [standby] = othersThan(owner)
    if (!standby) throw new Error('there is no standby')
    expect(await signInFrom('127.0.0.2', owner)).toEqual([200, '127.0.0.2'])
    expect(await signInFrom('127.0.0.3', standby)).toEqual([200, '127.0.0.3'])
    const forged = { 'x-vigil-forwarded': `1 203.0.113.9 ${'A'.repeat(43)}`, 'x-vigil-remote': '203.0.113.9' }
    expect(await signInFrom('127.0.0.4', owner, forged)).toEqual([200, '127.0.0.4'])
  })

  it('whose owner is killed lose nothing: facts, a held call, a containment, a signed-in person and the audit go on with another', async () => {
    const person = await signIn()
    await call(
      several.url,
      'POST',
      '/api/ingest/events',
      line('ep-held', 'session.started', { held: 'none', abilities: [] }),
    )
    let probe = await connectProbe(several.url, 'host-a', testKey)
    await probe.hello('stream-a')
    const abilities = ['pause', 'network'].map((name) => ({ name, can: 'proven', enforcer: 'by-hand', detail: 'x' }))
    await probe.send('stream-a', 1, [
      { kind: 'probe.connected', data: { version: '1', bootId: 'boot', kernel: '6', abilities, observers: [] } },
      { kind: 'session.started', session: 'ep-bad', data: { held: 'cgroup', cgroup: '/vigil/ep-bad', abilities } },
    ])
    const gate = JSON.stringify({ session: 'ep-held', callId: 'held', tool: 'Bash', input: tunnel, deadlineMs: 60_000 })
    type Asked = { decision: string; approval?: string }
    const first = fetch(`${several.url}/api/gate`, { method: 'POST', headers: { ...json, ...key }, body: gate })
      .then(async (answer) => (answer.ok ? ((await answer.json()) as Asked) : undefined))
      .catch(() => undefined)
    type Card = { approval: string; digest: string }
    const waiting = (url: string) =>
      until('a call waits for a person', async () => {
        const path = '/api/approvals?state=waiting&session=ep-held'
        return (await call<{ approvals: Card[] }>(url, 'GET', path)).approvals[0]
      })
    const card = await waiting(several.url)
    const { id: control } = await call<{ id: string }>(
      several.url,
      'POST',
      '/api/sessions/ep-bad/controls',
      JSON.stringify({ action: 'contain' }),
    )
    const sending = keepSending('ep-killed')
    await until('facts flow', async () => sending.count() > 100)

    const owner = await several.owner()
    const killedMs = performance.now()
    await owner.end('SIGKILL')
    const next = await several.owner()
    await until('the new owner is ready', async () => (await fetch(`${next.url}/readyz`)).status === 200)
    const tookMs = performance.now() - killedMs
    expect(next).not.toBe(owner)
    expect((await first)?.decision, 'the wait ended without an answer that lets it run').not.toBe('allow')
    probe.close()

    // The probe comes back through whichever node, and is told what is still wanted.
    probe = await until('the probe is back', () => connectProbe(several.url, 'host-a', testKey).catch(() => undefined))
    const welcome = await probe.hello('stream-a', [{ session: 'ep-bad', paused: false }], 2)
    expect(welcome.ackedN).toBe(2)
    expect(welcome.wanted).toMatchObject([{ session: 'ep-bad', pending: [{ control, action: 'contain' }] }])
    const reports = [
      { kind: 'session.observed', session: 'ep-bad', data: { paused: true, observed: 'frozen 1', observedFrom: '/x' } },
      {
        kind: 'restriction.observed',
        session: 'ep-bad',
        data: { restriction: 'network', restricted: true, observed: '0 flows', observedFrom: '/x' },
      },
      {
        kind: 'control.ended',
        session: 'ep-bad',
        data: { control, outcome: 'enforced', observed: 'frozen 1', observedFrom: '/x' },
      },
    ]
    expect(await probe.send('stream-a', 3, reports)).toEqual({ ackedN: 5 })
    expect(await probe.send('stream-a', 3, reports), 'a repeat changes nothing').toEqual({ ackedN: 5 })

    // The same call asks again, and is approved through a node that owns nothing, with the cookie of before.
    const again = call<Asked>(several.url, 'POST', '/api/gate', gate)
    const standby = othersThan(next).find((node) => node !== owner)
    if (!standby) throw new Error('no standby is left')
    expect((await waiting(standby.url)).approval).toBe(card.approval)
    await call(
      standby.url,
      'POST',
      `/api/approvals/${card.approval}/decision`,
      JSON.stringify({ decision: 'approve', digest: card.digest }),
      { ...person, origin: standby.url },
    )
    expect(await again).toMatchObject({ decision: 'allow', approval: card.approval })

    const sent = await sending.stop()
    expect((await textsOf('ep-killed')).sort()).toEqual(sent.acknowledged.sort())
    expect(await kindsOf('ep-bad', 'control.ended')).toBe('1')
    expect(await kindsOf('ep-held', 'approval.requested')).toBe('1')
    await expectWholeLog()
    probe.close()
    console.info(
      `owner killed: another was ready after ${Math.round(tookMs)} ms; ${sent.acknowledged.length} facts, the longest wait ${Math.round(sent.longestMs)} ms`,
    )
    expect(tookMs, 'on a machine that may be busy with others').toBeLessThan(20_000)
  }, 120_000)

  it('that lose PostgreSQL keep their owner, and every acknowledged fact', async () => {
    const owner = await several.owner()
    const sending = keepSending('ep-database')
    await until('facts flow', async () => sending.count() > 50)
    const before = several.postgres.pid
    if (before !== null) process.kill(before, 'SIGKILL')
    const count = sending.count()
    await until('facts flow again', async () => sending.count() > count + 100)
    const sent = await sending.stop()
    expect(await several.owner()).toBe(owner)
    expect((await textsOf('ep-database')).sort()).toEqual(sent.acknowledged.sort())
    await expectWholeLog()
    console.info(`PostgreSQL killed: the longest wait ${Math.round(sent.longestMs)} ms`)
  }, 120_000)

  it('are restarted one after the other without a fact being lost or doubled', async () => {
    const sending = keepSending('ep-rolling')
    const pausesMs: number[] = []
    // The owner last, as one would. One of the others was killed above: it is only started.
    const owner = await several.owner()
    for (const node of [...othersThan(owner), owner]) {
      const count = sending.count()
      await node.end('SIGTERM')
      const startMs = performance.now()
      await until('facts flow', async () => sending.count() > count + 20)
      pausesMs.push(Math.round(performance.now() - startMs))
      await node.start()
    }
    const sent = await sending.stop()
    expect((await textsOf('ep-rolling')).sort()).toEqual(sent.acknowledged.sort())
    await expectWholeLog()
    expect((await Promise.all(several.nodes.map((node) => node.role()))).sort()).toEqual([
      'owner',
      'standby',
      'standby',
    ])
    console.info(
      `each restarted: facts went on ${pausesMs.join(', ')} ms after; ${sent.acknowledged.length} facts, the longest wait ${Math.round(sent.longestMs)} ms`,
    )
  }, 120_000)
})
