// The door as a person finds it: a second factor that is set up in Settings and asked for from then on, and single sign-on at a provider of
// the test's own.
import { expect, test } from '@playwright/test'
import { type OidcProviderForTest, startOidcProvider, testClient } from '../server/oidc-provider-for-test.ts'
import { totpCode } from '../server/totp-for-test.ts'
import { admin, type Product, signIn, startProduct } from './product.ts'

let product: Product
let provider: OidcProviderForTest
test.beforeAll(async () => {
  provider = await startOidcProvider()
  const env = {
    VIGIL_OIDC_ISSUER: provider.issuer,
    VIGIL_OIDC_CLIENT_ID: testClient.id,
    VIGIL_OIDC_CLIENT_SECRET: testClient.secret,
    VIGIL_OIDC_NAME: 'Example',
  }
  product = await startProduct({ probe: false, env })
})
test.afterAll(async () => {
  await product.stop()
  await provider.close()
})

test('a person sets up a second factor, and signs in with a code, then with a backup code', async ({
  page,
  context,
}) => {
  await signIn(page, product)
  await page.goto(`${product.url}/settings`)
  const section = page.getByRole('region', { name: 'Your second factor' })
  await section.getByRole('button', { name: 'Set up' }).click()
  await section.getByLabel('Your password').fill(admin.password)
  await section.getByRole('button', { name: 'Go on' }).click()
  await expect(section.getByRole('img', { name: /camera/ })).toBeVisible()
  const secret = ((await section.getByTestId('totp-secret').textContent()) ?? '').replaceAll(' ', '')
  const uri = `otpauth://totp/Vigil?secret=${secret}`
  await section.getByLabel('Code').fill(totpCode(uri, Date.now()))
  await section.getByRole('button', { name: 'Confirm' }).click()
  await expect(section.getByText('Your backup codes')).toBeVisible()
  const codes = ((await section.getByRole('status').locator('code').textContent()) ?? '').split(/\s+/)
  expect(codes).toHaveLength(10)
  await section.getByRole('button', { name: 'I have it' }).click()
  await expect(section.getByText('Your backup codes')).toHaveCount(0)
  await expect(section.getByText('On', { exact: true })).toBeVisible()

  const givePassword = async () => {
    await context.clearCookies()
    await page.goto(`${product.url}/sign-in?next=/settings`)
    await page.getByLabel('Email').fill(admin.email)
    await page.getByLabel('Password').fill(admin.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('heading', { name: 'Enter your code' })).toBeVisible()
  }
  await givePassword()
  await page.getByLabel('Code').fill('000000')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'This code is not right' })).toBeVisible()
  await page.getByLabel('Code').fill(totpCode(uri, Date.now(), 1))
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/settings')

  await givePassword()
  await page.getByRole('button', { name: 'Use a backup code' }).click()
  await page.getByLabel('Backup code').fill(codes[0] ?? '')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/settings')
})

test('a stranger is told why single sign-on lets them not in, and who was invited is in', async ({ page }) => {
  const invited = { email: 'ida@example.com', name: 'Ida', role: 'viewer' }
  const headers = { 'content-type': 'application/json' }
  const made = await product.api('/api/operators', { method: 'POST', headers, body: JSON.stringify(invited) })
  expect(made.status).toBe(201)
  const leave = page.getByRole('button', { name: 'Continue with Example' })
  provider.person = { sub: 'm', email: 'mallory@example.com', email_verified: true }
  await page.goto(`${product.url}/sign-in`)
  await leave.click()
  await expect(page.getByRole('alert').filter({ hasText: 'was invited' })).toBeVisible()
  provider.person = { sub: 'i', email: 'ida@example.com', email_verified: true }
  await leave.click()
  await page.waitForURL('**/live')
  await page.goto(`${product.url}/settings`)
  await expect(page.getByText('Your account is linked')).toBeVisible()
})
