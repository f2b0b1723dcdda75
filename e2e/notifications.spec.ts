// Reaching people on the built product: the tab's count, the alarm that a click arms, and the settings in which a route is added, tried out and seen
// to fail. What the browser would show its user ends at the Notification constructor: there it is written down.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, type Page, test } from '@playwright/test'
import { type Product, signIn, startProduct } from './product.ts'

let product: Product
test.beforeAll(async () => {
  product = await startProduct({ probe: false })
  await post('/api/ingest/events', {
    v: 1,
    kind: 'session.started',
    atMs: Date.now(),
    session: 'ep-reach',
    data: { held: 'none', abilities: [], agent: 'rome-30b' },
  })
})
test.afterAll(async () => {
  await product.stop()
})

const json = { 'content-type': 'application/json' }
async function post<T>(path: string, body: object): Promise<T> {
  const answer = await product.api(path, { method: 'POST', headers: json, body: JSON.stringify(body) })
  return (await answer.json()) as T
}
let calls = 0
/** Answers when somebody has decided. */
function askGate(): Promise<unknown> {
  const input = { command: 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40' }
  return post('/api/gate', { session: 'ep-reach', callId: `c-${++calls}`, tool: 'Bash', input, deadlineMs: 60_000 })
}
async function denyAll(page: Page): Promise<void> {
  const { approvals } = await product.json<{ approvals: { approval: string; digest: string }[] }>(
    '/api/approvals?state=waiting',
  )
  for (const { approval, digest } of approvals) {
    const url = `${product.url}/api/approvals/${approval}/decision`
    await page.request.post(url, { data: { decision: 'deny', digest }, headers: { origin: product.url } })
  }
}

type Spied = { title: string; tag: string }
/** At the browser's edge: what would be shown is written down; and the page is one that nobody looks at. */
async function spyOnNotifications(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const shown: Spied[] = []
    Object.assign(window, { shown })
    class Spy {
      static permission = 'default'
      static requestPermission = async () => {
        Spy.permission = 'granted'
        return 'granted'
      }
      close() {}
      constructor(title: string, options: { tag: string }) {
        shown.push({ title, tag: options.tag })
      }
    }
    Object.assign(window, { Notification: Spy })
    document.hasFocus = () => false
  })
}
const shownIn = (page: Page) => page.evaluate(() => (window as unknown as { shown: Spied[] }).shown)
const iconOf = (page: Page) => page.locator('link[rel~="icon"]').first().getAttribute('href')

test('a click arms the alarm; then an action that waits is on the tab’s title and icon, and is told once', async ({
  page,
}) => {
  await spyOnNotifications(page)
  await signIn(page, product)
  await expect(page).toHaveTitle(/^Live/)

  // Given: nothing asks for a permission by itself.
  expect(await page.evaluate(() => Notification.permission)).toBe('default')
  await page.getByRole('button', { name: 'Alarm: off' }).click()
  await page.getByRole('button', { name: 'Turn on the alarm' }).click()
  await expect(page.getByText('The browser shows our notifications')).toBeVisible()
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await expect(page.getByText('a notification was handed to the browser')).toBeVisible()
  await page.keyboard.press('Escape')

  // When
  const answer = askGate()

  // Then
  await expect(page).toHaveTitle(/^\(1\) Live/)
  await expect.poll(() => iconOf(page)).toContain('data:image/svg')
  await expect
    .poll(async () => (await shownIn(page)).map((each) => each.title))
    .toEqual(['Vigil: a test of the alarm', 'Vigil: An action waits for a person'])

  // It is not said again: not later, not on another page, not after a reload.
  await page.goto(`${product.url}/approvals`)
  await expect(page).toHaveTitle(/^\(1\) Approvals/)
  await page.waitForTimeout(4_000)
  expect(await shownIn(page)).toEqual([])
  await expect(page.getByRole('button', { name: /^Alarm: on/ })).toBeVisible()

  await denyAll(page)
  await answer
  await expect(page).toHaveTitle(/^Approvals/)
  await expect.poll(() => iconOf(page)).not.toContain('data:')
})

test('of two tabs one rings', async ({ page, context }) => {
  await spyOnNotifications(page)
  await signIn(page, product)
  const other = await context.newPage()
  await spyOnNotifications(other)
  await other.goto(`${product.url}/live`)
  for (const each of [page, other]) await each.evaluate(() => Notification.requestPermission())
  await page.getByRole('button', { name: /^Alarm:/ }).click()
  await page.getByRole('button', { name: 'Turn on the alarm' }).click()
  await expect(other.getByRole('button', { name: /^Alarm: on/ })).toBeVisible()
  const answer = askGate()
  for (const each of [page, other]) await expect(each).toHaveTitle(/^\(1\)/)
  const both = async () => [...(await shownIn(page)), ...(await shownIn(other))].length
  await expect.poll(both).toBe(1)
  await page.waitForTimeout(4_000)
  expect(await both()).toBe(1)
  await denyAll(page)
  await answer
})

test('a route is added in Settings, its test says what came back, and a failure is in the log until it is tried again', async ({
  page,
}) => {
  let status = 500
  const received: string[] = []
  const desk = createServer((request, response) => {
    received.push(request.headers['webhook-id'] as string)
    request.resume()
    response.writeHead(status).end(status === 500 ? 'out of order' : '')
  })
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(desk.address() as AddressInfo).port}`
  try {
    await signIn(page, product)
    await page.goto(`${product.url}/settings`)
    await expect(page.getByText('nobody is reached who does not look')).toBeVisible()
    await page.getByRole('button', { name: 'Add a route' }).click()
    const form = page.getByRole('form', { name: 'New route' })
    await form.getByLabel('Through').selectOption({ label: 'Signed webhook' })
    await form.getByLabel('Name').fill('desk')
    await form.getByLabel('Address that is posted to').fill(`${origin}/hook`)
    await form.getByRole('button', { name: 'Add the route' }).click()
    await expect(page.getByText(/^whsec_/)).toBeVisible()
    await page.getByRole('button', { name: 'I have it' }).click()

    await page.getByRole('button', { name: 'Send a test to desk' }).click()
    await expect(page.getByText(/Not taken in \d+ ms: answered 500: out of order/)).toBeVisible()
    const log = page.getByRole('region', { name: 'Delivery log' })
    await expect(log.getByText('Failed after 1 attempt: answered 500: out of order')).toBeVisible()

    const answer = askGate()
    await expect(log.getByText(/^Failed (once|\d+ times), tried again/).first()).toBeVisible()
    status = 200
    await log.getByRole('button', { name: 'Retry now' }).click()
    await expect(log.getByText(/^Taken after \d attempts: answered 200/)).toBeVisible()
    await log.getByRole('button', { name: 'Failed', exact: true }).click()
    await expect(log.getByRole('listitem')).toHaveCount(1)
    await log.getByRole('button', { name: 'All', exact: true }).click()
    await denyAll(page)
    await answer
    await expect(log.getByText('told that it is over')).toBeVisible()
    expect(new Set(received).size).toBe(3)
  } finally {
    desk.closeAllConnections()
    desk.close()
  }
})

test('a server that is killed while a message is under way says it again after its start, under the same id, and then no more', async ({
  page,
}) => {
  const received: string[] = []
  let hangs = true
  const desk = createServer((request, response) => {
    received.push(request.headers['webhook-id'] as string)
    request.resume()
    if (!hangs) response.writeHead(200).end()
  })
  await new Promise<void>((resolve) => desk.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(desk.address() as AddressInfo).port}/hook`
  try {
    await post('/api/notification-routes', { name: 'slow desk', target: { kind: 'webhook', url } })
    const answer = askGate().catch(() => undefined)
    await expect.poll(() => received.length).toBe(1)
    await product.kill9()
    await answer
    hangs = false
    await product.start()
    await expect.poll(() => received.length).toBe(2)
    expect(received[1]).toBe(received[0])
    await page.waitForTimeout(6_000)
    expect(received).toHaveLength(2)
    await signIn(page, product)
    await denyAll(page)
    await expect.poll(() => new Set(received).size).toBe(2)
  } finally {
    desk.closeAllConnections()
    desk.close()
  }
})
