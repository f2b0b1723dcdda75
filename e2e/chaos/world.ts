// The product under chaos: its own PostgreSQL, the built server, a real probe behind a path that can be cut, on disks that can be filled, by
// clocks that can jump. Everything is registered to be taken down as soon as it stands.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Cleanup } from '../bench/cleanup.ts'
import { farEnd } from '../bench/far-end.ts'
import { admin, freePort, key, until, whyNoCgroup } from '../product.ts'
import { type Api, apiOf, signIn, textIn } from './api.ts'
import { type Database, startDatabase } from './database.ts'
import { type JumpingClock, jumpingClock } from './jumping-clock.ts'
import { type KeptProcess, keptProcess } from './kept-process.ts'
import { type PathProxy, pathProxy } from './path-proxy.ts'
import { type SmallDisk, smallDisk } from './small-disk.ts'

const startMs = 180_000
/** The bundle of this program is in dist/, beside those that it starts. */
export const root = path.resolve(import.meta.dirname, '..')

export type Disk = SmallDisk | { folder: string; why: string }

export type World = {
  folder: string
  logs: string
  url: string
  api: Api
  cookie: string
  database: Database
  server: KeptProcess
  probe: KeptProcess
  probeData: string
  probePath: PathProxy
  sourcePath: PathProxy
  /** Of the probe's spool and the server's files. */
  dataDisk: Disk
  databaseDisk: Disk
  serverClock: JumpingClock
  probeClock: JumpingClock
  farPort: number
  /** Why sessions cannot be held in cgroups here; undefined: they can. */
  whyNoCgroup: string | undefined
}

export async function openWorld(
  cleanup: Cleanup,
  name: string,
  say: (line: string) => void,
  keep: () => boolean,
): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vigil-chaos-'))
  cleanup.later('the folder of the run', () => {
    if (keep()) say(`logs are kept in ${path.join(folder, 'logs')}`)
    else rmSync(folder, { recursive: true, force: true })
  })
  const logs = path.join(folder, 'logs')
  mkdirSync(logs)
  const dataDisk = smallDisk(cleanup, { folder, name: 'data', mib: 256 })
  const databaseDisk = smallDisk(cleanup, { folder, name: 'database', mib: 4_096 })
  const database = await startDatabase(cleanup, databaseDisk.folder, (line) =>
    writeFileSync(path.join(logs, 'postgres.log'), `${line}\n`, { flag: 'a' }),
  )

  const port = await freePort()
  const url = `http://localhost:${port}`
  const serverClock = jumpingClock(folder, 'server')
  const serverData = path.join(dataDisk.folder, 'server')
  mkdirSync(serverData)
  const server = keptProcess({
    name: 'server',
    logFile: path.join(logs, 'server.log'),
    args: ['--enable-source-maps', 'dist/server.mjs'],
    cwd: root,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      PORT: String(port),
      VIGIL_DATA: serverData,
      VIGIL_KEY: key,
      VIGIL_ADMIN: `${admin.email}:${admin.password}`,
      VIGIL_PROBE: 'off',
      VIGIL_OUTGOING: 'loopback',
      DATABASE_URL: database.url,
      ...serverClock.env,
    },
  })
  server.start()
  cleanup.later('the server', () => server.stop(20_000))
  const api = apiOf(url)
  await until('the server is ready', async () => (await api.call('GET', '/readyz'))?.status === 200, startMs)
  const cookie = await signIn(url, admin)

  const probePath = await pathProxy(port)
  cleanup.later('the path of the probe', () => probePath.close())
  const sourcePath = await pathProxy(port)
  cleanup.later('the path of the sources', () => sourcePath.close())
  const probeClock = jumpingClock(folder, 'probe')
  const probeData = path.join(dataDisk.folder, 'probe')
  mkdirSync(probeData)
  const probe = keptProcess({
    name: 'probe',
    logFile: path.join(logs, 'probe.log'),
    args: ['--enable-source-maps', 'dist/probe.mjs'],
    cwd: root,
    env: {
      ...process.env,
      VIGIL_URL: `http://127.0.0.1:${probePath.port}`,
      VIGIL_PROBE_KEY_FILE: await probeKeyFile(api, folder, name),
      VIGIL_DATA: probeData,
      VIGIL_HOST: name,
      ...probeClock.env,
    },
  })
  probe.start()
  cleanup.later('the probe', () => probe.stop(20_000))
  await until('the probe is connected', () => isProbeConnected(api), 60_000)
  const far = await farEnd(cleanup)
  const why = whyNoCgroup()
  const rest = { dataDisk, databaseDisk, serverClock, probeClock, farPort: far.port, whyNoCgroup: why }
  return { folder, logs, url, api, cookie, database, server, probe, probeData, probePath, sourcePath, ...rest }
}

async function probeKeyFile(api: Api, folder: string, host: string): Promise<string> {
  const answer = await api.call('POST', '/api/keys', { name: host, scopes: ['probe'], host })
  const made = textIn(answer, 'key')
  if (made === undefined) throw new Error(`no key for the probe: ${JSON.stringify(answer)}`)
  const file = path.join(folder, 'probe.key')
  writeFileSync(file, `${made}\n`, { mode: 0o600 })
  return file
}

export async function isProbeConnected(api: Api): Promise<boolean> {
  const metrics = await api.call('GET', '/metrics', undefined, 5_000)
  return metrics?.status === 200 && /^vigil_probes_connected 1$/m.test(String(metrics.body))
}
