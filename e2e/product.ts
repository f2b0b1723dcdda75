// Starts the built product in a folder of its own and drives it as a user would: its command line, its API, its console.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrowserContext, expect, type Page } from '@playwright/test'

const root = path.resolve(import.meta.dirname, '..')
export const key = 'key-of-the-e2e-run-0123456789'
/** A machine that others work on is slow to start it. */
const startMsMax = 180_000
export const admin = { email: 'on-call@example.com', password: 'correct horse battery' }

export type Product = {
  url: string
  dataDir: string
  pid(): number
  output(): string
  api(pathname: string, init?: RequestInit): Promise<Response>
  json<T>(pathname: string): Promise<T>
  /** Runs `vigil ARGS`; the process is the caller's to wait for. */
  vigil(...args: string[]): ChildProcess
  kill9(): Promise<void>
  /** Starts it again on the same data and port. */
  start(): Promise<void>
  /** Ctrl-C, then everything is gone. */
  stop(): Promise<void>
}

/** Starts it and waits for its "vigil ready" line. */
export async function startProduct(options: { probe?: boolean; env?: Record<string, string> } = {}): Promise<Product> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vigil-e2e-'))
  const port = await freePort()
  const url = `http://localhost:${port}`
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NODE_ENV: 'production',
    PORT: String(port),
    VIGIL_DATA: dataDir,
    VIGIL_KEY: key,
    VIGIL_ADMIN: `${admin.email}:${admin.password}`,
    // Tests count events: what Vigil tests by itself is not among them unless asked for.
    VIGIL_CANARY: 'off',
    // However full the disk of the machine is that tests run on.
    VIGIL_DISK_WARN: '0',
    VIGIL_DISK_SHED: '0',
    // What receives is on this machine.
    VIGIL_OUTGOING: 'loopback',
    ...(options.probe === false && { VIGIL_PROBE: 'off' }),
    ...options.env,
  }
  let child: ChildProcess | undefined
  let output = ''

  const api = (pathname: string, init: RequestInit = {}) =>
    fetch(url + pathname, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } })

  async function start(): Promise<void> {
    const started = spawn(process.execPath, ['--enable-source-maps', 'dist/server.mjs'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    output = ''
    const keep = (chunk: Buffer) => {
      output += chunk.toString('utf8')
    }
    started.stdout?.on('data', keep)
    started.stderr?.on('data', keep)
    const deadlineMs = Date.now() + startMsMax
    while (!output.includes('vigil ready ')) {
      if (started.exitCode !== null || Date.now() > deadlineMs) throw new Error(`the product did not start:\n${output}`)
      await sleep(20)
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const exited = new Promise<void>((resolve) => running.once('exit', () => resolve()))
    running.kill(signal)
    await exited
  }

  /** Ends what this run's agents left, frozen ones too, in their own cgroups alone. */
  async function endSessions(): Promise<void> {
    const listHeld = async () => {
      const answer = await api('/api/sessions?state=running,paused,pausing,resuming,silent&limit=1000').catch(
        () => undefined,
      )
      return answer?.ok ? ((await answer.json()) as { sessions: { session: string }[] }).sessions : []
    }
    for (const { session } of await listHeld()) {
      const { cgroup } = (await (await api(`/api/sessions/${encodeURIComponent(session)}`)).json()) as {
        cgroup?: string
      }
      const kill = cgroup?.includes('/vigil/') ? path.join(cgroup, 'cgroup.kill') : undefined
      if (kill && existsSync(kill)) writeFileSync(kill, '1')
    }
    const deadlineMs = Date.now() + 5_000
    while ((await listHeld()).length > 0 && Date.now() < deadlineMs) await sleep(50)
  }

  await start()
  if (options.probe !== false)
    await until('the local probe listens', () => existsSync(path.join(dataDir, 'run/probe.sock')))
  return {
    url,
    dataDir,
    pid: () => child?.pid ?? 0,
    output: () => output,
    api,
    async json<T>(pathname: string) {
      const answer = await api(pathname)
      if (!answer.ok) throw new Error(`${pathname}: ${answer.status} ${await answer.text()}`)
      return (await answer.json()) as T
    },
    vigil: (...args) =>
      spawn(process.execPath, [path.join(root, 'dist/cli.mjs'), ...args], {
        cwd: root,
        env: { ...process.env, VIGIL_DATA: dataDir, VIGIL_URL: url, VIGIL_KEY: key },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    kill9: () => end('SIGKILL'),
    start,
    async stop() {
      await endSessions()
      await end('SIGINT')
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** Signs in through the sign-in page, as a person does. */
export async function signIn(page: Page, product: Product): Promise<void> {
  await page.goto(`${product.url}/live`)
  await page.getByLabel('Email').fill(admin.email)
  await page.getByLabel('Password').fill(admin.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/live')
  await expect(page.getByRole('heading', { name: 'Live' })).toBeVisible()
}

export async function signedInState(context: BrowserContext, product: Product): Promise<Page> {
  const page = await context.newPage()
  await signIn(page, product)
  return page
}

/** Why containment cannot be shown on this machine, or undefined when it can. Under CI that is a failure, not a skip. */
export function whyNoCgroup(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root: a session cannot have a cgroup of its own'
  const mounts = existsSync('/proc/self/mountinfo') ? readFileSync('/proc/self/mountinfo', 'utf8') : ''
  return / - cgroup2 /.test(mounts) ? undefined : 'no cgroup v2 is mounted here'
}

export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  withinMs = 15_000,
): Promise<T> {
  const deadlineMs = Date.now() + withinMs
  for (;;) {
    const value = await check()
    if (value) return value
    if (Date.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(20)
  }
}
