// The two ends of a server's life: it starts or says in one line why not, and it stops without leaving anything behind.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from '@playwright/test'
import { freePort, startProduct, until } from './product.ts'

const root = path.resolve(import.meta.dirname, '..')

/** Processes whose environment or working folder names this data folder (PostgreSQL is started inside its own). */
function leftovers(dataDir: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const text = readFileSync(`/proc/${pid}/environ`, 'utf8') + readlinkSync(`/proc/${pid}/cwd`)
        return text.includes(dataDir)
      } catch {
        return false // it ended while we looked
      }
    })
    .map((pid) => `${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`)
}

/** Runs `npm start` to its end and answers what it said. */
async function npmStart(
  env: Record<string, string>,
): Promise<{ child: ChildProcess; said: () => string; exit: Promise<number> }> {
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
  })
  const exit = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1)))
  return { child, said: () => text, exit }
}

test('npm start is ready within seconds when everything is built, and Ctrl-C leaves no process behind', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vigil-e2e-start-'))
  try {
    const startedMs = Date.now()
    const { child, said, exit } = await npmStart({ VIGIL_DATA: dataDir, PORT: String(await freePort()) })
    await until('vigil ready', () => said().includes('vigil ready http://localhost:'), 60_000)
    test.info().annotations.push({ type: 'figure', description: `ready after ${Date.now() - startedMs} ms` })
    expect(said()).toMatch(/Make the first administrator here \(works once\): http:\/\/localhost:\d+\/setup\?token=/)
    await until('the local probe runs', () => existsSync(path.join(dataDir, 'probe.pid')))
    child.kill('SIGINT')
    await exit
    await until('nothing of it is left', () => leftovers(dataDir).length === 0, 10_000)
    expect(said()).not.toMatch(/error|Error/)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})

test('a second start after kill -9 recovers the stale lock, stops the orphans, and has the data', async () => {
  const product = await startProduct()
  const { dataDir } = product
  try {
    const line = JSON.stringify({
      v: 1,
      kind: 'action.started',
      atMs: Date.now(),
      session: 'survivor',
      data: { call: 'c', tool: 'shell', input: 'ls' },
    })
    expect((await product.api('/api/ingest/events', { method: 'POST', body: line })).status).toBe(200)
    await until('the local probe runs', () => existsSync(path.join(dataDir, 'probe.pid')))
    await product.kill9()
    await product.start()
    expect((await product.api('/api/sessions/survivor')).status).toBe(200)
    const running = leftovers(dataDir).map((each) => each.slice(0, 120))
    expect(
      running.filter((each) => each.includes('/bin/postgres -D')),
      running.join('\n'),
    ).toHaveLength(1)
    expect(
      running.filter((each) => each.includes('probe.mjs')),
      running.join('\n'),
    ).toHaveLength(1)
  } finally {
    await product.stop()
  }
  await until('nothing of it is left', () => leftovers(dataDir).length === 0, 10_000)
})

test('a busy port is one line that says what to do', async () => {
  const product = await startProduct({ probe: false })
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vigil-e2e-busy-'))
  try {
    const port = new URL(product.url).port
    const { said, exit } = await npmStart({ VIGIL_DATA: dataDir, PORT: port, VIGIL_PROBE: 'off' })
    expect(await exit).toBe(1)
    expect(said()).toContain(`vigil: port ${port} is in use: stop what listens there, or choose another with PORT=3001`)
  } finally {
    await product.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
})

test('an unusable data folder is one line that says what to do', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'vigil-e2e-bad-'))
  try {
    const file = path.join(folder, 'a-file')
    writeFileSync(file, 'not a folder')
    const { said, exit } = await npmStart({
      VIGIL_DATA: path.join(file, 'data'),
      PORT: String(await freePort()),
      VIGIL_PROBE: 'off',
    })
    expect(await exit).toBe(1)
    const lines = said()
      .split('\n')
      .filter((line) => line.startsWith('vigil: ') && !line.includes('…'))
    expect(lines.at(-1)).toMatch(/cannot be made .*set VIGIL_DATA to a folder you may write/)
    expect(said()).not.toContain('    at ')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a wrong setting is one line that names it', () => {
  const run = (env: Record<string, string>) => {
    try {
      execFileSync(process.execPath, ['dist/server.mjs'], { cwd: root, env: { ...process.env, ...env }, stdio: 'pipe' })
      return ''
    } catch (error) {
      return error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    }
  }
  expect(run({ PORT: 'abc' })).toBe('vigil: PORT is "abc": give a number from 1 to 65535')
  expect(run({ VIGIL_ADMIN: 'nobody' })).toBe('vigil: VIGIL_ADMIN must be email:password')
  expect(run({ DATABASE_URL: 'mysql://x' })).toBe('vigil: DATABASE_URL must start with postgresql://')
})
