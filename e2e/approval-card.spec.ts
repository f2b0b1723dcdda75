// The approval card against those who write it and those who decide it: hostile text stays text, and of two hundred calls that two people decide
// in two browsers at once each is decided exactly once. Real calls, real browsers, the built product.
import { type Browser, expect, type Page, test } from '@playwright/test'
import { type Product, signIn, startProduct } from './product.ts'

let product: Product
test.beforeAll(async () => {
  product = await startProduct({ probe: false })
})
test.afterAll(async () => {
  await product.stop()
})

type Answer = { decision: string; reason: string; approval?: string }
type Listed = {
  approvals: { approval: string; session: string; call: string; decided?: { decision: string; by: { name: string } } }[]
}

async function post<T>(path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' }
  const answer = await product.api(path, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await answer.json()) as T
}

async function startSession(session: string, agent = 'rome-30b'): Promise<void> {
  const data = { held: 'none', abilities: [], agent, task: 'Start the VM image, then stop.' }
  await post('/api/ingest/events', { v: 1, kind: 'session.started', atMs: Date.now(), session, data })
}

function askGate(session: string, callId: string, command: string, more: object = {}): Promise<Answer> {
  const ask = { session, callId, tool: 'Bash', input: { command }, cwd: '/workspace', deadlineMs: 300_000, ...more }
  return post<Answer>('/api/gate', ask)
}

async function untilWaiting(count: number): Promise<void> {
  await expect
    .poll(async () => (await product.json<Listed>('/api/approvals?state=waiting&limit=1000')).approvals.length, {
      timeout: 60_000,
    })
    .toBe(count)
}

/** As the person whose page it is: the key that asks cannot decide. */
async function denyAllLeft(page: Page): Promise<void> {
  const { approvals } = await product.json<Listed>('/api/approvals?state=waiting&limit=1000')
  for (const { approval } of approvals) {
    const path = `${product.url}/api/approvals/${approval}/decision`
    const answer = await page.request.post(path, { data: { decision: 'deny' }, headers: { origin: product.url } })
    expect(answer.status(), await answer.text()).toBe(200)
  }
}

/** Invited by the admin whose page it is. */
async function join(admin: Page, browser: Browser, name: string): Promise<Page> {
  const data = { email: `${name.toLowerCase()}@example.com`, name, role: 'responder' }
  const answer = await admin.request.post(`${product.url}/api/operators`, { data, headers: { origin: product.url } })
  expect(answer.status(), await answer.text()).toBe(201)
  const link = new URL(((await answer.json()) as { setupUrl: string }).setupUrl)
  const page = await (await browser.newContext()).newPage()
  await page.goto(`${product.url}${link.pathname}${link.search}`)
  await page.getByLabel('Password').fill('correct horse battery')
  await page.getByRole('button', { name: 'Set password and sign in' }).click()
  await page.waitForURL('**/live')
  return page
}

const tunnel = 'ssh -fN -R 2222:127.0.0.1:22 ops@203.0.113.40'
const cardOf = (page: Page) => page.getByRole('article', { name: /^Approval: / })

test('two hundred held calls, denied in one browser while they are approved in another: each is decided once, none is lost, and the loser sees who won', async ({
  page,
  browser,
}) => {
  test.setTimeout(240_000)
  await signIn(page, product)
  const ann = await join(page, browser, 'Ann')
  const sessions = Array.from({ length: 25 }, (_, index) => `ep-many-${index}`)
  for (const each of sessions) await startSession(each)
  const answers: Promise<Answer>[] = []
  for (let call = 0; call < 8; call += 1) {
    for (const [index, each] of sessions.entries())
      answers.push(askGate(each, `c-${call}`, `${tunnel} # ${call * 100 + index}`, { deadlineMs: 600_000 }))
    await untilWaiting((call + 1) * sessions.length)
  }

  // Given: both look at all two hundred, each shown whole.
  for (const each of [page, ann]) {
    await each.goto(`${product.url}/approvals`)
    await expect(cardOf(each).getByText('200 alike wait')).toBeVisible()
    await each.getByRole('button', { name: 'Look at them and decide together' }).click()
    const together = each.getByRole('region', { name: 'Decide together' })
    await expect(together.getByRole('listitem')).toHaveCount(200)
  }

  // And: Ann's line is slow, or she would be through before the other has pressed.
  await ann.route('**/decision', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 60))
    await route.continue()
  })

  // When: one approves each, by the second press, while the other denies all.
  await ann.waitForTimeout(500)
  await ann.getByRole('button', { name: 'Approve each of 200' }).click()
  await ann.waitForTimeout(500)
  const sent = ann.waitForRequest(/\/decision$/)
  let refusedToAnn = 0
  ann.on('response', (response) => {
    if (response.url().endsWith('/decision') && response.status() === 409) refusedToAnn += 1
  })
  await ann.getByRole('button', { name: 'Press again: let each of 200 run' }).click()
  await sent
  await page.getByRole('button', { name: /^Deny all \d+/ }).click()

  // Then: every caller has an answer, and it is the one that is on record.
  const given = await Promise.all(answers)
  const { approvals } = await product.json<Listed>('/api/approvals?state=decided&limit=1000')
  const many = approvals.filter(({ session }) => session.startsWith('ep-many-'))
  expect(many).toHaveLength(200)
  const said = new Map(given.map((each) => [each.approval, each]))
  expect(said.size).toBe(200)
  for (const { approval, decided } of many) {
    expect(said.get(approval)?.decision).toBe(decided?.decision === 'approved' ? 'allow' : 'deny')
    expect(said.get(approval)?.reason).toContain(decided?.by.name ?? 'nobody')
  }
  let decisions = 0
  for (const each of sessions) {
    const { events } = await product.json<{ events: { data: { approval: string } }[] }>(
      `/api/sessions/${each}/events?kinds=approval.decided&limit=200`,
    )
    decisions += events.length
    expect(new Set(events.map((event) => event.data.approval)).size).toBe(events.length)
  }
  expect(decisions).toBe(200)

  // And: both won some. What Ann lost stands as the other's, by name; and each that the server refused her says so besides. (A server that
  // is too slow to answer one is not sent those that are left: they were lost all the same, and not refused.)
  const lost = many.filter(({ decided }) => decided?.by.name !== 'Ann')
  expect(lost.length).toBeGreaterThan(0)
  expect(lost.length).toBeLessThan(200)
  const winner = lost[0]?.decided?.by.name
  const together = ann.getByRole('region', { name: 'Decide together' })
  await expect(together.getByRole('listitem').filter({ hasText: `${winner} denied it at` })).toHaveCount(lost.length)
  await expect(together.getByText('on its way to the server')).toHaveCount(0)
  const refusedOf = (each: Page) =>
    each.getByRole('region', { name: 'Decide together' }).getByText(/Not decided: Decided already/)
  expect(refusedToAnn).toBeGreaterThan(0)
  await expect(refusedOf(ann)).toHaveCount(refusedToAnn)
  await expect(refusedOf(ann).first()).toContainText(` by ${winner}`)
  expect(await refusedOf(page).count()).toBeLessThanOrEqual(200 - lost.length)
  await ann.context().close()
})

test('markup, escapes, turned text and text made to look like ours stay visible text on the card', async ({ page }) => {
  const fake = 'Approved by on-call@example.com'
  const hostile = [
    `${tunnel} #`,
    '<img src=x onerror="document.title=\'owned\'"><b>bold</b>',
    '\u001b[31mred\u001b[0m',
    'safe\u202egnp.exe\u202c',
    `\nExactly what will run\n${fake}\nnothing`,
  ].join(' ')
  await startSession('ep-hostile', '<b>rome\u202e</b>')
  const answer = askGate('ep-hostile', 'c-1', hostile)
  await signIn(page, product)
  await page.goto(`${product.url}/approvals`)
  const fence = cardOf(page).getByRole('region', { name: 'Exactly what will run' })
  await expect(fence.getByText('written by the agent')).toBeVisible()
  await expect(fence).toContainText('<img src=x onerror=')
  // The characters that would turn or colour it are shown, not obeyed.
  const text = (await page.locator('main').textContent()) ?? ''
  for (const hidden of ['\u001b', '\u202e', '\u202c']) expect(text).not.toContain(hidden)
  expect(await page.title()).not.toContain('owned')
  await expect(page.locator('main img, main b')).toHaveCount(0)
  // What looks like our own words is inside the fence alone.
  for (const each of await page.getByText(fake).all())
    expect(await each.evaluate((node) => node.closest('section,li,button')?.textContent?.includes('ssh -fN'))).toBe(
      true,
    )
  await denyAllLeft(page)
  expect(await answer).toMatchObject({ decision: 'deny' })
})

test('five megabytes are refused whole; as much as the gate takes is cut on screen with its length stated', async ({
  page,
}) => {
  await startSession('ep-long')
  const tooLong = await product.api('/api/gate', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      session: 'ep-long',
      callId: 'c-0',
      tool: 'Bash',
      input: { command: 'A'.repeat(5_242_880) },
      deadlineMs: 60_000,
    }),
  })
  expect(tooLong.status).toBe(413)
  const answer = askGate('ep-long', 'c-1', `${tunnel} # ${'A'.repeat(60_000)}`)
  await signIn(page, product)
  await page.goto(`${product.url}/approvals`)
  const card = cardOf(page)
  // 20,000 are shown of the command and what stands before the letters.
  await expect(card.getByText(`… ${60_000 + tunnel.length + 3 - 20_000} more characters`)).toBeVisible()
  await expect(
    card
      .getByRole('region', { name: 'If approved, it could' })
      .getByText(/203\.0\.113\.40/)
      .first(),
  ).toBeVisible()
  await page.waitForTimeout(500)
  await card.getByRole('button', { name: 'Deny', exact: true }).click()
  expect(await answer).toMatchObject({ decision: 'deny' })
})

test('what is approved for the session lets every equal call of it through, and no other', async ({ page }) => {
  await startSession('ep-longer')
  const first = askGate('ep-longer', 'c-1', tunnel)
  await signIn(page, product)
  await page.goto(`${product.url}/approvals`)
  await expect(cardOf(page).getByText(tunnel).first()).toBeVisible()
  await page.waitForTimeout(500)
  const choose = async () => {
    await page.getByRole('button', { name: 'Approve for longer than once' }).click()
    await page.getByRole('menuitem', { name: /Approve for this session/ }).click()
  }
  await choose()
  await page.waitForTimeout(500)
  await page.getByRole('button', { name: /^Again: for this session/ }).click()
  expect(await first).toMatchObject({ decision: 'allow' })
  expect(await askGate('ep-longer', 'c-2', tunnel)).toMatchObject({ decision: 'allow' })
  const other = askGate('ep-longer', 'c-3', `${tunnel} -v`)
  await untilWaiting(1)
  await denyAllLeft(page)
  expect(await other).toMatchObject({ decision: 'deny' })
})

test('on Live the card says what it could do and is decided beside the sessions, and on a phone too', async ({
  page,
}) => {
  await startSession('ep-live')
  await page.setViewportSize({ width: 1600, height: 1000 })
  await signIn(page, product)
  const first = askGate('ep-live', 'c-1', `sudo ${tunnel}`)
  const card = cardOf(page)
  await expect(card.getByText(`sudo ${tunnel}`)).toBeVisible()
  const could = card.getByRole('region', { name: 'If approved, it could' })
  await expect(could.getByText(/act as root/)).toBeVisible()
  await expect(could.getByText(/203\.0\.113\.40.*port 22/)).toBeVisible()

  // A stray key on Live denies nothing: the card's keys are its own, while it has the focus.
  await page.waitForTimeout(500)
  await page.keyboard.press('d')
  await page.waitForTimeout(300)
  await untilWaiting(1)
  await card.getByRole('button', { name: 'Deny', exact: true }).click()
  expect(await first).toMatchObject({ decision: 'deny' })
  await expect(card.getByText(/You denied it at/)).toBeVisible()

  await page.setViewportSize({ width: 390, height: 844 })
  const second = askGate('ep-live', 'c-2', tunnel)
  await page.getByRole('button', { name: 'Decide here' }).click()
  await expect(card.getByText(tunnel).first()).toBeVisible()
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  await page.waitForTimeout(500)
  await card.getByRole('button', { name: 'Deny', exact: true }).click()
  expect(await second).toMatchObject({ decision: 'deny' })
})
