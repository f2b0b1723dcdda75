// The whole way of an action that waits: a real call asks the gate, a person decides in a real browser, and the caller gets exactly that.
// Two people look at the same card; one of them decides. No mock anywhere.
import { type Browser, expect, type Page, test } from '@playwright/test'
import { type Product, signIn, startProduct } from './product.ts'

let product: Product
test.beforeAll(async () => {
  product = await startProduct({ probe: false })
  await post('/api/ingest/events', {
    v: 1,
    kind: 'session.started',
    atMs: Date.now(),
    session: 'ep-wait',
    data: { held: 'none', abilities: [], agent: 'rome-30b', task: 'Start the VM image, then stop.' },
  })
})
test.afterAll(async () => {
  await product.stop()
})

const tunnel = 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40'
const title = 'SSH opens a port on the far side that leads back in'
const password = 'correct horse battery'

async function post(path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' }
  const answer = await product.api(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return await answer.json()
}

/** As an agent's harness asks: the answer comes when somebody has decided. */
function askGate(callId: string, command = tunnel, deadlineMs = 60_000): Promise<unknown> {
  const input = { command, timeout: 60 }
  return post('/api/gate', { session: 'ep-wait', callId, tool: 'Bash', input, cwd: '/workspace', deadlineMs })
}

/** What waits, and for those who may decide: the buttons are theirs. */
async function openWaiting(page: Page, decides = true): Promise<void> {
  await page.goto(`${product.url}/approvals`)
  await expect(page.getByRole('heading', { name: title })).toBeVisible()
  if (decides) await expect(deny(page)).toHaveAttribute('aria-disabled', 'false')
}

/** Invited by the admin whose page it is. */
async function join(admin: Page, browser: Browser, name: string, role: string): Promise<Page> {
  const data = { email: `${name.toLowerCase()}@example.com`, name, role }
  const answer = await admin.request.post(`${product.url}/api/operators`, { data, headers: { origin: product.url } })
  expect(answer.status(), await answer.text()).toBe(201)
  const invited = (await answer.json()) as { setupUrl: string }
  const page = await (await browser.newContext()).newPage()
  const link = new URL(invited.setupUrl)
  await page.goto(`${product.url}${link.pathname}${link.search}`)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Set password and sign in' }).click()
  await page.waitForURL('**/live')
  return page
}

const approve = (page: Page) => page.getByRole('button', { name: /^Approve once/ })
const deny = (page: Page) => page.getByRole('button', { name: 'Deny', exact: true })

test('a call that would page waits, is seen exactly, and runs after a second press', async ({ page }) => {
  await signIn(page, product)
  await page.goto(`${product.url}/approvals`)
  await expect(page.getByText('POST').or(page.getByText('/api/gate')).first()).toBeVisible()
  const answer = askGate('c-1')

  // Then: its card comes by itself, with the action exactly, and the rail counts it.
  const card = page.getByRole('article')
  await expect(card.getByRole('heading', { name: title })).toBeVisible()
  const fence = card.getByRole('region', { name: 'Exactly what will run' })
  await expect(fence.getByText(tunnel)).toBeVisible()
  await expect(fence.getByText('/workspace')).toBeVisible()
  await expect(fence.getByText('written by the agent')).toBeVisible()
  await expect(card.getByText(/denies itself in 0:\d\d/)).toBeVisible()
  // Nobody has shown that its caller really waits.
  await expect(card.getByText('That the call does not run until then is not proven.')).toBeVisible()
  await expect(page.getByRole('link', { name: /Approvals.*1 wait for a person/ })).toBeVisible()

  // When: one press. Then: nothing has run, and the button says what another would do.
  await page.waitForTimeout(500)
  await page.keyboard.press('a')
  const again = page.getByRole('button', { name: /^Press again to let it run/ })
  await expect(again).toBeVisible()
  const { approvals } = await product.json<{ approvals: { decided?: object }[] }>('/api/approvals?state=waiting')
  expect(approvals).toHaveLength(1)

  // When: the second, deliberate one.
  await page.waitForTimeout(500)
  await again.click()
  expect(await answer).toMatchObject({ decision: 'allow', reason: expect.stringContaining('approved by') })
  await expect(card.getByText(/You let it run at/)).toBeVisible()
  await expect(card.getByText('One call was let through with it.')).toBeVisible()
  await expect(approve(page)).toBeHidden()
})

test('a denial needs one key, and its reason reaches the caller', async ({ page }) => {
  await signIn(page, product)
  const answer = askGate('c-2')
  await openWaiting(page)
  await page.keyboard.press('r')
  await page.keyboard.type('use the image over the console, not d ssh')
  await page.keyboard.press('Escape')
  await page.keyboard.press('d')
  expect(await answer).toMatchObject({
    decision: 'deny',
    reason: expect.stringContaining('use the image over the console, not d ssh'),
  })
  await expect(page.getByRole('article').getByText(/You denied it at/)).toBeVisible()
})

test('an edited action is what the caller gets to run, with the rest of its input as it was', async ({ page }) => {
  await signIn(page, product)
  const answer = askGate('c-3')
  await openWaiting(page)
  await page.keyboard.press('e')
  const field = page.getByLabel('Command to run instead')
  await expect(field).toBeFocused()
  await field.fill('ssh -V')
  await page.getByRole('button', { name: 'Let the edited one run' }).click()
  await page.waitForTimeout(500)
  await page.getByRole('button', { name: /^Press again to let it run/ }).click()
  expect(await answer).toMatchObject({ decision: 'edit', input: { command: 'ssh -V', timeout: 60 } })
})

test('of two who look at the same card one decides, and the other sees at once who did; a viewer only reads', async ({
  page,
  browser,
}) => {
  await signIn(page, product)
  const [ann, victor] = [await join(page, browser, 'Ann', 'responder'), await join(page, browser, 'Victor', 'viewer')]
  const answer = askGate('c-4')
  for (const each of [page, ann, victor]) await openWaiting(each, each !== victor)

  // A viewer sees everything, no button, and who may decide.
  await expect(victor.getByText(tunnel).first()).toBeVisible()
  await expect(victor.getByText('Your role is viewer: it reads. Deciding takes a responder or an admin.')).toBeVisible()
  await expect(victor.getByRole('region', { name: 'Decision' })).toHaveCount(0)
  await victor.keyboard.press('d')

  await deny(ann).click()
  expect(await answer).toMatchObject({ decision: 'deny', reason: expect.stringContaining('Ann') })
  for (const each of [page, victor]) {
    await expect(each.getByRole('article').getByText(/Ann denied it at/)).toBeVisible()
    await expect(each.getByRole('region', { name: 'Decision' })).toHaveCount(0)
  }
  await ann.context().close()
  await victor.context().close()
})

test('what nobody decides is denied when its time is over, and the card says so without a clock below zero', async ({
  page,
}) => {
  await signIn(page, product)
  const answer = askGate('c-5', tunnel, 8_000)
  await openWaiting(page)
  expect(await answer).toMatchObject({ decision: 'deny' })
  await expect(
    page
      .getByRole('article')
      .getByText(/its time was over: denied/i)
      .first(),
  ).toBeVisible()
  await expect(approve(page)).toBeHidden()
})

test('without a connection nothing can be decided, and no clock claims that it still waits', async ({ page }) => {
  await signIn(page, product)
  const answer = askGate('c-6')
  await openWaiting(page)
  await page.context().setOffline(true)
  const card = page.getByRole('article')
  await expect(card.getByText(/nobody knows whether it still waits/)).toBeVisible()
  await expect(card.getByText(/denies itself in/)).toBeHidden()
  await expect(deny(page)).toHaveAttribute('aria-disabled', 'true')
  await page.keyboard.press('d')
  await page.context().setOffline(false)
  await expect(card.getByText(/denies itself in/)).toBeVisible()
  await page.keyboard.press('d')
  expect(await answer).toMatchObject({ decision: 'deny' })
})

test('a session’s page has the card of what waits in place, and it is decided there', async ({ page }) => {
  await signIn(page, product)
  const answer = askGate('c-7')
  await page.goto(`${product.url}/sessions/ep-wait`)
  await expect(page.getByText('1 action waits for a person')).toBeVisible()
  await page.getByRole('button', { name: 'Decide here' }).click()
  const card = page.getByRole('article', { name: /^Approval: / })
  await expect(card.getByRole('region', { name: 'Exactly what will run' }).getByText(tunnel)).toBeVisible()
  await page.waitForTimeout(500)
  await deny(page).click()
  expect(await answer).toMatchObject({ decision: 'deny' })
  await expect(card.getByText(/You denied it at/)).toBeVisible()
  expect(page.url()).toContain('/sessions/ep-wait')
})

test('what takes two people waits on after the first yes, which the other sees at once by name, and runs after the second', async ({
  page,
  browser,
}) => {
  await signIn(page, product)
  const ben = await join(page, browser, 'Ben', 'responder')
  const text = `rules:
  - { name: A deployment takes two, when: { tools: [Deploy] }, do: ask-two }
otherwise: { all: allow }
`
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'policy.yml', text, base: 0 })
  expect((await product.api('/api/rule-documents', { method: 'PUT', headers, body })).status).toBe(200)
  let answered = false
  const answer = post('/api/gate', {
    session: 'ep-wait',
    callId: 'c-8',
    tool: 'Deploy',
    input: { to: 'production' },
    deadlineMs: 60_000,
  }).finally(() => {
    answered = true
  })
  const cardOf = (each: Page) => each.getByRole('article', { name: /^Approval: / })
  for (const each of [page, ben]) {
    await each.goto(`${product.url}/approvals`)
    await expect(cardOf(each).getByText(/It needs 2 people/)).toBeVisible()
    await expect(deny(each)).toHaveAttribute('aria-disabled', 'false')
  }

  // When: the first says yes. Then: it waits for another, and whose yes it was stands on both screens.
  await approve(page).click()
  await expect(cardOf(page).getByText('You approved it: it waits for another person.')).toBeVisible()
  await expect(approve(page)).toHaveAttribute('aria-disabled', 'true')
  await expect(cardOf(ben).getByText(/1 of 2: approved by on-call/i)).toBeVisible()
  expect(answered).toBe(false)

  // When: another does, who had the time to see it.
  await ben.waitForTimeout(500)
  await approve(ben).click()
  expect(await answer).toMatchObject({ decision: 'allow', reason: expect.stringContaining('Ben') })
  await expect(cardOf(page).getByText(/Ben let it run at/)).toBeVisible()
  await ben.context().close()
})
