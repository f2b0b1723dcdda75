// given marks on a lane, when a pointer or a reader comes to them, then the right one is told.
import { describe, expect, it } from 'vitest'
import type { LaneMark } from '../../server/protocol/live-view.ts'
import { axisOf, placeOf, ticksOf } from './lane-axis.ts'
import { lanePaths, laneSummary, markAt, placed } from './lane-paths.ts'

const t0 = Date.UTC(2026, 10, 28, 14, 0, 0)
const axis = { fromMs: t0, toMs: t0 + 100_000 }
const mark = (second: number, change: Partial<LaneMark> = {}): LaneMark => ({
  seq: second,
  what: 'action',
  atMs: t0 + second * 1_000,
  endMs: t0 + second * 1_000,
  tool: 'shell',
  text: '',
  isBad: false,
  trust: 'agent',
  ...change,
})
const flag = (second: number, isBad = true) => {
  const { endMs: _end, tool: _tool, ...rest } = mark(second, { what: 'flag', isBad })
  return rest
}

describe('a lane', () => {
  it('reaches to now with what goes on, and leaves out what is not on the axis', () => {
    const { endMs: _end, ...open } = mark(20)
    const list = placed([mark(-50), open, mark(200)], axis, 1_000, t0 + 60_000)
    expect(list.map(({ x, endX }) => [x, endX])).toEqual([[200, 600]])
  })

  it('tells the flag under the pointer rather than the action that it lies on', () => {
    const list = placed([mark(10, { endMs: t0 + 50_000 }), flag(30)], axis, 1_000, t0 + 60_000)
    expect([markAt(list, 302), markAt(list, 400), markAt(list, 700)]).toEqual([1, 0, undefined])
  })

  it('is a handful of paths however many marks it has', () => {
    const list = placed(
      Array.from({ length: 200 }, (_, n) => (n % 9 === 0 ? flag(n / 2, n % 2 === 0) : mark(n / 2))),
      axis,
      1_000,
      t0 + 100_000,
    )
    expect(lanePaths(list, { width: 1_000, height: 30 }).map(({ look }) => look)).toEqual(['shell', 'warning', 'page'])
  })

  it('says in words what it shows, and that older marks are left out', () => {
    const list = placed([mark(1), mark(2, { isBad: true }), flag(3)], axis, 1_000, t0 + 100_000)
    expect(laneSummary(list, 7)).toBe(
      '2 actions, 1 of them failed or denied, 1 page-level flags, 7 older marks are left out',
    )
    expect(laneSummary([], 0)).toBe('nothing in this stretch of time')
  })

  it('has its marks of time at whole steps, a few of them', () => {
    const fifteen = axisOf('15', t0 + 12_345)
    const ticks = ticksOf(fifteen)
    expect(
      ticks.every((atMs) => atMs % 60_000 === 0 && placeOf(fifteen, atMs) >= 0 && placeOf(fifteen, atMs) <= 1),
    ).toBe(true)
    expect(ticks.length).toBeLessThanOrEqual(10)
  })
})
