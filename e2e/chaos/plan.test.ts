// A plan is what a seed promises: the same faults again, none on top of another of its part, and peace at both ends.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { faultKinds, faultWords, planOf } from './plan.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const minutes = fc.integer({ min: 1, max: 30 })

test('the same seed and length are the same plan, and another seed is another', () => {
  fc.assert(
    fc.property(seeds, minutes, (seed, length) => {
      expect(planOf({ seed, minutes: length })).toEqual(planOf({ seed, minutes: length }))
    }),
  )
  expect(planOf({ seed: 1, minutes: 5 })).not.toEqual(planOf({ seed: 2, minutes: 5 }))
})

test('a plan never changes between versions by accident: whoever changes it says so here', () => {
  const words = planOf({ seed: 7, minutes: 1 }).map((fault) => `${fault.atMs} ${faultWords(fault)}`)
  expect(words).toEqual([
    '4000 server-kill for 1.9 s',
    '9511 server-hang for 4.3 s',
    '18346 source-path-slow for 4.7 s, each piece 1323 ms late',
    '21277 probe-clock for 3.1 s, 156.1 s back',
    '26886 probe-path-cut for 11.5 s',
    '28944 source-path-cut for 7.3 s',
    '34597 source-clock for 7.0 s, 618.5 s forward',
    '40780 database-stop for 9.3 s',
    '51532 database-disk-full for 2.2 s',
  ])
})

test('two faults of one part never overlap, and all are over before the end', () => {
  fc.assert(
    fc.property(seeds, minutes, (seed, length) => {
      const plan = planOf({ seed, minutes: length })
      const freeAtMs = new Map<string, number>()
      for (const { part, atMs, forMs } of plan) {
        expect(atMs).toBeGreaterThanOrEqual(freeAtMs.get(part) ?? 4_000)
        freeAtMs.set(part, atMs + forMs)
        expect(atMs + forMs).toBeLessThanOrEqual(length * 60_000 - 4_000)
      }
    }),
  )
})

test('in five minutes every kind of fault comes at least once, and some overlap', () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const plan = planOf({ seed, minutes: 5 })
      expect(new Set(plan.map(({ kind }) => kind)).size).toBe(faultKinds.length)
      expect(
        plan.some((fault, index) => (plan[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) < fault.atMs + fault.forMs),
      ).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('asked for some kinds, it plans those alone, and none of them is no plan', () => {
  const plan = planOf({ seed: 3, minutes: 3, kinds: ['server-kill', 'probe-path-cut'] })
  expect(new Set(plan.map(({ kind }) => kind))).toEqual(new Set(['server-kill', 'probe-path-cut']))
  expect(planOf({ seed: 3, minutes: 3, kinds: [] })).toEqual([])
})
