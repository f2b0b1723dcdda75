// given a flood of flags, when they are told, then each rule of each session is one line, bounded, and none is lost without a word.
import { describe, expect, it } from 'vitest'
import { FlagView } from '../../server/protocol/flag-view.ts'
import { flagGroups, followGroups, groupsMax } from './flag-groups.ts'

const t0 = Date.UTC(2026, 10, 28, 14, 0, 0)
const flag = (n: number, session: string, rule: string, change: Record<string, unknown> = {}) =>
  FlagView.parse({
    id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    seq: n,
    atMs: t0 + n,
    seenAtMs: t0 + n,
    session,
    rule,
    title: rule,
    severity: 'high',
    techniques: [],
    tactics: [],
    source: 'process',
    matched: [],
    fingerprint: 'f',
    context: [],
    ...change,
  })

describe('what is flagged', () => {
  it('tells the same rule of the same session once, with its newest moment and how often', () => {
    const { groups } = flagGroups([flag(3, 'a', 'tunnel'), flag(2, 'b', 'tunnel'), flag(1, 'a', 'tunnel')])
    expect(groups.map((group) => [group.flag.session, group.flag.seq, group.count, group.firstAtMs - t0])).toEqual([
      ['a', 3, 2, 1],
      ['b', 2, 1, 2],
    ])
  })

  it('leaves out what people called noise or a drill, and counts it', () => {
    const said = { verdict: { verdict: 'false', by: 'Ann', atMs: t0 } }
    expect(flagGroups([flag(1, 'a', 'tunnel', said)])).toEqual({ groups: [], more: 0, judged: 1 })
  })

  it('is bounded in a flood and says how many groups are left out', () => {
    const flood = Array.from({ length: 200 }, (_, n) => flag(200 - n, `s${n}`, 'scan'))
    const { groups, more } = flagGroups(flood)
    expect([groups.length, more]).toEqual([groupsMax, 200 - groupsMax])
  })

  it('moves nothing while a hand is on it: counts go on, new ones wait', () => {
    const before = flagGroups([flag(1, 'a', 'tunnel')]).groups
    const after = flagGroups([flag(3, 'b', 'scan'), flag(2, 'a', 'tunnel'), flag(1, 'a', 'tunnel')]).groups
    const { groups, waiting } = followGroups(before, after)
    expect([groups.map((group) => [group.flag.session, group.count]), waiting]).toEqual([[['a', 2]], 1])
  })
})
