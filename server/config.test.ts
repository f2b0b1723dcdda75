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

it('takes the address under which other nodes reach this one, and refuses what is none', () => {
  expect(parseConfig({}).nodeUrl).toBeUndefined()
  for (const text of ['http://10.0.0.7:3000', 'http://node-1:3000/', 'http://[2001:db8::7]:3000'])
    expect(parseConfig({ VIGIL_NODE_URL: text }).nodeUrl).toBe(text)
  for (const text of ['10.0.0.7:3000', 'https://node-1', 'http://node-1/path', 'http://user@node-1', 'http://node-1?x'])
    expect(() => parseConfig({ VIGIL_NODE_URL: text }), text).toThrow(ConfigError)
})

it('knows that REDIS_URL was given, so that the start can say that it is not used', () => {
  expect([parseConfig({}).hasRedis, parseConfig({ REDIS_URL: 'redis://127.0.0.1' }).hasRedis]).toEqual([false, true])
})
