// The second factor of operators, on a real server: it counts when it is confirmed, is asked for at every sign-in, and is lost to nobody.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'
import { type Browser, browserOf, totpCode } from './totp-for-test.ts'

let server: TestServer
let admin: Browser
const { password } = testAdmin
beforeAll(async () => {
  server = await startForTest()
  admin = browserOf(server.url)
  await admin.signIn(testAdmin.email, password)
})
afterAll(async () => {
  await server.stop()
})

/** Somebody who was invited and joined, and is signed in. */
async function joined(name: string, role = 'responder') {
  const email = `${name}@example.com`
  const invited = await admin.post('/api/operators', { email, name, role })
  const token = new URL(invited.said.setupUrl as string).searchParams.get('token')
  const browser = browserOf(server.url)
  await browser.post('/api/setup', { token, password })
  expect((await browser.signIn(email, password)).status).toBe(200)
  return { email, browser, id: (invited.said.operator as { id: string }).id }
}
async function begin(browser: Browser): Promise<{ uri: string; codes: string[] }> {
  const begun = await browser.post('/api/auth/two-factor/enable', { password })
  expect(begun.status).toBe(200)
  return { uri: begun.said.totpURI as string, codes: begun.said.backupCodes as string[] }
}
async function enrolled(name: string, role?: string) {
  const who = await joined(name, role)
  const factor = await begin(who.browser)
  const confirmed = await who.browser.post('/api/auth/two-factor/verify-totp', {
    code: totpCode(factor.uri, Date.now()),
  })
  expect(confirmed.status).toBe(200)
  return { ...who, ...factor }
}
const verify = (browser: Browser, code: string) => browser.post('/api/auth/two-factor/verify-totp', { code })
const giveBackup = (browser: Browser, code: string) => browser.post('/api/auth/two-factor/verify-backup-code', { code })
async function audited(text: string): Promise<string[]> {
  const page = await server.api(`/api/audit?q=${encodeURIComponent(text)}`)
  const { entries } = (await page.json()) as { entries: { body: string }[] }
  return entries.map(({ body }) => body)
}

describe('setting a second factor up', () => {
  it('takes the password, and counts only when a code was right', async () => {
    const { browser, email } = await joined('ada')
    const wrong = await browser.post('/api/auth/two-factor/enable', { password: 'not-the-password' })
    expect(wrong).toMatchObject({ status: 400, said: { title: 'Refused' } })
    const { uri } = await begin(browser)
    expect(await browser.me()).toMatchObject({ twoFactor: false })
    expect((await verify(browser, '000000')).status).toBe(401)
    expect((await browserOf(server.url).signIn(email, password)).said).not.toHaveProperty('twoFactorRedirect')
    expect((await verify(browser, totpCode(uri, Date.now()))).status).toBe(200)
    expect(await browser.me()).toMatchObject({ twoFactor: true, role: 'responder' })
    await expect.poll(() => audited(`operator.second-factor-on`)).toHaveLength(1)
  })

  it('ends every other session of theirs: whoever had one without a code has none', async () => {
    const { browser, email } = await joined('grace')
    const elsewhere = browserOf(server.url)
    await elsewhere.signIn(email, password)
    const { uri } = await begin(browser)
    expect(await elsewhere.me()).toMatchObject({ email })
    await verify(browser, totpCode(uri, Date.now()))
    expect(await elsewhere.me()).toBeUndefined()
    expect(await browser.me()).toMatchObject({ email })
  })

  it('tells its secret in no list, no event and no second answer', async () => {
    const { browser, uri, codes } = await enrolled('hedy')
    const secret = new URL(uri).searchParams.get('secret') ?? 'none'
    const told = JSON.stringify([await browser.ask('GET', '/api/me'), await admin.ask('GET', '/api/operators')])
    const log = JSON.stringify(await audited('hedy'))
    for (const text of [secret, ...codes]) expect(told + log).not.toContain(text)
    expect((await browser.post('/api/auth/two-factor/get-totp-uri', { password })).status).toBe(404)
    expect(await browser.post('/api/auth/two-factor/enable', { password })).toMatchObject({ status: 400 })
  })
})

describe('signing in with a second factor', () => {
  it('lets nobody in with the password alone, and does not say that they signed in', async () => {
    const { email, uri } = await enrolled('joan')
    const before = (await audited(`"operator.signed-in"`)).filter((body) => body.includes(email)).length
    const browser = browserOf(server.url)
    const half = await browser.signIn(email, password)
    expect(half).toMatchObject({ status: 200, said: { twoFactorRedirect: true } })
    expect(half.said).not.toHaveProperty('token')
    expect(await browser.me()).toBeUndefined()
    // Also not with the cookie of the session that the password made for a moment.
    const [first] = half.headers.getSetCookie().filter((each) => /session_token=[^;]/.test(each))
    const me = await fetch(`${server.url}/api/me`, { headers: { cookie: first?.split(';', 1)[0] ?? 'none=1' } })
    expect(me.status).toBe(401)
    expect((await verify(browser, totpCode(uri, Date.now(), 1))).status).toBe(200)
    expect(await browser.me()).toMatchObject({ email, twoFactor: true })
    await expect
      .poll(async () => (await audited(`"operator.signed-in"`)).filter((body) => body.includes(email)).length)
      .toBe(before + 1)
  })

  it('takes a code once, also from whoever saw it', async () => {
    const { email, uri } = await enrolled('rear')
    const [first, second] = [browserOf(server.url), browserOf(server.url)]
    await first.signIn(email, password)
    await second.signIn(email, password)
    const code = totpCode(uri, Date.now(), 1)
    const answers = await Promise.all([verify(first, code), verify(second, code)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
    expect(answers.find(({ status }) => status === 401)?.said).toMatchObject({ code: 'CODE_USED' })
  })

  it('takes each backup code once, and trusts no device for longer', async () => {
    const { email, codes } = await enrolled('mary')
    const [code = ''] = codes
    const browser = browserOf(server.url)
    await browser.signIn(email, password)
    const trusting = { code, trustDevice: true }
    expect((await browser.post('/api/auth/two-factor/verify-backup-code', trusting)).status).toBe(400)
    expect((await giveBackup(browser, code)).status).toBe(200)
    expect(await browser.me()).toMatchObject({ email })
    const again = browserOf(server.url)
    await again.signIn(email, password)
    expect((await giveBackup(again, code)).status).toBe(401)
    expect(await again.me()).toBeUndefined()
    await expect.poll(() => audited('operator.backup-code-used')).toHaveLength(1)
  })

  it('wants the password again after five wrong codes, and a quarter of an hour after ten, and tells of each', async () => {
    const { email, codes } = await enrolled('rosa')
    const guess = async () => {
      const browser = browserOf(server.url)
      await browser.signIn(email, password)
      const statuses: unknown[] = []
      for (let n = 0; n < 6; n++) {
        const { status, said, headers } = await giveBackup(browser, `wrong-${n}`)
        statuses.push(status === 401 ? 401 : [status, said.code, headers.get('retry-after')])
      }
      return statuses
    }
    expect(await guess()).toEqual([401, 401, 401, 401, 401, [400, 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE', null]])
    expect((await guess())[5]).toEqual([429, 'ACCOUNT_TEMPORARILY_LOCKED', '900'])
    const owner = browserOf(server.url)
    await owner.signIn(email, password)
    expect((await giveBackup(owner, codes[0] ?? '')).status).toBe(429)
    const told = async (note: string) =>
      (await audited('operator.sign-in-failed')).filter((body) => body.includes(`${email} (${note})`)).length
    await expect.poll(() => told('backup code')).toBe(10)
    await expect.poll(() => told('backup code, locked after ten wrong ones')).toBe(2)
  })
})

describe('losing a second factor', () => {
  it('takes the password to turn it off and to make new backup codes, and is told', async () => {
    const { browser, codes, email } = await enrolled('lise')
    for (const path of ['disable', 'generate-backup-codes'])
      for (const body of [{}, { password: 'not-the-password' }])
        expect((await browser.post(`/api/auth/two-factor/${path}`, body)).status, path).toBe(400)
    const made = await browser.post('/api/auth/two-factor/generate-backup-codes', { password })
    expect(made.said.backupCodes).toHaveLength(10)
    const other = browserOf(server.url)
    await other.signIn(email, password)
    expect((await giveBackup(other, codes[0] ?? '')).status).toBe(401)
    expect((await browser.post('/api/auth/two-factor/disable', { password })).status).toBe(200)
    expect(await browser.me()).toMatchObject({ twoFactor: false })
    expect((await browserOf(server.url).signIn(email, password)).said).toHaveProperty('token')
    await expect.poll(() => audited('operator.second-factor-off')).toHaveLength(1)
    expect(await audited('operator.backup-codes-made')).toHaveLength(1)
  })

  it('lets another admin see it and reset it, which ends their sessions and is told; no key, and not oneself', async () => {
    const { id, email, browser } = await enrolled('vera', 'admin')
    const path = `/api/operators/${id}/two-factor`
    const { operators } = (await admin.ask('GET', '/api/operators')).said as { operators: { id: string }[] }
    expect(operators.find((each) => each.id === id)).toMatchObject({ twoFactor: true })
    expect((await server.api(path, { method: 'DELETE' })).status).toBe(403)
    expect(await browser.ask('DELETE', path)).toMatchObject({ status: 409, said: { title: 'That is you' } })
    expect(await admin.ask('DELETE', path)).toMatchObject({ status: 200, said: { reset: id } })
    expect(await browser.me()).toBeUndefined()
    expect((await browserOf(server.url).signIn(email, password)).said).toHaveProperty('token')
    expect(await admin.ask('DELETE', path)).toMatchObject({ status: 409, said: { title: 'Nothing to reset' } })
    await expect.poll(() => audited('operator.second-factor-reset')).toHaveLength(1)
  })
})

describe('where a second factor is required', () => {
  it('lets an admin read and set one up, and do nothing else before', async () => {
    const strict = await startForTest({ VIGIL_TWO_FACTOR: 'required' })
    try {
      const browser = browserOf(strict.url)
      await browser.signIn(testAdmin.email, password)
      expect(await browser.me()).toMatchObject({ role: 'viewer', waits: 'admin' })
      expect((await browser.ask('GET', '/api/sessions')).status).toBe(200)
      expect((await browser.ask('GET', '/api/operators')).status).toBe(403)
      const { uri } = await begin(browser)
      expect(await browser.me()).toMatchObject({ role: 'viewer' })
      await verify(browser, totpCode(uri, Date.now()))
      expect(await browser.me()).toMatchObject({ role: 'admin', twoFactor: true })
      expect((await browser.ask('GET', '/api/operators')).status).toBe(200)
    } finally {
      await strict.stop()
    }
  }, 60_000)
})
