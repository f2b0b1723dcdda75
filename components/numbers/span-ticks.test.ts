// Given the longest span of a chart, when its axis is marked, then the marks are ones that people read, and nothing lies above the last.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spanTicks, tickText } from './span-ticks.ts'

describe('the marks of an axis of spans', () => {
  it('are whole seconds, minutes, hours or days', () => {
    const marks = (mostMs: number) => spanTicks(mostMs).map(tickText)
    expect(marks(55_000)).toEqual(['0', '15 s', '30 s', '45 s', '1 min'])
    expect(marks(24 * 60_000)).toEqual(['0', '10 min', '20 min', '30 min'])
    expect(marks(70 * 60_000)).toEqual(['0', '30 min', '1 h', '1.5 h'])
    expect(marks(0)).toEqual(['0', '1 ms'])
  })

  it('are at most five, begin with 0, and reach the longest span', () => {
    fc.assert(
      fc.property(fc.nat(2_000_000_000), (mostMs) => {
        const marks = spanTicks(mostMs)
        expect(marks[0]).toBe(0)
        expect(marks.length).toBeLessThanOrEqual(5)
        expect(marks.at(-1)).toBeGreaterThanOrEqual(mostMs)
        expect(new Set(marks.map(tickText)).size).toBe(marks.length)
      }),
    )
  })
})
