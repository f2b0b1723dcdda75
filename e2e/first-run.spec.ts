// An empty console teaches its five doors: each is opened with the very command that the page shows, key and address in it, and ticks when the
// first fact comes through it. Real processes; the probe of the other machine is played by hand: this one has a kernel for one alone.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { connectProbe } from '../server/probe-by-hand.test-fixture.ts'
import { type Product, signIn, startProduct, whyNoCgroup } from './product.ts'

const missing = whyNoCgroup()
test.skip(missing !== undefined && !process.env.CI, `LEFT OUT: ${missing}`)

const root = path.resolve(import.meta.dirname, '..')
let product: Product
let folder: string
const started: ChildProcess[] = []
test.beforeAll(async () => {
  product = await startProduct()
  folder = mkdtempSync(path.join(tmpdir(), 'vigil-e2e-first-run-'))
})
test.afterAll(async () => {
  for (const child of started) child.kill('SIGKILL')
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

const doorOf = (page: Page, title: string) =>
  page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: title, exact: true }) })

/** What the page offers to copy, with a fresh key in it. */
async function commandOf(page: Page, title: string): Promise<string> {
  const door = doorOf(page, title)
  await door.getByRole('button', { name: `Make a key for: ${title}` }).click()
  await expect(door.getByText(/waits for/)).toBeVisible()
  const command = (await door.locator('code').textContent()) ?? ''
  expect(command).not.toContain('$VIGIL_KEY')
  return command
}
const valueIn = (command: string, name: string) => new RegExp(`${name}=(\\S+)`).exec(command)?.[1] ?? ''
const ticks = (page: Page, title: string) =>
  expect(doorOf(page, title).getByText(/arrived \d\d:\d\d/)).toBeVisible({ timeout: 20_000 })

/** As a person would run it, but that `npx vigil` is this build. */
function vigil(command: string, args: readonly string[], input?: string): ChildProcess {
  const child = spawn(process.execPath, [path.join(root, 'dist/cli.mjs'), ...args], {
    cwd: folder,
    env: {
      ...process.env,
      VIGIL_DATA: path.join(folder, 'data'),
      VIGIL_URL: valueIn(command, 'VIGIL_URL'),
      VIGIL_KEY: valueIn(command, 'VIGIL_KEY'),
    },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  started.push(child)
  child.stdin?.end(input ?? '')
  return child
}

test('each door of an empty console is opened by the command it shows, and ticks when its first fact arrives', async ({
  page,
}) => {
  test.setTimeout(150_000)
  await signIn(page, product)
  await page.goto(`${product.url}/sources?add=yes`)

  // What was there when the page came is no arrival.
  await expect(page.getByText(/\d+ ms behind/)).toBeVisible()
  await expect(doorOf(page, 'Run an agent').getByText(/waits for/)).toBeVisible()
  started.push(product.vigil('run', '--agent', 'my-agent', '--task', 'my-task', '--', 'sleep', '2'))
  await ticks(page, 'Run an agent')

  const claude = await commandOf(page, 'Connect Claude Code')
  expect(claude).toContain(`VIGIL_URL=${product.url}`)
  const settings = JSON.parse(/--settings '(.+)'$/.exec(claude)?.[1] ?? '') as {
    hooks: { PreToolUse: { hooks: { command: string }[] }[] }
  }
  const hook = settings.hooks.PreToolUse[0]?.hooks[0]?.command.replace(/^npx vigil /, '').split(' ') ?? []
  const payload = {
    session_id: 'cc-first-run',
    transcript_path: path.join(folder, 'transcript.jsonl'),
    cwd: folder,
    permission_mode: 'default',
    hook_event_name: 'PreToolUse',
    tool_name: 'Bash',
    tool_input: { command: 'ls' },
    tool_use_id: 'toolu_01',
  }
  vigil(claude, hook, JSON.stringify(payload))
  await ticks(page, 'Connect Claude Code')

  const otlp = await commandOf(page, 'Point an OpenTelemetry exporter here')
  const attribute = (name: string, stringValue: string) => ({ key: name, value: { stringValue } })
  const span = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    name: 'execute_tool shell',
    kind: 1,
    startTimeUnixNano: `${Date.now()}000000`,
    endTimeUnixNano: `${Date.now() + 5}000000`,
    attributes: [attribute('gen_ai.operation.name', 'execute_tool'), attribute('gen_ai.tool.name', 'shell')],
  }
  const answer = await fetch(`${valueIn(otlp, 'OTEL_EXPORTER_OTLP_ENDPOINT')}/v1/traces`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: decodeURIComponent(valueIn(otlp, 'OTEL_EXPORTER_OTLP_HEADERS').replace('authorization=', '')),
    },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
  expect(answer.status).toBe(200)
  await ticks(page, 'Point an OpenTelemetry exporter here')

  await page.getByLabel('Name of that machine').fill('gpu-node-9')
  const probe = await commandOf(page, 'Install a probe on another machine')
  expect(probe).toContain('npx vigil probe --host gpu-node-9')
  const link = await connectProbe(valueIn(probe, 'VIGIL_URL'), 'gpu-node-9', valueIn(probe, 'VIGIL_PROBE_KEY'))
  await link.hello('first-run')
  const introduction = { version: '1', bootId: 'boot', kernel: '6.18', abilities: [], observers: [] }
  await link.send('first-run', 1, [{ kind: 'probe.connected', data: introduction }])
  await ticks(page, 'Install a probe on another machine')
  link.close()

  const file = path.join(folder, 'eve.json')
  const eve = {
    timestamp: new Date().toISOString().replace('Z', '+0000'),
    event_type: 'alert',
    ...{ src_ip: '10.8.0.7', src_port: 40_001, dest_ip: '198.51.100.33', dest_port: 22, proto: 'TCP' },
    alert: { action: 'allowed', signature_id: 1, signature: 'SSH to a host on no allowlist', severity: 1 },
  }
  writeFileSync(file, `${JSON.stringify(eve)}\n`)
  const imported = await commandOf(page, 'Import a file')
  const source = /--source (\S+)/.exec(imported)?.[1] ?? ''
  vigil(imported, ['import', '--format', 'auto', '--source', source, file])
  await ticks(page, 'Import a file')
})
