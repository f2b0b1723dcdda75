// given an incident, when its line is read out, then it says what was measured or seen, and of the rest that it is not known.
import { describe, expect, it } from 'vitest'
import { SessionId } from '../../server/protocol/ids.ts'
import { containedInText, detectedInText, seenHeldText } from './incident-words.ts'

const dayMs = 24 * 3_600_000
const detectedAtMs = 1_790_000_000_000

describe('how fast an incident was detected', () => {
  it('is told from the first evidence to the first flag', () => {
    expect(detectedInText({ firstAtMs: detectedAtMs - 4_000, detectedAtMs })).toBe('4.0 s')
  })

  it('is not known where a clock ran ahead of ours, or tells of a time that nobody believes', () => {
    for (const firstAtMs of [detectedAtMs + 1, detectedAtMs - 8 * dayMs, 0])
      expect(detectedInText({ firstAtMs, detectedAtMs })).toBe('not known')
  })
})

const incident = (change: Partial<Parameters<typeof containedInText>[0]> = {}) => ({
  detectedAtMs,
  containedAtMs: undefined,
  sessions: [SessionId.parse('ep-1'), SessionId.parse('ep-2')],
  containedSessions: 0,
  forgottenSessions: 0,
  moreSessions: false,
  mergedInto: undefined,
  status: 'open' as const,
  ...change,
})

describe('how fast an incident was contained', () => {
  it('is a span where it was seen, not yet while it goes on, and never once it is over without it', () => {
    expect(containedInText(incident({ containedAtMs: detectedAtMs + 4_000 }))).toBe('4.0 s')
    expect(containedInText(incident())).toBe('not yet')
    expect(containedInText(incident({ status: 'resolved' }))).toBe('never')
  })

  it('is not known where all are held and nobody saw since when, or where a session has left memory', () => {
    expect(containedInText(incident({ status: 'contained', containedSessions: 2 }))).toBe('not known')
    expect(containedInText(incident({ status: 'resolved', forgottenSessions: 1 }))).toBe('not known')
    // and never so of one that has more sessions than are known
    expect(containedInText(incident({ containedSessions: 2, moreSessions: true }))).toBe('not yet')
  })
})

describe('how many are held', () => {
  it('counts those that are seen, and calls none of those that left memory not held', () => {
    expect(seenHeldText(incident())).toBe('0 of 2 seen held or ended')
    expect(seenHeldText(incident({ containedSessions: 2 }))).toBe('all 2 seen held or ended')
    expect(seenHeldText(incident({ forgottenSessions: 2 }))).toBe('whether held or ended is not known any more')
    expect(seenHeldText(incident({ containedSessions: 1, forgottenSessions: 1 }))).toBe(
      '1 of 2 seen held or ended, of 1 nothing is known any more',
    )
  })
})
