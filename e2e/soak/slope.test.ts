// A soak is worth what its rule is worth: what fills up must be called growing however noisy it is, and noise alone must not.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomOf } from '../chaos/random.ts'
import { isFlat, type Reading, slopeOf, warm } from './slope.ts'

const rule = { floor: 16, share: 0.1 }
/** A reading each 10 s for half an hour. */
const readings = (valueAt: (minute: number, index: number) => number): Reading[] =>
  Array.from({ length: 180 }, (_, index) => ({
    atMs: 1_790_000_000_000 + index * 10_000,
    value: valueAt(index / 6, index),
  }))
/** From -1 to 1, by chance: an adversary could make any slope out of noise. */
const noise = fc.integer().map((seed) => {
  const random = randomOf(seed)
  return Array.from({ length: 180 }, () => 2 * random.next() - 1)
})

describe('the line through readings', () => {
  test('of a straight line is that line', () => {
    const slope = slopeOf(readings((minute) => 100 + minute))
    expect(slope?.perHour).toBeCloseTo(60)
    expect(slope?.rise).toBeCloseTo(179 / 6)
    expect(slope?.mean).toBeCloseTo(100 + 179 / 12)
    expect(slope?.leastPerHour).toBeCloseTo(60)
  })

  test('needs three readings, and readings at more than one time', () => {
    expect(slopeOf([])).toBeUndefined()
    expect(slopeOf(readings(() => 1).slice(0, 2))).toBeUndefined()
    expect(slopeOf([1, 2, 3].map((value) => ({ atMs: 5, value })))).toBeUndefined()
  })
})

describe('the rule', () => {
  const verdict = (list: Reading[], by = rule) => {
    const slope = slopeOf(list)
    if (!slope) throw new Error('too few readings')
    return isFlat(slope, by)
  }

  test('calls growing what leaks a third in half an hour, under any noise of a twentieth', () => {
    fc.assert(
      fc.property(noise, (random) => {
        expect(verdict(readings((minute, index) => 300 + (100 * minute) / 30 + 15 * (random[index] ?? 0)))).toBe(false)
      }),
    )
  })

  test('calls flat what goes up and down by a tenth and stays', () => {
    fc.assert(
      fc.property(noise, (random) => {
        expect(verdict(readings((_, index) => 300 + 30 * (random[index] ?? 0)))).toBe(true)
      }),
    )
  })

  test('calls flat a saw tooth, which a heap is, wherever it is cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 40 }), fc.integer({ min: 0, max: 40 }), (teeth, start) => {
        expect(
          verdict(
            readings((_, index) => 80 + (40 * ((index + start) % teeth)) / teeth),
            { floor: 16, share: 0.25 },
          ),
        ).toBe(true)
      }),
    )
  })

  test('calls flat what falls, and what rises by less than its floor or its share', () => {
    expect(verdict(readings((minute) => 300 - minute))).toBe(true)
    expect(verdict(readings((minute) => 20 + minute / 3))).toBe(true) // 10, below the floor of 16
    expect(verdict(readings((minute) => 1_000 + minute * 2))).toBe(true) // 60, below a tenth of 1,030
    expect(verdict(readings((minute) => 1_000 + minute * 5))).toBe(false)
  })
})

test('what was read while the product was warming up does not count: a fifth of the time, at least half a minute', () => {
  const all = readings(() => 1)
  expect(warm(all)).toHaveLength(144)
  expect(warm(all.slice(0, 7)).map(({ atMs }) => atMs - (all[0]?.atMs ?? 0))).toEqual([30_000, 40_000, 50_000, 60_000])
  expect(warm([])).toEqual([])
})
