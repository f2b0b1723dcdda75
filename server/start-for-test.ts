// A whole server for integration tests: real PostgreSQL in a folder of its own, real sockets, no console and no probe. For tests only.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseConfig } from './config.ts'
import { listenOrExplain } from './listen.ts'
import { runServer } from './run-server.ts'

export const testKey = 'key-for-tests-0123456789'
export const testAdmin = { email: 'ops@example.com', password: 'correct-horse-battery' }

export type TestServer = {
  url: string
  dataDir: string
  /** Calls the API with the all-scopes key; other headers may be given. */
  api(path: string, init?: RequestInit): Promise<Response>
  /** Stops it and starts it again on the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** `more`: of the environment, such as a database that the test looks into. */
export async function startForTest(more: Record<string, string> = {}): Promise<TestServer> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'vigil-test-'))
  const env = {
    PORT: '0',
    VIGIL_DATA: dataDir,
    VIGIL_KEY: testKey,
    VIGIL_ADMIN: `${testAdmin.email}:${testAdmin.password}`,
    VIGIL_PROBE: 'off',
    // Tests count events: what Vigil tests by itself is not among them.
    VIGIL_CANARY: 'off',
    // However full the disk of the machine is that tests run on.
    VIGIL_DISK_WARN: '0',
    VIGIL_DISK_SHED: '0',
    // What receives is on this machine.
    VIGIL_OUTGOING: 'loopback',
    ...more,
  }
  const root = path.resolve(import.meta.dirname, '..')
  const noConsole = async () => ({
    handle: (_request: unknown, response: import('node:http').ServerResponse) => void response.writeHead(404).end(),
    close: async () => undefined,
  })
  let listening = await listenOrExplain(parseConfig(env))
  let running = await runServer(parseConfig(env), listening, root, noConsole)
  const server: TestServer = {
    url: listening.url,
    dataDir,
    api: (pathname, init) =>
      fetch(server.url + pathname, { ...init, headers: { authorization: `Bearer ${testKey}`, ...init?.headers } }),
    async restart() {
      await running.stop()
      listening = await listenOrExplain(parseConfig(env))
      running = await runServer(parseConfig(env), listening, root, noConsole)
      server.url = listening.url
    },
    async stop() {
      await running.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
  return server
}
