// While PostgreSQL is away nobody is told that the server is at fault: what cannot be looked up is asked again in a moment, and then answered.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { io } from 'socket.io-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { operatorNamespace } from './protocol/browser-messages.ts'
import { wireVersion } from './protocol/wire-version.ts'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'

let folder: string
let postgres: EmbeddedPostgres
let server: TestServer
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-away-'))
  postgres = await startEmbeddedPostgres({ dataDir: folder })
  server = await startForTest({ DATABASE_URL: postgres.connectionString })
})
afterAll(async () => {
  await server.stop()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

/** What a browser hears that opens the console's socket; undefined: it is let in. */
async function whyNoSocket(cookie: string): Promise<string | undefined> {
  const socket = io(server.url + operatorNamespace, {
    auth: { wireVersion },
    extraHeaders: { cookie, origin: server.url },
    transports: ['websocket'],
    forceNew: true,
  })
  try {
    return await new Promise((resolve) => {
      socket.once('connect', () => resolve(undefined))
      socket.once('connect_error', (error) => resolve(error.message))
    })
  } finally {
    socket.disconnect()
  }
}

it('answers 503 with retry-after to a person and to a key while the database is away, tells a browser to come again, and serves all when it is back', async () => {
  const signedIn = await fetch(`${server.url}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url },
    body: JSON.stringify(testAdmin),
  })
  const cookie = signedIn.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ')
  const asked = async () => {
    const asPerson = await fetch(`${server.url}/api/sessions`, { headers: { cookie } })
    const asKey = await server.api('/api/audit')
    const answers = [asPerson, asKey].map(async (each) => {
      const { title } = (await each.json()) as { title?: string }
      return [each.status, each.headers.get('retry-after'), title]
    })
    return await Promise.all(answers)
  }
  const well = [200, null, undefined]
  expect(await asked()).toEqual([well, well])
  await postgres.stop()
  const away = [503, '1', 'Database away']
  await expect.poll(asked).toEqual([away, away])
  expect((await server.api('/readyz')).status).toBe(503)
  expect(await whyNoSocket(cookie)).toBe('not now: try again')
  postgres = await startEmbeddedPostgres({ dataDir: folder })
  await expect.poll(asked, { timeout: 15_000 }).toEqual([well, well])
  expect(await whyNoSocket(cookie)).toBeUndefined()
})
