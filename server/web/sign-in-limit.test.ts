// Guessing a password: how far one gets with one account, from one address and from many.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSignInLimit, signInLimits } from './sign-in-limit.ts'

const { pair, account } = signInLimits
const tries = (count: number, once: (n: number) => number | undefined) =>
  Array.from({ length: count }, (_, n) => once(n)).filter((wait) => wait === undefined).length

describe('the limit on wrong passwords', () => {
  it('lets ten through from one address and says how long to wait, then begins anew', () => {
    const limit = createSignInLimit()
    expect(tries(30, () => limit.begin('ada', '192.0.2.1', 0))).toBe(pair.triesMax)
    expect(limit.begin('ada', '192.0.2.1', 60_000)).toBe(240)
    expect(limit.begin('ada', '192.0.2.1', pair.windowMs)).toBeUndefined()
  })

  it('does not keep the same person out at another address, nor another person at this one', () => {
    const limit = createSignInLimit()
    tries(30, () => limit.begin('ada', '192.0.2.1', 0))
    expect(limit.begin('ada', '192.0.2.2', 0)).toBeUndefined()
    expect(limit.begin('grace', '192.0.2.1', 0)).toBeUndefined()
  })

  it('stops a guesser with a thousand addresses at a hundred', () => {
    const limit = createSignInLimit()
    expect(tries(1_000, (n) => limit.begin('ada', `address ${n}`, 0))).toBe(account.triesMax)
    expect(limit.begin('ada', 'another', 1_000)).toBe(account.windowMs / 1_000 - 1)
  })

  it('forgets the mistakes of an address that got it right, and counts no try that nobody looked at', () => {
    const limit = createSignInLimit()
    for (let n = 0; n < 9; n++) limit.begin('ada', 'here', 0)
    limit.begin('ada', 'here', 0)
    limit.succeeded('ada', 'here')
    expect(tries(20, () => limit.begin('ada', 'here', 0))).toBe(pair.triesMax)
    const other = createSignInLimit()
    for (let n = 0; n < 50; n++) {
      expect(other.begin('ada', 'here', 0)).toBeUndefined()
      other.notTried('ada', 'here')
    }
  })

  it('goes on counting an account while a flood of names that nobody looked at comes in between', () => {
    const limit = createSignInLimit()
    tries(30, () => limit.begin('ada', 'here', 0))
    for (let n = 0; n < 25_000; n++) {
      limit.begin(`nobody ${n}`, 'here', 0)
      limit.notTried(`nobody ${n}`, 'here')
    }
    expect(limit.begin('ada', 'here', 0)).toBe(pair.windowMs / 1_000)
  })

  it('tells the same thing once in its time', () => {
    const limit = createSignInLimit()
    expect([0, 1, 59_999, 60_000].map((nowMs) => limit.isNews('x', 60_000, nowMs))).toEqual([true, false, false, true])
  })

  it('never lets more wrong passwords through than a window holds, in whatever order they come', () => {
    const rules = { pair: { triesMax: 3, windowMs: 100 }, account: { triesMax: 5, windowMs: 100 } }
    const step = fc.record({ address: fc.constantFrom('a', 'b', 'c'), afterMs: fc.nat(40) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const limit = createSignInLimit(rules)
        const through: { address: string; atMs: number }[] = []
        let nowMs = 0
        for (const { address, afterMs } of steps) {
          nowMs += afterMs
          if (limit.begin('ada', address, nowMs) === undefined) through.push({ address, atMs: nowMs })
        }
        // Windows are fixed, so any span of one window lies in two of them.
        for (const { atMs } of through) {
          const within = through.filter((each) => each.atMs >= atMs && each.atMs < atMs + 100)
          expect(within.length).toBeLessThanOrEqual(2 * rules.account.triesMax)
          for (const address of 'abc')
            expect(within.filter((each) => each.address === address).length).toBeLessThanOrEqual(
              2 * rules.pair.triesMax,
            )
        }
      }),
    )
  })
})
