// given an incident, when its line is read out, then it says what was measured or seen, and of the rest that it is not known.
import { describe, expect, it } from 'vitest'
import { detectedInText } from './incident-words.ts'

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
