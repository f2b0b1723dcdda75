// Single sign-on at a provider of our own, on a real server: who is let in, as what, and everything that is refused with a word that the
// sign-in page understands.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Lies, type OidcProviderForTest, startOidcProvider, testClient } from './oidc-provider-for-test.ts'
import { startForTest, type TestServer, testAdmin } from './start-for-test.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './store/embedded-postgres.ts'
import { type Browser, browserOf, totpCode } from './totp-for-test.ts'

let provider: OidcProviderForTest
let postgres: EmbeddedPostgres
let folder: string
let server: TestServer
let admin: Browser
const environment = () => ({
  VIGIL_OIDC_ISSUER: provider.issuer,
  VIGIL_OIDC_CLIENT_ID: testClient.id,
  VIGIL_OIDC_CLIENT_SECRET: testClient.secret,
  VIGIL_OIDC_NAME: 'Example',
})
beforeAll(async () => {
  provider = await startOidcProvider()
  folder = await mkdtemp(path.join(tmpdir(), 'vigil-sso-'))
  postgres = await startEmbeddedPostgres({ dataDir: folder })
  server = await startForTest({ ...environment(), DATABASE_URL: postgres.connectionString })
  admin = browserOf(server.url)
  await admin.signIn(testAdmin.email, testAdmin.password)
})
afterAll(async () => {
  await server.stop()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
  await provider.close()
})
beforeEach(() => {
  provider.lies = {}
})

const vouched = (sub: string) => ({ sub, email: `${sub}@example.com`, email_verified: true, name: sub })
const invite = (sub: string, role = 'responder') =>
  admin.post('/api/operators', { email: `${sub}@example.com`, name: sub, role })

/** As a browser goes: to the provider and back. `change` alters the address that leads back. Answers where it ends. */
async function goThrough(
  browser: Browser,
  path: string,
  change: (back: URL) => void = () => undefined,
): Promise<string> {
  const begun = await browser.post(path, { provider: 'oidc', callbackURL: '/live', errorCallbackURL: '/sign-in' })
  expect(begun.status).toBe(200)
  const there = await fetch(begun.said.url as string, { redirect: 'manual' })
  const back = new URL(there.headers.get('location') ?? '')
  change(back)
  const answer = await browser.ask('GET', back.pathname + back.search)
  expect(answer.status).toBe(302)
  return answer.headers.get('location') ?? ''
}
const signOn = (browser: Browser, change?: (back: URL) => void) =>
  goThrough(browser, '/api/auth/sign-in/social', change)
async function audited(text: string): Promise<string[]> {
  const page = await server.api(`/api/audit?q=${encodeURIComponent(text)}`)
  return ((await page.json()) as { entries: { body: string }[] }).entries.map(({ body }) => body)
}

describe('single sign-on', () => {
  it('is offered by its name to whoever comes to the door, and asks the provider with state, nonce and PKCE', async () => {
    const offered = await browserOf(server.url).ask('GET', '/api/sign-in')
    expect(offered.said).toEqual({ singleSignOn: { name: 'Example' } })
    provider.person = vouched('stranger')
    await signOn(browserOf(server.url))
    const { asked } = provider
    expect(asked.get('redirect_uri')).toBe(`${server.url}/api/auth/callback/oidc`)
    expect(asked.get('code_challenge_method')).toBe('S256')
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(asked.get(name)?.length ?? 0, name).toBeGreaterThan(20)
    expect(asked.get('scope')?.split(' ').sort()).toEqual(['email', 'openid', 'profile'])
    expect(provider.refused).toEqual([])
  })

  it('lets an invited person in with the role that they were given, and again by the provider’s own name for them', async () => {
    await invite('ida')
    provider.person = vouched('ida')
    const browser = browserOf(server.url)
    expect(await signOn(browser)).toBe('/live')
    expect(await browser.me()).toMatchObject({ email: 'ida@example.com', role: 'responder' })
    await expect.poll(() => audited('operator.single-sign-on-linked')).toHaveLength(1)
    provider.person = { ...vouched('ida'), email: 'ida.married@example.com' }
    const later = browserOf(server.url)
    expect(await signOn(later)).toBe('/live')
    expect(await later.me()).toMatchObject({ email: 'ida@example.com' })
    await expect.poll(() => audited('ida@example.com (single sign-on)')).toHaveLength(2)
  })

  it('keeps nothing of what the provider gave but whom it means', async () => {
    const client = new pg.Client({ connectionString: postgres.connectionString })
    await client.connect()
    try {
      const { rows } = await client.query(`SELECT account_id, access_token, refresh_token, id_token, password
        FROM operator_account WHERE provider_id = 'oidc' AND account_id LIKE '% ida'`)
      const nothing = { access_token: null, refresh_token: null, id_token: null, password: null }
      expect(rows).toEqual([{ account_id: `${provider.issuer} ida`, ...nothing }])
    } finally {
      await client.end()
    }
  })

  it('lets nobody in who was not invited', async () => {
    provider.person = vouched('mallory')
    const browser = browserOf(server.url)
    expect(await signOn(browser)).toContain('/sign-in?error=signup_disabled')
    expect(await browser.me()).toBeUndefined()
  })

  it('never takes over the account of somebody who has a password: they link it themselves, signed in', async () => {
    provider.person = { ...vouched('root'), email: testAdmin.email }
    const browser = browserOf(server.url)
    expect(await signOn(browser)).toContain('/sign-in?error=link_in_settings')
    expect(await browser.me()).toBeUndefined()
    expect(await goThrough(admin, '/api/auth/link-social')).toBe('/live')
    expect(await signOn(browser)).toBe('/live')
    expect(await browser.me()).toMatchObject({ email: testAdmin.email, role: 'admin' })
    provider.person = vouched('somebody-else')
    expect(await goThrough(admin, '/api/auth/link-social')).toContain('error=email_does_not_match')
  })

  it('lets an invited responder in only when nothing takes two people', async () => {
    await invite('puppet')
    await invite('second', 'admin')
    const policy = (value: boolean) => admin.ask('PUT', '/api/policies/two-person-release', { value })
    provider.person = vouched('second')
    await signOn(browserOf(server.url))
    expect((await policy(true)).status).toBeLessThan(300)
    provider.person = vouched('puppet')
    expect(await signOn(browserOf(server.url))).toContain('/sign-in?error=takes_two_people')
  })

  it('asks for the second factor of whoever has one here, whatever the provider asked for', async () => {
    await invite('hedy', 'viewer')
    provider.person = vouched('hedy')
    const browser = browserOf(server.url)
    await signOn(browser)
    const begun = await browser.post('/api/auth/two-factor/enable')
    const uri = begun.said.totpURI as string
    await browser.post('/api/auth/two-factor/verify-totp', { code: totpCode(uri, Date.now()) })
    expect((await browser.post('/api/auth/two-factor/disable')).status).toBe(400)
    const again = browserOf(server.url)
    expect(await signOn(again)).toBe('/sign-in?step=code')
    expect(await again.me()).toBeUndefined()
    const code = totpCode(uri, Date.now(), 1)
    expect((await again.post('/api/auth/two-factor/verify-totp', { code })).status).toBe(200)
    expect(await again.me()).toMatchObject({ email: 'hedy@example.com' })
  })
})

describe('what is refused at single sign-on', () => {
  const lie = (lies: Lies) => () => {
    provider.lies = lies
  }
  const claim = (claims: Record<string, unknown>) => lie({ claims })
  it.each([
    ['an address that is not verified', claim({ email_verified: false }), 'email_not_verified'],
    ['no word whether it is verified', claim({ email_verified: undefined }), 'email_not_verified'],
    ['no address', claim({ email: undefined }), 'email_not_found'],
    ['another issuer in the token', claim({ iss: 'http://127.0.0.1:9' }), 'unable_to_get_user_info'],
    ['a token for another client', claim({ aud: 'another-client' }), 'unable_to_get_user_info'],
    ['a token of another sign-in (nonce)', claim({ nonce: 'of-another' }), 'unable_to_get_user_info'],
    ['a token without a nonce', claim({ nonce: undefined }), 'unable_to_get_user_info'],
    ['a token that has run out', claim({ exp: 1_700_000_000 }), 'unable_to_get_user_info'],
    ['a token that never runs out', claim({ exp: undefined }), 'unable_to_get_user_info'],
    ['a token signed by somebody else', lie({ signsWithForeignKey: true }), 'unable_to_get_user_info'],
    ['no token', lie({ leavesIdTokenOut: true }), 'unable_to_get_user_info'],
  ])('%s', async (_, tellIt, error) => {
    await invite('lied')
    provider.person = vouched('lied')
    tellIt()
    const browser = browserOf(server.url)
    expect(await signOn(browser)).toContain(`/sign-in?error=${error}`)
    expect(await browser.me()).toBeUndefined()
  })

  it('a way back that this browser did not begin, with another state, from another issuer or without a code', async () => {
    provider.person = vouched('ida')
    const browser = browserOf(server.url)
    const wrong = await signOn(browser, (back) => back.searchParams.set('state', 'made-up'))
    expect(wrong).toContain('/sign-in?error=state_mismatch')
    const stranger = browserOf(server.url)
    const taken = await signOn(browser, (back) => {
      // The same address, opened by somebody else's browser.
      stranger.cookies.clear()
      browser.cookies.clear()
      expect(back.searchParams.get('state')).not.toBe('')
    })
    expect(taken).toContain('/sign-in?error=state_mismatch')
    expect(await signOn(browser, (back) => back.searchParams.set('iss', 'https://evil.example'))).toContain(
      '/sign-in?error=issuer_mismatch',
    )
    expect(await signOn(browser, (back) => back.searchParams.delete('code'))).toContain('/sign-in?error=no_code')
    expect(await browser.me()).toBeUndefined()
  })

  it('a code that another sign-in was given: PKCE ties it to the browser that asked', async () => {
    provider.person = vouched('ida')
    const [first, second] = [browserOf(server.url), browserOf(server.url)]
    let code = ''
    await signOn(first, (back) => {
      code = back.searchParams.get('code') ?? ''
      back.searchParams.delete('code')
    })
    expect(await signOn(second, (back) => back.searchParams.set('code', code))).toContain('/sign-in?error=invalid_code')
    expect(provider.refused.at(-1)).toBe('PKCE')
    expect(await second.me()).toBeUndefined()
  })

  it('a token that a program hands in by itself, and scopes or ways that the console does not ask for', async () => {
    for (const more of [{ idToken: { token: 'x.y.z' } }, { scopes: ['offline_access'] }, { requestSignUp: true }]) {
      const answer = await browserOf(server.url).post('/api/auth/sign-in/social', { provider: 'oidc', ...more })
      expect(answer.status).toBe(400)
    }
    for (const away of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])
      for (const way of ['callbackURL', 'errorCallbackURL']) {
        const elsewhere = { provider: 'oidc', [way]: away }
        expect((await browserOf(server.url).post('/api/auth/sign-in/social', elsewhere)).status, away).toBe(400)
      }
  })
})

describe('a provider that is not there', () => {
  it('does not keep the console from starting or a password from working, is found when it is back, and may let strangers look', async () => {
    provider.lies = { isDown: true }
    const open = await startForTest({ ...environment(), VIGIL_OIDC_NEW: 'viewer' })
    try {
      expect((await browserOf(open.url).signIn(testAdmin.email, testAdmin.password)).status).toBe(200)
      const ask = () => browserOf(open.url).post('/api/auth/sign-in/social', { provider: 'oidc', callbackURL: '/live' })
      expect(await ask()).toMatchObject({ status: 503, said: { title: 'Single sign-on is not there' } })
      provider.lies = { discoveredIssuer: 'https://evil.example' }
      expect((await ask()).status).toBe(503)
      provider.lies = {}
      await expect.poll(async () => (await ask()).status, { timeout: 5_000 }).toBe(200)
      // Nothing that a provider says of somebody makes them more than a viewer.
      provider.person = vouched('mallory')
      provider.lies = { claims: { role: 'admin', roles: ['admin'], groups: ['admin'], twoFactorEnabled: true } }
      const guest = browserOf(open.url)
      expect(await signOn(guest)).toBe('/live')
      expect(await guest.me()).toMatchObject({ email: 'mallory@example.com', role: 'viewer', twoFactor: false })
    } finally {
      await open.stop()
    }
  }, 60_000)
})
