// given the newest events of a session, when its lane is drawn, then what began, went on and was said of it stands where it happened.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LaneMark } from '../protocol/live-view.ts'
import { classOfTool, type LaneFact, laneKinds, marksMax, marksOf } from './lane-marks.ts'

const t0 = Date.UTC(2026, 10, 28, 14, 0, 0)
let seq = 0
const fact = (second: number, kind: string, data: Record<string, unknown> = {}): LaneFact => {
  seq += 1
  return { seq, kind, atMs: t0 + second * 1_000, trust: 'agent', data }
}
const told = (facts: LaneFact[], sinceMs = t0) =>
  marksOf(facts, sinceMs).marks.map(({ what, atMs, endMs }) => [
    what,
    (atMs - t0) / 1_000,
    endMs === undefined ? undefined : (endMs - t0) / 1_000,
  ])

describe('the marks of a lane', () => {
  it('gives an action its length, and one without an end none', () => {
    const facts = [
      fact(0, 'action.started', { call: 'c1', tool: 'Bash', summary: 'ls' }),
      fact(4, 'action.ended', { call: 'c1', outcome: 'ok' }),
      fact(5, 'action.started', { call: 'c2', tool: 'Edit' }),
    ]
    expect(told(facts)).toEqual([
      ['action', 0, 4],
      ['action', 5, undefined],
    ])
  })

  it('keeps what began before the axis and goes on, and leaves out what was over by then', () => {
    const facts = [
      fact(0, 'action.started', { call: 'c1' }),
      fact(1, 'action.ended', { call: 'c1', outcome: 'ok' }),
      fact(2, 'session.observed', { paused: true }),
    ]
    expect(told(facts, t0 + 60_000)).toEqual([['paused', 2, undefined]])
  })

  it('lets a wait for a person end with its decision and a pause with what the host read', () => {
    const facts = [
      fact(0, 'approval.requested', { approval: 'a', tool: 'Bash' }),
      fact(3, 'session.observed', { paused: true }),
      fact(5, 'session.observed', { paused: true }),
      fact(7, 'approval.decided', { approval: 'a', decision: 'denied' }),
      fact(9, 'session.observed', { paused: false }),
    ]
    expect(told(facts)).toEqual([
      ['waiting', 0, 7],
      ['paused', 3, 9],
    ])
  })

  it('shows a gap where facts are missing, not where it was told', () => {
    const gap = { stream: 'samples', count: 40, reason: 'slow', fromMs: t0 + 1_000, toMs: t0 + 9_000 }
    expect(told([fact(20, 'gap.recorded', gap)])).toEqual([['gap', 1, 9]])
  })

  it('lets nothing go on after the end of its session', () => {
    const facts = [fact(0, 'action.started', { call: 'c1' }), fact(8, 'session.ended', { exitCode: 1 })]
    expect(told(facts)).toEqual([
      ['action', 0, 8],
      ['end', 8, undefined],
    ])
  })

  it('is bounded, keeps the newest and says how many are left out', () => {
    const flood = Array.from({ length: marksMax + 50 }, (_, n) =>
      fact(n, 'flag.raised', { severity: 'low', title: 'x' }),
    )
    const { marks, more } = marksOf(flood, t0)
    expect([marks.length, more, (marks[0]?.atMs ?? 0) - t0]).toEqual([marksMax, 50, 50_000])
  })

  it('colours an action by the name of its tool alone', () => {
    expect(['Bash', 'Edit', 'WebFetch', 'think'].map(classOfTool)).toEqual(['shell', 'files', 'network', 'other'])
  })

  it('never throws and never says more than its schema, whatever an agent wrote', () => {
    const data = fc.dictionary(
      fc.constantFrom(
        'call',
        'tool',
        'summary',
        'input',
        'outcome',
        'severity',
        'title',
        'approval',
        'paused',
        'fromMs',
        'toMs',
      ),
      fc.oneof(fc.string({ maxLength: 400 }), fc.boolean(), fc.integer({ min: 0 }), fc.constant(null)),
    )
    const facts = fc.array(
      fc.record({ kind: fc.constantFrom(...laneKinds, 'unknown.kind'), second: fc.nat(1_000), data }),
    )
    fc.assert(
      fc.property(facts, (list) => {
        const { marks } = marksOf(
          list.map(({ kind, second, data: said }) => fact(second, kind, said)),
          t0,
        )
        for (const mark of marks) {
          LaneMark.parse(mark)
          expect(mark.text.length).toBeLessThanOrEqual(160)
          if (mark.endMs !== undefined) expect(mark.endMs).toBeGreaterThanOrEqual(mark.atMs)
        }
      }),
    )
  })
})
