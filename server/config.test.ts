// The environment as a person wrote it: what is wrong is one line that says so.
import { expect, it } from 'vitest'
import { ConfigError, parseConfig } from './config.ts'

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
