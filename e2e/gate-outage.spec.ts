// The gate while its server is killed, or hangs: nothing that waits runs, and the screen says at once that nobody knows, with no clock that
// nobody honours and no button that looks usable. Real agents' doors (the hook shim, the MCP gateway), real browsers, the built product.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, type Locator, type Page, test } from '@playwright/test'
import { key, type Product, signIn, startProduct, until } from './product.ts'

test.describe.configure({ mode: 'serial', timeout: 240_000 })

const root = path.resolve(import.meta.dirname, '..')
const policy = `rules:
  - name: Commands wait for a person
    when: { tools: [Bash, mcp__tiny__erase] }
    do: ask
otherwise: { all: allow }
`
/** An MCP server whose one tool writes down that it ran. */
const tinyServer = `
import { appendFileSync } from 'node:fs'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
const server = new McpServer({ name: 'tiny', version: '1.0.0' })
server.registerTool('erase', {}, () => {
  appendFileSync(process.argv.at(-1), 'erased\\n')
  return { content: [{ type: 'text', text: 'erased' }] }
})
await server.connect(new StdioServerTransport())
`

let product: Product
let folder: string
let ran: string
const doors: ChildProcess[] = []
test.beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'vigil-e2e-outage-'))
  ran = path.join(folder, 'ran')
  writeFileSync(ran, '')
  product = await startProduct({ probe: false })
  await send('PUT', '/api/rule-documents', { name: 'policy.yml', text: policy, base: 0 })
  for (const session of ['ep-hook', 'ep-mcp', 'ep-click'])
    await send('POST', '/api/ingest/events', {
      ...{ v: 1, kind: 'session.started', atMs: Date.now(), session },
      data: { held: 'none', abilities: [], agent: 'rome-30b' },
    })
})
test.afterAll(async () => {
  for (const door of doors) door.kill('SIGKILL')
  // Where a test ended in the middle.
  process.kill(product.pid(), 'SIGCONT')
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function send<T>(method: string, to: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const answer = await product.api(to, { method, headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${method} ${to}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

/** `vigil ARGS` with `input` on its standard input, which stays open. What it printed so far is in `said`. */
function openDoor(args: string[], input: object[]) {
  const child = spawn(process.execPath, [path.join(root, 'dist/cli.mjs'), ...args], {
    cwd: root,
    env: { ...process.env, VIGIL_URL: product.url, VIGIL_KEY: key },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  doors.push(child)
  const door = { child, said: '' }
  child.stdout.on('data', (chunk: Buffer) => {
    door.said += chunk.toString('utf8')
  })
  for (const each of input) child.stdin.write(`${JSON.stringify(each)}\n`)
  return door
}

/** As a harness without a door of its own: asked again with the same call id until somebody has decided. */
async function askGate(callId: string): Promise<{ decision: string; reason: string }> {
  const body = { session: 'ep-click', callId, tool: 'Bash', input: { command: `make ${callId}` }, deadlineMs: 90_000 }
  for (;;) {
    const answer = await send<{ decision: string; reason: string }>('POST', '/api/gate', body).catch(() => undefined)
    if (answer) return answer
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

type Waits = { approval: string; session: string }
const waiting = async (): Promise<Waits[]> =>
  (await product.json<{ approvals: Waits[] }>('/api/approvals?state=waiting')).approvals
const untilWaiting = (count: number) =>
  until(`${count} wait`, async () => {
    const found = await waiting()
    return found.length === count && found
  })

const cardOf = (page: Page) => page.getByRole('article', { name: /^Approval: / })
const denyOf = (card: Locator) => card.getByRole('button', { name: 'Deny', exact: true })
async function canDecide(card: Locator): Promise<void> {
  await expect(card.getByText(/denies itself in \d+:\d\d/)).toBeVisible({ timeout: 15_000 })
  await expect(denyOf(card)).toHaveAttribute('aria-disabled', 'false')
}
/** It stays, and nothing of it looks as if somebody honoured it. */
async function isUnheard(page: Page, withinMs: number): Promise<void> {
  const card = cardOf(page)
  await expect(card.getByText(/nobody knows whether it still waits/)).toBeVisible({ timeout: withinMs })
  await expect(page.getByText(/denies itself (in|at)/)).toHaveCount(0)
  await expect(card.getByText(/nothing can be decided until the server is heard again/)).toBeVisible()
  const buttons = card.getByRole('region', { name: 'Decision' }).getByRole('button')
  for (const button of await buttons.all())
    expect((await button.getAttribute('aria-disabled')) === 'true' || (await button.isDisabled())).toBe(true)
}

test('a server that is killed: the card stays and says that nobody knows, the real doors run nothing, after a restart it is the same approval, and a press of that moment is told as not taken', async ({
  page,
  context,
}) => {
  // Given: a call at the real hook shim and one at the real MCP gateway, both held, and seen on three pages.
  const hook = openDoor(
    ['hook', 'claude-code', '--session', 'ep-hook', '--timeout', '90'],
    [
      {
        ...{ hook_event_name: 'PreToolUse', session_id: 'cc-1', cwd: '/workspace', tool_name: 'Bash' },
        ...{ tool_input: { command: 'make deploy' }, tool_use_id: 'toolu_1' },
      },
    ],
  )
  hook.child.stdin.end()
  const program = [process.execPath, '--input-type=module', '-e', tinyServer, ran]
  const params = {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'agent', version: '1.0.0' },
  }
  const gateway = openDoor(
    ['mcp', '--session', 'ep-mcp', '--name', 'tiny', '--timeout', '90', '--', ...program],
    [
      { jsonrpc: '2.0', id: 1, method: 'initialize', params },
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'erase', arguments: {} } },
    ],
  )
  const before = await untilWaiting(2)
  await signIn(page, product)
  const [room, session] = [await context.newPage(), await context.newPage()]
  await room.goto(`${product.url}/approvals?open=${before.find((each) => each.session === 'ep-mcp')?.approval}`)
  await session.goto(`${product.url}/sessions/ep-hook`)
  await session.getByRole('button', { name: 'Decide here' }).click()
  const pages = [page, room, session]
  for (const each of pages) await canDecide(cardOf(each))

  // When: it reads nothing any more, somebody presses, and it is gone.
  await room.waitForTimeout(500)
  process.kill(product.pid(), 'SIGSTOP')
  await denyOf(cardOf(room)).click()
  await product.kill9()

  // Then
  const told = cardOf(room).getByRole('region', { name: 'Decision' }).getByRole('alert')
  await expect(told).toContainText('may or may not have been taken')
  for (const each of pages) await isUnheard(each, 3_000)
  await room.keyboard.press('d')
  expect([hook.said, hook.child.exitCode]).toEqual(['', null])
  expect(gateway.said).not.toContain('"id":2')
  expect(readFileSync(ran, 'utf8')).toBe('')

  // When: it is back.
  await product.start()
  for (const each of pages) await canDecide(cardOf(each))
  expect((await untilWaiting(2)).map(({ approval }) => approval).sort()).toEqual(
    before.map(({ approval }) => approval).sort(),
  )
  expect(readFileSync(ran, 'utf8')).toBe('')
  await expect(told).toContainText('Not decided: Your decision had no answer')

  // Then: each is decided where it stands, and its door does exactly that.
  await denyOf(cardOf(session)).click()
  await until('the hook has its answer', () => hook.said.includes('"permissionDecision":"deny"'))
  await cardOf(room)
    .getByRole('button', { name: /^Approve once/ })
    .click()
  await until('the tool ran', () => readFileSync(ran, 'utf8') === 'erased\n')
  await until('and its client was told', () => gateway.said.includes('"id":2'))
})

test('a server that hangs: in a few seconds no clock is shown, a press is waited for no longer than eight, and what became of it is what the server says', async ({
  page,
  context,
}) => {
  const answers = [askGate('hung-1'), askGate('hung-2')]
  const both = await untilWaiting(2)
  await signIn(page, product)
  const other = await context.newPage()
  for (const [at, each] of [page, other].entries()) {
    await each.goto(`${product.url}/approvals?open=${both[at]?.approval}`)
    await canDecide(cardOf(each))
  }

  // When: one presses and waits, the other presses and goes on to the next.
  await page.waitForTimeout(500)
  process.kill(product.pid(), 'SIGSTOP')
  await Promise.all([page, other].map((each) => denyOf(cardOf(each)).click()))
  await other.locator(`[data-approval="${both[0]?.approval}"]`).click()

  // Then
  await expect(cardOf(page).getByText('Your decision was sent and is not answered yet')).toBeVisible()
  await isUnheard(page, 5_000)
  await expect(cardOf(page).getByRole('region', { name: 'Decision' }).getByRole('alert')).toContainText(
    'may or may not have been taken',
  )
  await expect(other.getByText('Your decision had no answer')).toBeVisible()

  // When: it goes on where it stood. Then: the card is what it recorded, whichever that is, and a second press counts once.
  process.kill(product.pid(), 'SIGCONT')
  for (const [at, each] of [page, other].entries()) {
    await each.locator(`[data-approval="${both[at]?.approval}"]`).click()
    const card = cardOf(each)
    await expect(card.getByText(/You denied it at/).or(card.getByText(/denies itself in/))).toBeVisible()
    if (await denyOf(card).isVisible())
      await denyOf(card)
        .click({ timeout: 5_000 })
        .catch(() => undefined)
    await expect(card.getByText(/You denied it at/)).toBeVisible()
  }
  for (const each of await Promise.all(answers)) expect(each).toMatchObject({ decision: 'deny' })
  for (const { approval } of both) {
    const { events } = await product.json<{ events: { data: { approval: string } }[] }>(
      '/api/sessions/ep-click/events?kinds=approval.decided&limit=200',
    )
    expect(events.filter(({ data }) => data.approval === approval)).toHaveLength(1)
  }
})
