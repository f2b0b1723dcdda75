// The environment of signing in: what is accepted, and that nothing wrong starts quietly.
import { describe, expect, it } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'

const oidc = { VIGIL_OIDC_ISSUER: 'https://id.example.com', VIGIL_OIDC_CLIENT_ID: 'vigil' }

describe('the environment of signing in', () => {
  it('has no single sign-on and requires no second factor unless told to', () => {
    expect(parseConfig({})).toMatchObject({ oidc: undefined, twoFactorRequired: false })
    expect(parseConfig({ VIGIL_TWO_FACTOR: 'required' })).toMatchObject({ twoFactorRequired: true })
  })

  it('lets only invited people in by single sign-on unless told to', () => {
    expect(parseConfig(oidc).oidc).toEqual({
      issuer: 'https://id.example.com',
      clientId: 'vigil',
      clientSecret: undefined,
      name: 'single sign-on',
      admitsNew: false,
    })
    expect(parseConfig({ ...oidc, VIGIL_OIDC_NEW: 'viewer' }).oidc?.admitsNew).toBe(true)
  })

  it.each([
    ['http on the network', { ...oidc, VIGIL_OIDC_ISSUER: 'http://id.example.com' }],
    ['a name that only looks like this machine', { ...oidc, VIGIL_OIDC_ISSUER: 'http://127.0.0.1.example.com' }],
    ['credentials in the address', { ...oidc, VIGIL_OIDC_ISSUER: 'https://id.example.com@evil.example' }],
    ['an issuer without a client', { VIGIL_OIDC_ISSUER: 'https://id.example.com' }],
    ['a client without an issuer', { VIGIL_OIDC_CLIENT_ID: 'vigil' }],
    ['strangers as admins', { ...oidc, VIGIL_OIDC_NEW: 'admin' }],
    ['a second factor that is somewhat required', { VIGIL_TWO_FACTOR: 'yes' }],
  ])('refuses %s, in one line', (_, env) => {
    expect(() => parseConfig(env)).toThrow(ConfigError)
    expect(() => parseConfig(env)).toThrow(/^[^\n]+$/)
  })
})
