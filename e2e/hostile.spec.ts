// What an agent writes is shown as text, and a browser that is slow or stuck slows nobody else.
import { expect, type Page, test } from '@playwright/test'
import { type Product, signIn, startProduct, until } from './product.ts'

let product: Product
test.beforeAll(async () => {
  product = await startProduct({ probe: false })
})
test.afterAll(async () => {
  await product.stop()
})

const markup = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
const hidden = 'safe\u202Etxt.exe\u0007\u200Bend'
const event = (session: string, kind: string, data: object) =>
  JSON.stringify({ v: 1, kind, atMs: Date.now(), session, data })
const ingest = async (...lines: string[]) => {
  const answer = await product.api('/api/ingest/events', { method: 'POST', body: lines.join('\n') })
  expect(answer.status).toBe(200)
  return (await answer.json()) as { accepted: number; rejected: number }
}
const hacked = (page: Page) => page.evaluate(() => Reflect.get(window, 'hacked') as unknown)

test('names, commands and messages that an agent wrote are text: no markup runs, no hidden character hides', async ({
  page,
}) => {
  const violations: string[] = []
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) violations.push(message.text())
  })
  await ingest(
    event('hostile', 'session.started', { held: 'none', abilities: [], agent: markup, task: hidden, name: markup }),
    event('hostile', 'action.started', { call: 'c1', tool: markup, input: markup, summary: `${markup} ${hidden}` }),
    event('hostile', 'action.ended', { call: 'c1', outcome: 'ok', output: markup }),
    event('hostile', 'message.recorded', { role: 'assistant', text: `${markup} ${hidden}` }),
    event('hostile', 'model.called', { model: markup }),
  )
  expect((await ingest(event('x"><script>', 'message.recorded', { role: 'user', text: 'x' }))).rejected).toBe(1)
  await signIn(page, product)
  await expect(page.getByText('<img src=x onerror', { exact: false }).first()).toBeVisible()
  expect(await page.evaluate(() => document.querySelectorAll('main img').length)).toBe(0)
  await page.goto(`${product.url}/sessions/hostile`)
  await expect(page.getByText('window.hacked=1', { exact: false }).first()).toBeVisible()
  const shown = await page.evaluate(() => document.body.textContent ?? '')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not be there
  expect(shown).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B\u0007]/)
  expect(shown).toContain('RLO')
  expect(await hacked(page)).toBeUndefined()
  expect(violations).toEqual([])
})

test('the console is not framed, not sniffed, and runs only its own scripts', async () => {
  const answer = await fetch(`${product.url}/sign-in`)
  expect(answer.headers.get('x-frame-options')).toBe('DENY')
  expect(answer.headers.get('content-security-policy')).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic'/)
  expect(answer.headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe-inline/)
})

test('a stuck browser slows neither ingest nor another browser, and has everything when it wakes', async ({
  browser,
}) => {
  const contexts = [await browser.newContext(), await browser.newContext()] as const
  const stuck = await contexts[0].newPage()
  const lively = await contexts[1].newPage()
  await signIn(stuck, product)
  await signIn(lively, product)
  // The table draws the rows in view: here is the one that will be looked at.
  for (const each of [stuck, lively]) await each.goto(`${product.url}/live?q=flood-0`)
  const flood = async (from: number, count: number) => {
    for (let i = from; i < from + count; i += 100) {
      await ingest(
        ...Array.from({ length: 100 }, (_, n) =>
          event(`flood-${(i + n) % 50}`, 'action.started', {
            call: `c${i + n}`,
            tool: 'shell',
            input: 'x',
            summary: `round ${i + n}`,
          }),
        ),
      )
    }
  }
  await flood(0, 200)
  const before = Date.now()
  await flood(200, 4_000)
  const freeMs = Date.now() - before
  // A page whose script never yields cannot acknowledge frames, answer pings, or read its socket.
  void stuck.evaluate(() => {
    const until = performance.now() + 8_000
    while (performance.now() < until);
  })
  const during = Date.now()
  await flood(4_200, 4_000)
  const stuckMs = Date.now() - during
  await ingest(
    event('flood-0', 'action.started', { call: 'last', tool: 'shell', input: 'x', summary: 'the very last one' }),
  )
  await expect(lively.getByText('the very last one')).toBeVisible({ timeout: 3_000 })
  test.info().annotations.push({
    type: 'figure',
    description: `4,000 events: ${freeMs} ms with two lively browsers, ${stuckMs} ms with one of them stuck`,
  })
  expect(stuckMs).toBeLessThan(freeMs * 3 + 1_000)
  await expect(stuck.getByText('the very last one')).toBeVisible({ timeout: 20_000 })
  for (const context of contexts) await context.close()
})

test('a lost connection says so with its age, and comes back by itself to the newest state', async ({ page }) => {
  await ingest(
    event('comeback', 'action.started', { call: 'c1', tool: 'shell', input: 'x', summary: 'before the fall' }),
  )
  await signIn(page, product)
  await expect(page.getByText('before the fall')).toBeVisible()
  await product.kill9()
  await expect(page.getByText(/Not connected/)).toBeVisible({ timeout: 15_000 })
  await product.start()
  await until('the API answers', async () => (await product.api('/readyz')).ok)
  await ingest(
    event('comeback', 'action.started', { call: 'c2', tool: 'shell', input: 'x', summary: 'after the fall' }),
  )
  await expect(page.getByText('after the fall')).toBeVisible({ timeout: 15_000 })
  await expect(page.getByText(/behind/).first()).toBeVisible()
})
