// What a card tells of before: how others of its shape were decided, how long people let them wait, how its session's risk went.
import { describe, expect, it } from 'vitest'
import { ApprovalView } from '../../server/protocol/approval.ts'
import { ann, t0 } from '../live/given.ts'
import { decidedInShort } from './decided-in-short.ts'
import { historyWords } from './history-words.ts'
import { riskCourse } from './risk-course.ts'

const approvalDecided = (decision: string, atMs: number): ApprovalView =>
  ApprovalView.parse({
    approval: 'apr-1',
    session: 'ep-1',
    call: 'c-1',
    tool: 'Bash',
    input: '{}',
    digest: 'a'.repeat(64),
    severity: 'high',
    people: 1,
    policy: 'Commands wait',
    heldFor: [],
    askedAtMs: t0,
    expiresAtMs: t0 + 120_000,
    askedBy: { type: 'key', id: 'k-1', name: 'harness' },
    endorsedBy: [],
    decided: { decision, by: ann, atMs },
    used: 0,
  })

describe('what was decided before', () => {
  const history = { asked: 12, allowed: 9, denied: 3, lapsed: 0, isMore: false }

  it('is told in one line, with who decided last', () => {
    const last = { decision: 'denied' as const, by: 'Ana', atMs: t0 - 7_200_000 }
    expect(historyWords({ ...history, last }, t0)).toEqual({
      text: 'Same shape in 30 days: allowed 9 of 12, denied 3 of 12; last denied',
      by: 'Ana',
      ago: ', 2 h 00 min ago',
    })
  })

  it('says where there is nothing to go by, and does not call what still waits decided', () => {
    const none = { asked: 0, allowed: 0, denied: 0, lapsed: 0, isMore: false }
    expect(historyWords(none, t0).text).toBe('Nothing of the same shape was asked before in 30 days.')
    expect(historyWords({ ...none, asked: 2 }, t0).text).toBe('Same shape: 2 more wait')
  })

  it('names nobody for what nobody decided', () => {
    const last = { decision: 'lapsed' as const, by: 'Vigil', atMs: t0 }
    expect(historyWords({ ...history, denied: 0, lapsed: 3, last }, t0)).toEqual({
      text: 'Same shape in 30 days: allowed 9 of 12, undecided and denied 3 of 12',
      by: undefined,
      ago: '',
    })
  })

  it('is summed up by the median wait of those that a person decided, and by how many nobody did', () => {
    const waited = (ms: number, decision = 'denied') => approvalDecided(decision, t0 + ms)
    expect(decidedInShort([waited(10_000), waited(40_000), waited(20_000)])).toBe('median 20 s')
    expect(decidedInShort([waited(10_000), waited(20_000), waited(120_000, 'expired'), waited(1, 'withdrawn')])).toBe(
      'median 15 s · 1 expired, denied',
    )
    expect(decidedInShort([])).toBe('')
  })
})

describe('the risk of its session', () => {
  const flag = (minutesAgo: number, score: number) => ({
    seenAtMs: t0 - minutesAgo * 60_000,
    risk: { score, isIncident: false, because: [] },
  })

  it('rises with a flag and falls to half in half an hour, whatever order the flags come in', () => {
    const course = riskCourse([flag(0, 80), flag(30, 40)], t0)
    expect(course).toHaveLength(61)
    expect([course[0], course[30], course[59], course[60]].map((each) => Math.round(each ?? -1))).toEqual([
      0, 40, 20, 80,
    ])
    expect(riskCourse([flag(30, 40), flag(0, 80)], t0)).toEqual(course)
  })

  it('begins with what older flags left', () => {
    expect(Math.round(riskCourse([flag(90, 80)], t0)[0] ?? 0)).toBe(40)
  })

  it('is flat at nothing where nothing was flagged', () => {
    expect(Math.max(...riskCourse([], t0))).toBe(0)
  })
})
