// One clock against another, from pairs of facts: what agrees wins, chance pairs do not, and where nothing agrees nothing is said.
import { describe, expect, it } from 'vitest'
import { createClockOffsets } from './clock-offsets.ts'
import { chanceOf } from './fleet-for-test.ts'

describe('clocks compared', () => {
  it('finds the offset that exact pairs agree on, whatever chance pairs say beside them', () => {
    const offsets = createClockOffsets()
    const chance = chanceOf(1)
    for (let n = 0; n < 40; n += 1) {
      const jitter = chance() * 40 - 20
      offsets.vote('firewall|', 'host|a', -90_000 + jitter, -90_000 + jitter, true)
      const scatter = (chance() * 2 - 1) * 300_000
      offsets.vote('firewall|', 'host|a', scatter, scatter, false)
    }
    const found = offsets.between('firewall|', 'host|a')
    expect(found?.offsetMs).toBeCloseTo(-90_000, -1.5)
    expect(found?.spreadMs).toBeLessThan(60)
    expect(offsets.between('host|a', 'firewall|')?.offsetMs).toBeCloseTo(90_000, -1.5)
  })

  it('narrows an offset by intervals: the connection lies somewhere in the call', () => {
    const offsets = createClockOffsets()
    // Real offset 3,000: calls of 200 ms to 2 s in each of which a connection was opened.
    for (const [intoCallMs, durationMs] of [
      [20, 200],
      [150, 900],
      [30, 400],
      [60, 2_000],
      [90, 300],
    ] as const)
      offsets.vote('firewall|', 'traces|', 3_000 - intoCallMs, 3_000 - intoCallMs + durationMs, false)
    const found = offsets.between('firewall|', 'traces|')
    expect(Math.abs((found?.offsetMs ?? 0) - 3_000)).toBeLessThan(150)
  })

  it('goes over a third clock where two were never compared', () => {
    const offsets = createClockOffsets()
    for (const jitter of [-5, 0, 4, 8]) {
      offsets.vote('firewall|', 'audit|a', 500 + jitter, 500 + jitter, true)
      offsets.vote('audit|a', 'traces|a', -2_000 + jitter, -2_000 + jitter, true)
    }
    expect(offsets.between('firewall|', 'traces|a')?.offsetMs).toBeCloseTo(-1_500, -1.5)
  })

  it('says nothing while a single pair, or pairs that disagree, are all there is', () => {
    const offsets = createClockOffsets()
    offsets.vote('a|', 'b|', 10, 10, true)
    expect(offsets.between('a|', 'b|')).toBeUndefined()
    for (const ms of [0, 60_000, 120_000, 180_000]) offsets.vote('c|', 'd|', ms, ms, true)
    expect(offsets.between('c|', 'd|')).toBeUndefined()
    const chance = chanceOf(2)
    for (let n = 0; n < 300; n += 1) {
      const ms = (chance() * 2 - 1) * 120_000
      offsets.vote('e|', 'f|', ms, ms, false)
    }
    expect(offsets.between('e|', 'f|')).toBeUndefined()
  })

  it('tells which clocks moved, once', () => {
    const offsets = createClockOffsets()
    for (const jitter of [0, 3, 6]) offsets.vote('a|', 'b|', 100 + jitter, 100 + jitter, true)
    expect([...offsets.takeChanged()].sort()).toEqual(['a|', 'b|'])
    expect(offsets.takeChanged().size).toBe(0)
    offsets.vote('a|', 'b|', 101, 101, true)
    expect(offsets.takeChanged().size).toBe(0)
  })
})
