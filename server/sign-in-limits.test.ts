// Guessing passwords at a real server: how far one gets, what is answered, and what is told of it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'
import { browserOf } from './totp-for-test.ts'

let server: TestServer
beforeAll(async () => {
  server = await startForTest()
})
afterAll(async () => {
  await server.stop()
})

const guess = (email: string, password = 'wrong-password-x') => browserOf(server.url).signIn(email, password)
async function audited(text: string): Promise<string[]> {
  const page = await server.api(`/api/audit?q=${encodeURIComponent(text)}`)
  return ((await page.json()) as { entries: { body: string }[] }).entries.map(({ body }) => body)
}

describe('a password', () => {
  it('is changed with the one before it, which is told', async () => {
    const invited = { email: 'ada@example.com', name: 'ada', role: 'viewer' }
    const headers = { 'content-type': 'application/json' }
    const made = await server.api('/api/operators', { method: 'POST', headers, body: JSON.stringify(invited) })
    const { setupUrl } = (await made.json()) as { setupUrl: string }
    const browser = browserOf(server.url)
    const { password } = testAdmin
    await browser.post('/api/setup', { token: new URL(setupUrl).searchParams.get('token'), password })
    await browser.signIn(invited.email, password)
    const change = (currentPassword: string) =>
      browser.post('/api/auth/change-password', { currentPassword, newPassword: 'another-long-password' })
    expect((await change('wrong-password-x')).status).toBe(400)
    expect((await change(password)).status).toBe(200)
    await expect.poll(() => audited('operator.password-changed')).toHaveLength(1)
  })
})

describe('wrong passwords', () => {
  it('are answered 429 with Retry-After after ten for one account, also at once, and even when the eleventh is right', async () => {
    const answers = await Promise.all(Array.from({ length: 14 }, () => guess(testAdmin.email)))
    const statuses = answers.map(({ status }) => status)
    expect([statuses.filter((each) => each === 401).length, statuses.filter((each) => each === 429).length]).toEqual([
      10, 4,
    ])
    const right = await guess(testAdmin.email.toUpperCase(), testAdmin.password)
    expect(right).toMatchObject({ status: 429, said: { title: 'Too many tries', status: 429 } })
    expect(right.headers.get('content-type')).toBe('application/problem+json')
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(200)
    expect(right.headers.getSetCookie()).toEqual([])
  })

  it('are told in the audit with whom they were meant for, and never with what was typed', async () => {
    await expect.poll(() => audited('operator.sign-in-failed')).toHaveLength(10)
    await expect.poll(() => audited('operator.sign-in-limited')).toHaveLength(1)
    const [failed = '', limited = ''] = [
      (await audited('operator.sign-in-failed'))[0],
      (await audited('operator.sign-in-limited'))[0],
    ]
    expect(failed).toContain(`${testAdmin.email} (password)`)
    expect(failed).toContain('"type":"server"')
    expect(limited).toContain(`${testAdmin.email} from 127.0.0.1`)
    expect(failed + limited).not.toContain('wrong-password-x')
  })

  it('for an account that does not exist look the same, and its name does not enter the log', async () => {
    const name = 'nobody-of-this-name@example.com'
    const known = await guess('also-nobody@example.com')
    const statuses = (await Promise.all(Array.from({ length: 11 }, () => guess(name)))).map(({ status }) => status)
    expect(statuses.sort()).toEqual([...Array.from({ length: 10 }, () => 401), 429])
    expect(known.said).toMatchObject({ status: 401, detail: 'Invalid email or password' })
    await expect.poll(() => audited('operator.sign-in-limited')).toHaveLength(2)
    expect(await audited('nobody-of-this-name')).toEqual([])
  })

  it('are counted however they are sent: a form is not read at all', async () => {
    const form = await fetch(`${server.url}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { origin: server.url, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ email: testAdmin.email, password: testAdmin.password }),
    })
    expect(form.status).toBe(415)
  })

  it('from one address are limited over all accounts too, with Retry-After', async () => {
    const answers: Awaited<ReturnType<typeof guess>>[] = []
    // No addresses, so that no password is hashed: they are counted all the same.
    for (let n = 0; n < 60 && answers.at(-1)?.status !== 429; n++) answers.push(await guess(`list-${n}`))
    expect(answers.at(-1)).toMatchObject({ status: 429, said: { title: 'Too many tries' } })
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('what better-auth has and the console does not offer', () => {
  it.each(['/update-user', '/delete-user', '/change-email', '/forget-password', '/two-factor/send-otp', '/nothing'])(
    '%s is not there',
    async (path) => {
      const answer = await browserOf(server.url).post(`/api/auth${path}`)
      expect(answer).toMatchObject({ status: 404, said: { title: 'No such path' } })
    },
  )
})
