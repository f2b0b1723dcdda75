// given minutes in which a source was heard, then its strip shows just those, and the gaps between them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heardOf, markHeard, newHeard, readHeard, usualPauseOf, writeHeard } from './heard-minutes.ts'

const minute = 60_000
const t0 = Date.UTC(2026, 10, 28, 14, 0, 0)

describe('when a source was heard', () => {
  it('is one mark a minute of the last hour, with gaps between, and says where nobody listened yet', () => {
    const heard = newHeard(t0)
    markHeard(heard, t0)
    markHeard(heard, t0 + 3 * minute)
    expect(heardOf(heard, t0 + 4 * minute).hour.slice(-6)).toBe('?10010')
  })

  it('is the same after it was kept in the store and read again', () => {
    const heard = newHeard(t0)
    for (const at of [0, 7, 61, 500]) markHeard(heard, t0 + at * minute)
    const again = readHeard(JSON.parse(JSON.stringify(writeHeard(heard))))
    expect(again && heardOf(again, t0 + 501 * minute)).toEqual(heardOf(heard, t0 + 501 * minute))
    expect(readHeard({ bits: 'zz' })).toBeUndefined()
  })

  it('never shows a minute in which nothing came, nor hides one in which something did, however long it runs', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 2_000 }), { maxLength: 40 }), (pauses) => {
        const heard = newHeard(t0)
        const minutes = new Set<number>()
        let now = t0
        for (const pause of pauses) {
          now += pause * minute
          markHeard(heard, now)
          minutes.add(now / minute)
        }
        const wanted = Array.from({ length: 60 }, (_, index) => minutes.has(now / minute - 59 + index))
        expect([...heardOf(heard, now).hour].map((step) => step === '1')).toEqual(wanted)
      }),
    )
  })

  it('tells how long its pauses usually are only from enough of them', () => {
    expect(usualPauseOf([1_000, 1_000])).toEqual({})
    expect(usualPauseOf([1_000, 2_000, 1_000, 9_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000])).toEqual({
      usualPauseMs: 2_000,
    })
  })
})
