// The screen says how old it is.
import { describe, expect, it } from 'vitest'
import { clockAfterMessage, clockAfterRoundTrip, unknownClock } from './clock.ts'
import { type Link, newestFactText, noLink, stalenessOf } from './staleness.ts'

const server = Date.UTC(2026, 10, 21, 14, 32, 7)
const up: Link = {
  ...noLink,
  status: 'up',
  heardMs: 10_000,
  heardServerMs: server,
  behindMs: 84,
  newestFactAtMs: undefined,
}
const said = (link: Link, nowMs: number) => {
  const { tone, word, rest } = stalenessOf(link, nowMs)
  return `${tone}: ${word} ${rest}`.trim()
}

describe('staleness', () => {
  it('is live and says how far behind', () => {
    expect(said(up, 10_900)).toBe('ok: Live 84 ms behind')
  })

  it('turns amber when no beat came for three seconds', () => {
    expect([said(up, 12_999), said(up, 15_000)]).toEqual(['ok: Live 84 ms behind', 'warn: Last heard 5 s ago'])
  })

  it('turns red when not connected and says of when the screen is', () => {
    expect(said({ ...up, status: 'down' }, 10_100)).toBe('critical: Not connected showing 14:32:07Z')
  })

  it('claims nothing before the first word', () => {
    expect([said(noLink, 0), said({ ...noLink, status: 'down' }, 0)]).toEqual([
      'quiet: Connecting',
      'critical: Not connected nothing heard yet',
    ])
  })

  it('counts facts as stale in every state but live', () => {
    const links: Link[] = [
      up,
      { ...up, status: 'down' },
      { ...up, status: 'misunderstood' },
      { ...up, status: 'connecting' },
    ]
    expect(links.map((link) => stalenessOf(link, 10_500).stale)).toEqual([false, true, true, true])
  })
})

describe('the newest fact', () => {
  it('is told by its age, with what was left out of the stream on this screen', () => {
    const link = { ...up, newestFactAtMs: server }
    expect(newestFactText(link, server + 3_000, 0)).toBe('newest fact 3 s ago')
    expect(newestFactText(link, server + 3_000, 1_204)).toBe('newest fact 3 s ago · 1,204 skipped')
  })

  it('is not made up before there was one, and never lies in the future', () => {
    expect(newestFactText(up, server, 0)).toBe('')
    expect(newestFactText({ ...up, newestFactAtMs: server + 5_000 }, server, 0)).toBe(
      newestFactText({ ...up, newestFactAtMs: server }, server, 0),
    )
  })
})

describe('the clock', () => {
  it('takes the middle of the round trip', () => {
    expect(clockAfterRoundTrip(unknownClock, 1_000, 1_040, 501_020)).toEqual({ offsetMs: 500_000, errorMs: 20 })
  })

  it('believes the quickest round trip, not the newest', () => {
    const quick = clockAfterRoundTrip(unknownClock, 0, 10, 105)
    expect(clockAfterRoundTrip(quick, 1_000, 1_400, 9_999)).toBe(quick)
  })

  it('corrects itself when a message seems to arrive before it was sent', () => {
    const clock = { offsetMs: 0, errorMs: 20 }
    expect(clockAfterMessage(clock, 1_000, 1_015).offsetMs).toBe(15)
    expect(clockAfterMessage(clock, 1_000, 990)).toBe(clock)
  })
})
