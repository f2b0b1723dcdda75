// Given a proposal or a reason why there is none, when it is said, then what was judged true stands in it.
import { describe, expect, it } from 'vitest'
import type { ProposalView } from '../../server/protocol/proposal-view.ts'
import type { BacktestFlag } from '../../server/protocol/rule-view.ts'
import { coverText, noProposalText, quietedText } from './proposal-words.ts'

const view: ProposalView = { rule: 'r', sinceMs: Date.UTC(2026, 7, 30), noise: 5, real: 3 }
const flag = (change: Partial<BacktestFlag> = {}): BacktestFlag => ({
  atMs: 1,
  rule: 'r',
  title: 'Opens a tunnel',
  severity: 'high',
  matched: [],
  ...change,
})

describe('a proposed exception', () => {
  it('says how much of the noise it fits, and that nothing judged true does', () => {
    const proposal = { when: [], hides: 4, isImitable: false }
    expect(coverText({ ...view, proposal })).toContain(
      'fits 4 of 5 flags that were noise. None of the 3 judged true fits.',
    )
    expect(coverText({ ...view, real: 0, proposal })).toContain('Nobody has judged one true.')
  })

  it('says why there is none', () => {
    expect(noProposalText({ ...view, none: 'would-hide-true' })).toContain('one of the 3 judged true has too')
    expect(noProposalText({ ...view, noise: 1, none: 'too-few' })).toContain(
      '1 flag was judged noise, and it takes two',
    )
  })

  it('warns when its backtest makes notes of flags that were judged true', () => {
    const disappeared = [flag({ verdict: 'true' }), flag({ atMs: 2 })]
    const appeared = [flag({ severity: 'informational' }), flag({ atMs: 2, severity: 'informational' })]
    expect(quietedText({ appeared, disappeared })).toBe('1 of those that would be notes was judged: it is so.')
    expect(quietedText({ appeared: [], disappeared })).toBeUndefined()
  })
})
