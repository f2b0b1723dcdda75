// The HTTP API of a real server on a real database: what it accepts, what it refuses, and in which words.

import { createHash, createHmac, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatSessionToken, sessionTokenMessage } from './protocol/session-token.ts'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(async () => {
  await server.stop()
})

const action = (session: string, call: string, more: object = {}) => ({
  v: 1,
  kind: 'action.started',
  atMs: Date.now(),
  session,
  data: { call, tool: 'shell', input: 'ls' },
  ...more,
})
const ndjson = (...lines: unknown[]) =>
  lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
const ingest = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  server.api('/api/ingest/events', { method: 'POST', body, headers })
const eventsOf = async (session: string) =>
  (
    (await (await server.api(`/api/sessions/${encodeURIComponent(session)}/events?limit=5000`)).json()) as {
      events: { kind: string; data: Record<string, unknown>; atMs: number; seenAtMs: number; seq: number }[]
    }
  ).events

describe('native ingest', () => {
  it('keeps the valid lines of a request and says of each other line why it was refused', async () => {
    const answer = await ingest(
      ndjson(
        action('mixed', 'c1'),
        'not json',
        { v: 1, kind: 'mind.read', atMs: Date.now(), session: 'mixed', data: {} },
        action('mixed', 'c2', { surprise: true }),
        action('<img src=x>', 'c3'),
        action('mixed\u0000', 'c4'),
        action('mixed', 'c5', { atMs: 5 }),
        action('mixed', 'c6'),
      ),
    )
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      accepted: 2,
      rejected: 6,
      errors: [
        { line: 2, reason: 'line is not valid JSON' },
        { line: 3, reason: 'unknown kind "mind.read"' },
        { line: 4, reason: 'unknown field "surprise"' },
        { line: 5, reason: expect.stringContaining('session id must be') },
        { line: 6, reason: expect.stringContaining('session id must be') },
        { line: 7, reason: expect.stringContaining('before the year 2000') },
      ],
    })
    expect((await eventsOf('mixed')).map((event) => event.data.call)).toEqual(['c1', 'c6'])
  })

  it('keeps an event once however often its id is sent, in one request or in several', async () => {
    const id = randomUUID()
    const twice = await ingest(ndjson(action('once', 'a', { id }), action('once', 'a', { id })))
    expect(await twice.json()).toMatchObject({ accepted: 2, rejected: 0 })
    await ingest(ndjson(action('once', 'b'), action('once', 'a', { id })))
    expect((await eventsOf('once')).map((event) => event.data.call)).toEqual(['a', 'b'])
  })

  it('keeps one sender’s ids apart from another’s: nobody can use up the id of an event that is still to come', async () => {
    const keyOf = async (name: string) =>
      (
        (await (
          await server.api('/api/keys', {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ name, scopes: ['ingest'] }),
          })
        ).json()) as { key: string }
      ).key
    const [squatter, genuine] = [await keyOf('squatter'), await keyOf('genuine')]
    const id = randomUUID()
    await ingest(ndjson(action('squat', 'forged', { id })), { authorization: `Bearer ${squatter}` })
    await ingest(ndjson(action('squat', 'genuine', { id })), { authorization: `Bearer ${genuine}` })
    await ingest(ndjson(action('squat', 'genuine', { id })), { authorization: `Bearer ${genuine}` })
    expect((await eventsOf('squat')).map((event) => event.data.call)).toEqual(['forged', 'genuine'])
  })

  it('keeps what an agent wrote character for character, NUL and lone surrogates included', async () => {
    const input = 'a\u0000b \u202e reversed \ud800 lone <script>alert(1)</script>'
    await ingest(ndjson(action('verbatim', 'c', { data: { call: 'c', tool: 'shell', input } })))
    expect((await eventsOf('verbatim'))[0]?.data.input).toBe(input)
  })

  it('keeps an event whose clock is years off, and shows when it was really seen', async () => {
    await ingest(
      ndjson(
        action('clock', 'past', { atMs: Date.UTC(2001, 1, 1) }),
        action('clock', 'future', { atMs: Date.UTC(2099, 1, 1) }),
      ),
    )
    const events = await eventsOf('clock')
    expect(events.map((event) => new Date(event.atMs).getUTCFullYear())).toEqual([2001, 2099])
    for (const event of events) expect(Math.abs(event.seenAtMs - Date.now())).toBeLessThan(60_000)
    const session = (await (await server.api('/api/sessions/clock')).json()) as { row: { lastEventAtMs: number } }
    expect(session.row.lastEventAtMs).toBeLessThan(Date.now() + 1_000)
  })

  it('undoes gzip, and refuses wrong gzip, an unknown encoding and a bomb each in clear words', async () => {
    const good = await ingest(gzipSync(ndjson(action('gzip', 'c'))), { 'content-encoding': 'gzip' })
    expect(await good.json()).toMatchObject({ accepted: 1 })
    const wrong = await ingest('plain', { 'content-encoding': 'gzip' })
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { title: 'Body is not gzip' }])
    const bomb = await ingest(gzipSync(Buffer.alloc(80 * 1024 * 1024, 0x20)), { 'content-encoding': 'gzip' })
    expect([bomb.status, await bomb.json()]).toMatchObject([413, { title: 'Body too large' }])
    const other = await ingest('x', { 'content-encoding': 'br' })
    expect(other.status).toBe(415)
    expect(other.headers.get('content-type')).toBe('application/problem+json')
  })

  it('refuses a body over the limit without keeping half of it', async () => {
    const answer = await ingest('x'.repeat(17 * 1024 * 1024))
    expect(answer.status).toBe(413)
  })

  it('never lets a source speak in the words of Vigil or of a probe', async () => {
    const base = { v: 1, atMs: Date.now(), session: 'forged' }
    const answer = await ingest(
      ndjson(
        { ...base, kind: 'session.observed', data: { paused: true, observed: 'frozen 1', observedFrom: '/x' } },
        {
          ...base,
          kind: 'control.requested',
          data: { control: 'c', action: 'pause', by: { type: 'server', id: 'x', name: 'x' } },
        },
        {
          ...base,
          kind: 'control.ended',
          data: { control: 'c', outcome: 'enforced', observed: 'frozen 1', observedFrom: '/x' },
        },
        { ...base, kind: 'session.started', data: { held: 'cgroup', abilities: [] } },
      ),
    )
    expect(await answer.json()).toMatchObject({ accepted: 0, rejected: 4 })
  })
})

describe('OTLP', () => {
  const post = (
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    contentType: string,
    headers: Record<string, string> = {},
  ) => server.api(path, { method: 'POST', body, headers: { 'content-type': contentType, ...headers } })
  const toolSpan = (name: string, more: object[] = []) => ({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: createHash('md5').update(name).digest('hex'),
                spanId: 'eee19b7ec3c1b174',
                name: 'execute_tool shell',
                startTimeUnixNano: '1790000000000000000',
                endTimeUnixNano: '1790000001000000000',
                attributes: [
                  { key: 'gen_ai.operation.name', value: { stringValue: 'execute_tool' } },
                  { key: 'gen_ai.tool.name', value: { stringValue: 'shell' } },
                  { key: 'gen_ai.conversation.id', value: { stringValue: name } },
                  ...more,
                ],
              },
            ],
          },
        ],
      },
    ],
  })

  it('turns a tool span into an action once, also when the exporter repeats it', async () => {
    const body = JSON.stringify(toolSpan('otlp-1'))
    for (const encoded of [
      post('/v1/traces', body, 'application/json'),
      post('/v1/traces', gzipSync(body), 'application/json', { 'content-encoding': 'gzip' }),
    ]) {
      const answer = await encoded
      expect([answer.status, await answer.json()]).toEqual([200, {}])
    }
    expect(
      (await eventsOf('otlp-1')).filter((event) => event.kind.startsWith('action.')).map((event) => event.kind),
    ).toEqual(['action.started', 'action.ended'])
  })

  it('answers malformed protobuf, malformed JSON and another content type each as problem+json', async () => {
    const bytes = await post(
      '/v1/traces',
      new Uint8Array([0x0a, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x01]),
      'application/x-protobuf',
    )
    expect([bytes.status, bytes.headers.get('content-type'), await bytes.json()]).toMatchObject([
      400,
      'application/problem+json',
      { title: 'Malformed OTLP' },
    ])
    expect((await post('/v1/logs', '{"resourceLogs": 5', 'application/json')).status).toBe(400)
    expect((await post('/v1/traces', 'x', 'text/plain')).status).toBe(415)
    expect(
      (
        await post('/v1/traces', gzipSync(Buffer.alloc(80 * 1024 * 1024)), 'application/x-protobuf', {
          'content-encoding': 'gzip',
        })
      ).status,
    ).toBe(413)
  })

  it('says in its partial success which spans were refused and why, and keeps the others', async () => {
    const bad = toolSpan('<script>alert(1)</script>').resourceSpans
    const good = toolSpan('otlp-2').resourceSpans
    const answer = await post('/v1/traces', JSON.stringify({ resourceSpans: [...bad, ...good] }), 'application/json')
    const { partialSuccess } = (await answer.json()) as {
      partialSuccess: { rejectedSpans: string; errorMessage: string }
    }
    expect(Number(partialSuccess.rejectedSpans)).toBe(1)
    expect(partialSuccess.errorMessage).toContain('session id')
    expect(await eventsOf('otlp-2')).not.toHaveLength(0)
  })
})

describe('who may ask', () => {
  it('reads no body of a stranger, and no large one where small ones are due', async () => {
    const large = 'x'.repeat(200_000)
    const stranger = await fetch(`${server.url}/api/keys`, {
      method: 'POST',
      body: large,
      headers: { 'content-type': 'application/json' },
    })
    expect(stranger.status).toBe(401)
    const setup = await fetch(`${server.url}/api/setup`, {
      method: 'POST',
      body: large,
      headers: { 'content-type': 'application/json' },
    })
    expect(setup.status).toBe(413)
    const signIn = await fetch(`${server.url}/api/auth/sign-in/email`, {
      method: 'POST',
      body: large,
      headers: { 'content-type': 'application/json' },
    })
    expect(signIn.status).toBe(413)
  })

  it('lets only a probe’s key vouch for a session: another key cannot mint itself a token', async () => {
    const made = (await (
      await server.api('/api/keys', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'reader', scopes: ['read'] }),
      })
    ).json()) as { key: string }
    const hash = createHash('sha256').update(made.key).digest('hex')
    const mac = createHmac('sha256', hash).update(sessionTokenMessage('victim')).digest('base64url')
    const forged = formatSessionToken(hash, 'victim', mac)
    expect((await ingest(ndjson(action('victim', 'c')), { authorization: `Bearer ${forged}` })).status).toBe(401)
  })

  it('makes no probe key without a host', async () => {
    const answer = await server.api('/api/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'roaming', scopes: ['probe'] }),
    })
    expect([answer.status, await answer.json()]).toMatchObject([422, { title: 'A probe key needs its host' }])
  })

  it('answers 401 as problem+json to no key, an unknown key and a revoked key', async () => {
    const none = await fetch(`${server.url}/api/sessions`)
    expect([none.status, none.headers.get('content-type')]).toEqual([401, 'application/problem+json'])
    const unknown = await fetch(`${server.url}/api/sessions`, { headers: { authorization: 'Bearer vgl_nope' } })
    expect(await unknown.json()).toMatchObject({ status: 401, title: 'Unknown key' })
    const made = (await (
      await server.api('/api/keys', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'trainer', scopes: ['ingest'] }),
      })
    ).json()) as { key: string; record: { id: string } }
    const asKey = { authorization: `Bearer ${made.key}` }
    expect((await ingest(ndjson(action('keyed', 'c')), asKey)).status).toBe(200)
    expect((await server.api('/api/sessions', { headers: asKey })).status).toBe(403)
    expect((await server.api(`/api/keys/${made.record.id}`, { method: 'DELETE' })).status).toBe(200)
    const revoked = await ingest(ndjson(action('keyed', 'd')), asKey)
    expect([revoked.status, await revoked.json()]).toMatchObject([401, { title: 'Revoked key' }])
    expect(await eventsOf('keyed')).toHaveLength(1)
  })

  it('signs an operator in by password, and refuses a change that another site sends with their cookie', async () => {
    const signIn = (password: string) =>
      fetch(`${server.url}/api/auth/sign-in/email`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: server.url },
        body: JSON.stringify({ email: testAdmin.email, password }),
      })
    expect((await signIn('wrong-password-x')).status).toBe(401)
    const good = await signIn(testAdmin.password)
    expect(good.status).toBe(200)
    const cookie = good.headers
      .getSetCookie()
      .map((each) => each.split(';', 1)[0])
      .join('; ')
    const me = await fetch(`${server.url}/api/me`, { headers: { cookie } })
    expect(await me.json()).toMatchObject({ operator: { email: testAdmin.email, role: 'admin' } })
    const foreign = await fetch(`${server.url}/api/keys`, {
      method: 'POST',
      headers: { cookie, origin: 'https://evil.example', 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'x', scopes: ['admin'] }),
    })
    expect([foreign.status, await foreign.json()]).toMatchObject([403, { title: 'Foreign origin' }])
  })

  it('refuses sign-up: operators are made by an administrator', async () => {
    const answer = await fetch(`${server.url}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: server.url },
      body: JSON.stringify({ email: 'a@b.example', password: 'long-enough-password', name: 'x' }),
    })
    expect(answer.status).toBe(400)
  })
})

describe('reading', () => {
  it('says of a session that no host holds why it cannot be paused', async () => {
    await ingest(ndjson(action('reported', 'c')))
    const answer = await server.api('/api/sessions/reported/controls', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'pause' }),
    })
    expect([answer.status, await answer.json()]).toMatchObject([409, { title: 'No host holds this session' }])
  })

  it('says of a body that is not JSON that it is not JSON', async () => {
    const answer = await server.api('/api/sessions/reported/controls', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{kind',
    })
    expect([answer.status, await answer.json()]).toMatchObject([400, { title: 'Malformed request' }])
  })

  it('publishes its OpenAPI document', async () => {
    const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as { paths: object }
    expect(Object.keys(document.paths)).toContain('/api/ingest/events')
  })

  it('has everything again after a restart, from snapshot and log', async () => {
    await ingest(ndjson(action('kept', 'c1'), action('kept', 'c2')))
    const before = await (await server.api('/api/sessions/kept')).json()
    await server.restart()
    expect(await (await server.api('/api/sessions/kept')).json()).toEqual(before)
  })
})
