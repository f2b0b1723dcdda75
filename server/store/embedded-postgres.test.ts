// The embedded database with its real binaries: it starts, survives kills, and says plainly what is wrong.
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './embedded-postgres.ts'

const modulePath = join(import.meta.dirname, 'embedded-postgres.ts')
const isRoot = process.getuid?.() === 0
let dataDir: string
let running: EmbeddedPostgres[]

beforeEach(() => {
  const parent = mkdtempSync(join(tmpdir(), 'vigil-pg-'))
  dataDir = join(parent, 'postgres')
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()))
  rmSync(join(dataDir, '..'), { recursive: true, force: true })
})

async function start(options: Partial<EmbeddedPostgresOptions> = {}) {
  const one = await startEmbeddedPostgres({ dataDir, ...options })
  running.push(one)
  return one
}

async function query(connectionString: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** A Vigil in a process of its own, so that it can be killed. */
async function startInChild(): Promise<{ kill(): void; postgresPid: number }> {
  const code = `const { startEmbeddedPostgres } = await import(${JSON.stringify(modulePath)})
    const one = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} })
    console.log('pid ' + one.pid); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const chunk of child.stdout) {
    const pid = /pid (\d+)/.exec(String(chunk))?.[1]
    if (pid) return { kill: () => child.kill('SIGKILL'), postgresPid: Number(pid) }
  }
  throw new Error('the child ended without starting PostgreSQL')
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}/exe`) || statusOf(pid) === 'running'
function statusOf(pid: number): string {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return state.startsWith('Z') || state === '' ? 'gone' : 'running'
  } catch {
    return 'gone'
  }
}

test('a first start makes a durable UTF-8 database that only a password opens, and stop leaves no process', async () => {
  const one = await start()
  const pid = one.pid ?? 0
  const [row] = await query(
    one.connectionString,
    `SELECT current_setting('fsync') f, current_setting('synchronous_commit') s, current_setting('server_encoding') e,
       current_setting('listen_addresses') l, current_setting('data_checksums') c`,
  )
  expect(row).toEqual({ f: 'on', s: 'on', e: 'UTF8', l: '127.0.0.1', c: 'on' })
  expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600)
  const stranger = one.connectionString.replace(/:[0-9a-f]+@/, ':guess@')
  await expect(query(stranger, 'SELECT 1')).rejects.toThrow(/password authentication failed/)
  await one.stop()
  await one.stop()
  expect(isAlive(pid)).toBe(false)
})

test('a second start finds the rows and keeps the connection string', async () => {
  const first = await start()
  await query(first.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
  await first.stop()
  const second = await start()
  expect(second.connectionString).toBe(first.connectionString)
  expect(await query(second.connectionString, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
})

test('a killed PostgreSQL comes back by itself on the same address with every committed row', async () => {
  const exits: (string | null)[] = []
  const back: string[] = []
  const log = (line: string) => void (line.startsWith('PostgreSQL is back') && back.push(line))
  const one = await start({ log, onExit: (exit) => exits.push(exit.signal) })
  await query(one.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
  for (let kill = 1; kill <= 2; kill++) {
    const before = one.pid ?? 0
    process.kill(before, 'SIGKILL')
    await expect
      .poll(() => query(one.connectionString, 'SELECT n FROM kept').catch(() => null), { timeout: 20_000 })
      .toEqual([{ n: 7 }])
    expect(one.pid).not.toBe(before)
    expect(exits).toHaveLength(kill)
    // It answers us a moment before the one who started it knows; killed in that moment it was never there.
    await expect.poll(() => back.length, { timeout: 20_000 }).toBe(kill)
  }
  expect(exits).toEqual(['SIGKILL', 'SIGKILL'])
})

test('stop during a restart cancels it', async () => {
  const one = await start()
  process.kill(one.pid ?? 0, 'SIGKILL')
  await sleep(30)
  await one.stop()
  await sleep(400)
  expect(one.pid).toBeNull()
})

test('after Vigil and PostgreSQL are both killed, the stale lock and pid file do not stand in the way', async () => {
  const { kill, postgresPid } = await startInChild()
  kill()
  process.kill(postgresPid, 'SIGKILL')
  await start()
})

test('a PostgreSQL orphaned by a killed Vigil is stopped cleanly and replaced', async () => {
  const { kill, postgresPid } = await startInChild()
  kill()
  await start()
  expect(isAlive(postgresPid)).toBe(false)
})

test('a pid file whose number now belongs to a stranger is ignored, and the stranger is left alone', async () => {
  await (await start()).stop()
  const stranger = spawn('sleep', ['60'])
  try {
    writeFileSync(join(dataDir, 'cluster', 'postmaster.pid'), `${stranger.pid}\n/elsewhere\n`)
    await start()
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
  } finally {
    stranger.kill()
  }
})

test('two Vigils never share a data folder', async () => {
  await start()
  await expect(start()).rejects.toThrow(/in use by this process already.*VIGIL_DATA/)
})

test('a second Vigil in another process is told who holds the folder', async () => {
  const { kill, postgresPid } = await startInChild()
  await expect(start()).rejects.toThrow(/in use by another Vigil server \(pid \d+\)/)
  expect(isAlive(postgresPid)).toBe(true)
  kill()
  await start() // takes over, and so cleans up
})

test('a cluster of another major version is refused in one line that says what to do', async () => {
  await (await start()).stop()
  writeFileSync(join(dataDir, 'cluster', 'PG_VERSION'), '15\n')
  await expect(start()).rejects.toThrow(/made by PostgreSQL 15, and this Vigil brings 18\. .*VIGIL_DATA/)
})

test('a lost password file is refused in one line that says what to do', async () => {
  await (await start()).stop()
  rmSync(join(dataDir, 'password'))
  await expect(start()).rejects.toThrow(/password is missing.*Restore/)
})

test('a data folder that is a file is refused in one line', async () => {
  writeFileSync(dataDir, '')
  await expect(start()).rejects.toThrow(/^[^\n]*is not a folder[^\n]*$/)
})

test('an existing folder that cannot be read is refused in one line', async () => {
  if (isRoot) {
    // Root reads everything: ask as the postgres-like owner of nothing instead.
    chmodSync(join(dataDir, '..'), 0o700)
    const code = `import(${JSON.stringify(modulePath)}).then((m) => m.startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)} })).catch((e) => console.log(e.message))`
    const said = execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      uid: 65534,
      gid: 65534,
      encoding: 'utf8',
    })
    expect(said.trim()).toMatch(/^[^\n]*cannot be read and written by this user[^\n]*$/)
  } else {
    chmodSync(join(dataDir, '..'), 0o500)
    await expect(start()).rejects.toThrow(/^[^\n]*cannot be read and written by this user[^\n]*$/)
    chmodSync(join(dataDir, '..'), 0o700)
  }
})

test('a full disk is refused in one line', async () => {
  if (!existsSync('/dev/full')) return
  await (await start()).stop()
  rmSync(join(dataDir, 'port'))
  symlinkSync('/dev/full', join(dataDir, 'port')) // the first write of a start
  await expect(start()).rejects.toThrow(/^The disk that holds [^\n]* is full\. [^\n]*$/)
})
