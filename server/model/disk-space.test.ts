// given how much is free, one look after the other, when is it low, very low and enough again?
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DiskLevel } from '../protocol/retention.ts'
import { clearOf, type DiskLimits, diskLevelOf, shedBeforeMs } from './disk-space.ts'

const limits: DiskLimits = { warnBytes: 500, shedBytes: 200 }
/** The levels that follow each other, from the beginning. */
function course(free: readonly number[], of = limits): DiskLevel[] {
  let level: DiskLevel = 'ok'
  return free.map((freeBytes) => {
    level = diskLevelOf(level, freeBytes, of)
    return level
  })
}

describe('the room on a disk', () => {
  it('is low below the one limit and very low below the other', () => {
    expect(course([501, 500, 499, 201, 199, 0])).toEqual(['ok', 'ok', 'low', 'low', 'very-low', 'very-low'])
  })

  it('is enough again only with a fifth more than the limit, so that what hovers about it is told once', () => {
    expect(course([499, 501, 499, 599, 600])).toEqual(['low', 'low', 'low', 'low', 'ok'])
    expect(course([199, 201, 239, 240, 199])).toEqual(['very-low', 'very-low', 'very-low', 'low', 'very-low'])
    expect(course([199, 10_000])).toEqual(['very-low', 'ok'])
  })

  it('is never told low where nobody asked for it', () => {
    expect(course([0, 0], { warnBytes: 0, shedBytes: 0 })).toEqual(['ok', 'ok'])
    expect(course([0], { warnBytes: 500, shedBytes: 0 })).toEqual(['low'])
  })

  it('is never very low with more than the limit and a fifth of it free, whatever was before', () => {
    const anyLevel = fc.constantFrom<DiskLevel>('ok', 'low', 'very-low')
    fc.assert(
      fc.property(anyLevel, fc.nat(2_000), fc.nat(1_000), fc.nat(1_000), (before, free, a, b) => {
        const of = { warnBytes: Math.max(a, b), shedBytes: Math.min(a, b) }
        const level = diskLevelOf(before, free, of)
        if (level === 'very-low') expect(free).toBeLessThan(clearOf(of.shedBytes))
        if (free < of.shedBytes) expect(level).toBe('very-low')
        if (free < of.warnBytes) expect(level).not.toBe('ok')
      }),
    )
  })

  it('never takes the readings of the last hour, and goes on by whole hours', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }), (nowMs) => {
        const before = shedBeforeMs(nowMs)
        expect(nowMs - before).toBeGreaterThanOrEqual(3_600_000)
        expect(nowMs - before).toBeLessThan(2 * 3_600_000)
        expect(before % 3_600_000).toBe(0)
      }),
    )
  })
})
