// A wallboard's link hangs where anyone may read it off: it gets figures, and is nobody everywhere else.
import { io, type Socket } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { operatorNamespace } from './protocol/browser-messages.ts'
import { probeNamespace } from './protocol/probe-messages.ts'
import { WallFigures, wallNamespace } from './protocol/wall-messages.ts'
import { startForTest, type TestServer, testKey } from './start-for-test.ts'

let server: TestServer
const sockets: Socket[] = []
beforeAll(async () => {
  server = await startForTest()
})
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.disconnect()
})
afterAll(() => server.stop())

const json = { 'content-type': 'application/json' }

async function makeLink(name: string): Promise<{ token: string; link: { id: string; hint: string } }> {
  const answer = await server.api('/api/wall-links', { method: 'POST', headers: json, body: JSON.stringify({ name }) })
  expect(answer.status).toBe(201)
  return (await answer.json()) as { token: string; link: { id: string; hint: string } }
}

function open(namespace: string, auth: object, extraHeaders: Record<string, string> = {}): Socket {
  const socket = io(server.url + namespace, {
    auth,
    extraHeaders,
    forceNew: true,
    reconnection: false,
    transports: ['websocket'],
  })
  sockets.push(socket)
  return socket
}

/** The next figures, or the reason why there are none. */
function figuresOf(socket: Socket): Promise<WallFigures | string> {
  return new Promise((resolve) => {
    socket.once('figures', (raw: unknown) => resolve(WallFigures.parse(raw)))
    socket.once('connect_error', (error: Error) => resolve(error.message))
  })
}

const ingest = (events: object[]) =>
  server.api('/api/ingest/events', {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  })

describe('a wallboard’s link', () => {
  it('gets figures with each beat of the server, and no word that an agent wrote', async () => {
    const { token } = await makeLink('ops room')
    const evil = 'EVIL-NAME-7f3a'
    const session = `ep-${evil}`
    const data = { name: evil, agent: evil, task: evil, held: 'none', abilities: [] }
    await ingest([{ v: 1, kind: 'session.started', atMs: Date.now(), session, data }])
    const socket = open(wallNamespace, { token })
    const first = await figuresOf(socket)
    const second = await figuresOf(socket)
    if (typeof first === 'string' || typeof second === 'string') throw new Error(`refused: ${first} ${second}`)
    expect(second.beat).toBeGreaterThan(first.beat)
    expect(second.sessions.running).toBe(1)
    expect(JSON.stringify(second)).not.toContain(evil)
  })

  it('is nobody to the HTTP API: every route that there is refuses it, reading and writing', async () => {
    const { token } = await makeLink('api')
    const headers = { authorization: `Bearer ${token}`, ...json }
    const document = (await (await server.api('/api/openapi.json')).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{[^}]+\}/g, 'x') })),
    )
    const others = [
      '/v1/traces',
      '/v1/logs',
      '/v1/metrics',
      '/api/ingest/events',
      '/api/ingest/auto',
      '/hooks/claude-code',
    ]
    const all = [...routes, ...others.map((path) => ({ method: 'POST', path })), { method: 'GET', path: '/metrics' }]
    expect(all.length).toBeGreaterThan(50)
    const open: string[] = []
    for (const { method, path } of all) {
      const body = method === 'GET' ? {} : { body: '{}' }
      const answer = await fetch(server.url + path, { method, headers, ...body })
      const text = await answer.text()
      // A hook answers with a denial whatever goes wrong: its caller reads no status.
      const denied = answer.status === 401 || (path.startsWith('/hooks/') && /deny|block/.test(text))
      if (!denied) open.push(`${method} ${path} ${answer.status}`)
    }
    expect(open.filter((each) => !each.startsWith('GET /healthz') && !each.startsWith('GET /readyz'))).toEqual([])
  })

  it('is nobody to the other sockets, whose watches and controls it cannot reach', async () => {
    const { token } = await makeLink('sockets')
    for (const namespace of [operatorNamespace, probeNamespace]) {
      const auth = { token, key: token, wireVersion: 1, host: 'h' }
      const refused = await new Promise((resolve) => {
        const socket = open(namespace, auth)
        socket.once('connect', () => resolve('connected'))
        socket.once('connect_error', (error: Error) => resolve(error.message))
      })
      expect(refused).not.toBe('connected')
    }
  })

  it('is answered on none of the console’s messages', async () => {
    const { token } = await makeLink('asks')
    const socket = open(wallNamespace, { token })
    await figuresOf(socket)
    for (const name of ['watch', 'control', 'contain', 'lift', 'extend', 'decide', 'painted']) {
      const answer = await socket
        .timeout(150)
        .emitWithAck(name, { view: 'live', session: 'x', action: 'pause' })
        .catch(() => 'nothing')
      expect(answer).toBe('nothing')
    }
  })

  it('goes dark at once when it is revoked, and opens nothing from then on, also after a restart', async () => {
    const { token, link } = await makeLink('lobby')
    const socket = open(wallNamespace, { token })
    await figuresOf(socket)
    const gone = new Promise((resolve) => socket.once('disconnect', resolve))
    expect((await server.api(`/api/wall-links/${link.id}`, { method: 'DELETE' })).status).toBe(200)
    expect(await gone).toBe('io server disconnect')
    expect(await figuresOf(open(wallNamespace, { token }))).toBe('unauthorized')
    await server.restart()
    expect(await figuresOf(open(wallNamespace, { token }))).toBe('unauthorized')
    const { links } = (await (await server.api('/api/wall-links')).json()) as { links: Record<string, unknown>[] }
    const told = links.find((each) => each.id === link.id)
    expect(told).toMatchObject({ name: 'lobby', hint: token.slice(-4) })
    expect(told?.lastUsedAtMs).toBeGreaterThan(0)
    expect(told?.revokedAtMs).toBeGreaterThan(0)
    expect(JSON.stringify(links)).not.toContain(token)
  })

  it('is made by an admin alone', async () => {
    const made = await server.api('/api/keys', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ name: 'reads', scopes: ['read', 'control', 'ingest'] }),
    })
    const { key } = (await made.json()) as { key: string }
    const headers = { authorization: `Bearer ${key}`, ...json }
    const asked = await server.api('/api/wall-links', { method: 'POST', headers, body: '{"name":"mine"}' })
    expect(asked.status).toBe(403)
    expect((await server.api('/api/wall-links', { headers })).status).toBe(403)
  })

  it('opens to nobody without a link: neither a stranger, nor an API key in its place', async () => {
    expect(await figuresOf(open(wallNamespace, {}))).toBe('unauthorized')
    expect(await figuresOf(open(wallNamespace, { token: testKey }))).toBe('unauthorized')
    expect(await figuresOf(open(wallNamespace, { token: 'vwall_guess' }))).toBe('unauthorized')
  })
})
