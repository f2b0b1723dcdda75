// given a cookie that was verified, when it comes again, then who is behind it is asked anew, and nobody else's answer is given.
import { describe, expect, it } from 'vitest'
import { createCookieLookup } from './known-cookies.ts'

function given() {
  let nowMs = 0
  const verified: string[] = []
  const sessions = new Map([
    ['token-ann', 'ann'],
    ['token-bob', 'bob'],
  ])
  const lookup = createCookieLookup<string>({
    verify(headers) {
      const name = /^session=(ann|bob)\.signed(?:; device=\d+)?$/.exec(headers.get('cookie') ?? '')?.[1]
      verified.push(headers.get('cookie') ?? '')
      const operator = sessions.get(`token-${name}`)
      return Promise.resolve(operator === undefined ? undefined : { operator, token: `token-${name}` })
    },
    read: (token) => Promise.resolve(sessions.get(token)),
    nowMs: () => nowMs,
  })
  return {
    sessions,
    verified,
    wait: (ms: number) => {
      nowMs += ms
    },
    ask: (cookie: string) => lookup(new Headers({ cookie })),
  }
}

describe('a cookie that comes again', () => {
  it('is not verified anew within the minute, and is after it', async () => {
    const { ask, verified, wait } = given()
    for (const _ of [1, 2, 3]) expect(await ask('session=ann.signed')).toBe('ann')
    expect(verified).toHaveLength(1)
    wait(60_000)
    expect(await ask('session=ann.signed')).toBe('ann')
    expect(verified).toHaveLength(2)
  })

  it('lets nobody in whose session was ended a moment ago', async () => {
    const { ask, sessions } = given()
    expect(await ask('session=ann.signed')).toBe('ann')
    sessions.delete('token-ann')
    expect(await ask('session=ann.signed')).toBeUndefined()
  })

  it('has today’s role of its operator', async () => {
    const { ask, sessions } = given()
    await ask('session=ann.signed')
    sessions.set('token-ann', 'ann, a viewer since a moment')
    expect(await ask('session=ann.signed')).toBe('ann, a viewer since a moment')
  })

  it('that differs by one character is another cookie', async () => {
    const { ask } = given()
    expect(await ask('session=ann.signed')).toBe('ann')
    expect(await ask('session=ann.signee')).toBeUndefined()
    expect(await ask('session=bob.signed')).toBe('bob')
  })

  it('is forgotten when a thousand others came, and verified again', async () => {
    const { ask, verified } = given()
    await ask('session=ann.signed')
    for (let n = 0; n < 1_000; n += 1) await ask(`session=bob.signed; device=${n}`)
    await ask('session=ann.signed')
    expect(verified).toHaveLength(1_002)
  })
})
