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
  await expect(page.getByText('Egress cannot be shown in the past')).toBeVisible()

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
