// Deeds as people do them over HTTP, and a database in which somebody deletes and changes rows afterwards.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { verdictLine, verifyAudit } from '../cli/audit.ts'
import { builtProgram } from '../probe/built-program.test-fixture.ts'
import { AuditBody, AuditPage } from './protocol/audit.ts'
import { startForTest, type TestServer, testAdmin, testKey } from './start-for-test.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'

let folder: string
let postgres: EmbeddedPostgres
let pool: pg.Pool
let server: TestServer
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-audit-'))
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') })
  pool = new pg.Pool({ connectionString: postgres.connectionString, max: 2 })
  pool.on('error', () => undefined)
  server = await startForTest({ DATABASE_URL: postgres.connectionString })
})
afterAll(async () => {
  await server?.stop()
  await pool?.end()
  await postgres?.stop()
  await rm(folder, { recursive: true, force: true })
})

const json = { 'content-type': 'application/json' }
const page = async (query = '') => AuditPage.parse(await (await server.api(`/api/audit${query}`)).json())
const verify = async () =>
  (await (await server.api('/api/audit/verify')).json()) as { ok: boolean; n?: number; damage: { why: string }[] }
const reach = () => ({ url: server.url, key: testKey })

/** One deed, through the door that people use. */
async function makeKey(name: string): Promise<void> {
  const answer = await server.api('/api/keys', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ name, scopes: ['read'] }),
  })
  expect(answer.status).toBe(201)
}

describe('the audit', () => {
  beforeEach(async () => {
    await makeKey('before')
  })

  it('has each deed with who did it, newest first, found by its words, and is whole', async () => {
    // given: a control and a key, asked for by an API key
    const session = 'ep-audit-1'
    const started = { v: 1, kind: 'session.started', atMs: Date.now(), session, data: { held: 'none', abilities: [] } }
    const headers = { 'content-type': 'application/x-ndjson' }
    await server.api('/api/ingest/events', { method: 'POST', headers, body: JSON.stringify(started) })
    // its agent asks the gate, which can therefore revoke
    const call = { session, callId: 'c1', tool: 'Bash', input: { command: 'ls' } }
    await server.api('/api/gate', { method: 'POST', headers: json, body: JSON.stringify(call) })
    const asked = await server.api(`/api/sessions/${session}/controls`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ action: 'revoke', capability: 'shell', reason: 'calls a stranger' }),
    })
    expect(asked.status).toBe(202)
    await makeKey('ci')
    // then
    const { entries, head } = await page('?limit=2')
    const [key, control] = entries.map(({ body }) => AuditBody.parse(JSON.parse(body)))
    expect(key).toMatchObject({ kind: 'audit.recorded', by: { type: 'key' }, data: { change: 'key.created' } })
    expect(control).toMatchObject({ kind: 'control.requested', session, data: { reason: 'calls a stranger' } })
    expect(entries[0]?.n).toBe(head.n)
    const found = await page('?q=calls%20a%20STRANGER')
    expect(found.entries).toHaveLength(1)
    expect((await page(`?session=${session}`)).entries).toHaveLength(1)
    expect(await verify()).toMatchObject({ ok: true, checked: head.n, damage: [] })
    expect(verdictLine(await verifyAudit(reach()))).toMatch(/^whole: \d+ entries/)
  })

  it('has who signed in', async () => {
    const { email, password } = testAdmin
    const headers = { ...json, origin: server.url }
    const body = JSON.stringify({ email, password })
    const signedIn = await fetch(`${server.url}/api/auth/sign-in/email`, { method: 'POST', headers, body })
    expect(signedIn.status).toBe(200)
    await expect.poll(async () => (await page('?q=operator.signed-in')).entries.length).toBeGreaterThan(0)
    const [entry] = (await page('?q=operator.signed-in')).entries
    expect(AuditBody.parse(JSON.parse(entry?.body ?? '{}'))).toMatchObject({
      by: { type: 'operator' },
      data: { subject: email },
    })
  })

  it('does not take what a source says of deeds for deeds', async () => {
    const before = (await page()).head.n
    const forged = {
      v: 1,
      kind: 'audit.recorded',
      atMs: Date.now(),
      data: { by: { type: 'operator', id: 'root', name: 'Root' }, change: 'key.created', subject: 'evil' },
    }
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = await server.api('/api/ingest/events', { method: 'POST', headers, body: JSON.stringify(forged) })
    expect(await answer.json()).toMatchObject({ accepted: 0, rejected: 1 })
    expect((await page()).head.n).toBe(before)
  })

  it('goes on over a restart of the server, and over a database that lost its connections', async () => {
    await server.restart()
    await makeKey('after a restart')
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vigil log writer' AND datname = current_database()`,
    )
    await makeKey('after a cut')
    expect(await verify()).toMatchObject({ ok: true, damage: [] })
  })

  it('is found out when a row is changed, when one is deleted, and when the newest are', async () => {
    const clean = (await page()).head.n
    // an old one is changed
    const changed = await pool.query<{ body: string }>('SELECT body FROM audit_entry WHERE n = $1', [clean - 1])
    const original = changed.rows[0]?.body ?? ''
    await pool.query('UPDATE audit_entry SET body = replace(body, $2, $3) WHERE n = $1', [clean - 1, 'key.', 'kex.'])
    expect(await verify()).toMatchObject({ ok: false, n: clean - 1 })
    expect(await verifyAudit(reach())).toMatchObject({ ok: false, n: clean - 1, checked: clean - 2 })
    await pool.query('UPDATE audit_entry SET body = $2 WHERE n = $1', [clean - 1, original])
    // what was found stays told, though it was put back
    const mended = await verify()
    expect(mended).toMatchObject({ ok: true })
    expect(mended.damage).toHaveLength(1)
    // one in the middle is deleted, by somebody who knows SQL
    const row = await pool.query('DELETE FROM audit_entry WHERE n = $1 RETURNING *', [clean - 1])
    expect(await verifyAudit(reach())).toMatchObject({ ok: false, n: clean - 1, why: `entry ${clean - 1} is gone` })
    const { partition, n, seen_at, kind, actor, session, body, hash } = row.rows[0]
    await pool.query(
      'INSERT INTO audit_entry (partition, n, seen_at, kind, actor, session, body, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
      [partition, n, seen_at, kind, actor, session, body, hash],
    )
    // the newest is: the writer still knows where the chain ended
    await pool.query('DELETE FROM audit_entry WHERE n = $1', [clean])
    expect(await verify()).toMatchObject({ ok: false, n: clean, why: `the newest entry, ${clean}, is gone` })
    // and so does the server after a restart, from beside the database
    await server.restart()
    await makeKey('grows over the place')
    const later = await verify()
    expect(later.damage.map(({ why }) => why)).toContain(`the newest entry, ${clean}, is gone`)
    // whoever only looks at the list is told as well
    expect((await page()).damage).toEqual(later.damage)
  })

  it('answers “vigil audit verify” in the terminal, with exit code 1 where something is wrong', async () => {
    await pool.query(`UPDATE audit_entry SET hash = repeat('0', 64) WHERE n = 1`)
    const env = { ...process.env, VIGIL_URL: server.url, VIGIL_KEY: testKey }
    const ran = promisify(execFile)(process.execPath, [...builtProgram('cli'), 'audit', 'verify'], { env })
    await expect(ran).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^NOT WHOLE: entry 1 is not as it was written/),
    })
  })
})
