// given what Vigil's own test found, then it is said as it is: off is not well, and a missed one is not hidden by good ones.
import { describe, expect, it } from 'vitest'
import { CanaryView } from '../../server/protocol/canary-view.ts'
import { latencyText, serverCanaryText } from './link-words.ts'

const pipeline = { lastMs: 12, p50Ms: 14, maxMs: 90, count: 9 }

describe('the words of the canary', () => {
  it('say last, median and longest, or that none came', () => {
    expect(latencyText(pipeline)).toBe('last 12 ms, median 14 ms, longest 90 ms')
    expect(latencyText(undefined)).toBe('none came yet')
  })

  it('say that it is turned off, instead of that all is well', () => {
    expect(serverCanaryText(CanaryView.parse({ sent: 0, missed: 0 }))).toBe('turned off (VIGIL_CANARY=off)')
  })

  it('keep the missed ones in sight beside good figures, and name what is wrong now', () => {
    const said = serverCanaryText(
      CanaryView.parse({ everyMs: 10_000, sent: 12, missed: 2, problem: 'not back within 10 s', pipeline }),
    )
    expect(said).toContain('; 2 of 12 missed; now: not back within 10 s')
  })
})
