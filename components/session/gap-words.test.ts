// given what was not seen, when it is drawn and told, then an end that nobody knows stays open, and an empty lane proves nothing.
import { describe, expect, it } from 'vitest'
import type { SamplePoint } from '../../server/protocol/browser-messages.ts'
import type { GapSpan } from '../../server/protocol/gap-view.ts'
import { axisOf, brokenAt, gapAt, gapsSummary, gapWords, limitText, placedGaps, sampleGaps } from './gap-words.ts'

const startMs = Date.UTC(2026, 10, 21, 14, 30)
const at = (seconds: number) => startMs + seconds * 1_000
const points = (...seconds: number[]) =>
  seconds.map((each) => ({ atMs: at(each), cpuPercent: 1, bytesOutPerSecond: 0, bytesInPerSecond: 0 }) as SamplePoint)
const span = (change: Partial<GapSpan> = {}): GapSpan => ({
  id: 'a',
  stream: 'events',
  scope: 'session',
  fromMs: at(100),
  toMs: at(200),
  opensBefore: false,
  end: 'seen',
  toldAtMs: at(200),
  count: 12,
  why: 'the spool was full',
  trust: 'host',
  ...change,
})
const axis = { fromMs: at(0), toMs: at(600) }
const view = { session: 's' as never, host: 'h' as never, fromMs: at(0), toMs: at(600), spans: [], leftOut: 0 }

describe('the lane of what was not seen', () => {
  it('has the axis of the charts: from the first point to now, or to the end of the session', () => {
    expect(axisOf(points(0, 1, 2), undefined, at(300))).toEqual({ fromMs: at(0), toMs: at(300) })
    expect(axisOf(points(0, 100), at(120), at(900))).toEqual({ fromMs: at(0), toMs: at(120) })
    expect(axisOf([], undefined, at(600))).toEqual({ fromMs: at(0), toMs: at(600) })
  })

  it('finds where samples stopped coming, and breaks the lines of the charts there', () => {
    const come = points(0, 1, 2, 3, 33, 34)
    const gaps = sampleGaps(come, at(35))
    expect(gaps.map(({ fromMs, toMs, end }) => [fromMs, toMs, end])).toEqual([[at(3), at(33), 'seen']])
    expect(brokenAt(come, gaps).filter(({ cpuPercent }) => cpuPercent === undefined)).toEqual([{ atMs: at(3) + 1 }])
  })

  it('says that samples do not come now, but not of a session that has ended', () => {
    expect(sampleGaps(points(0, 1, 2), at(60)).map(({ end }) => end)).toEqual(['goes-on'])
    expect(sampleGaps(points(0, 1, 2), undefined)).toEqual([])
  })

  it('draws what is certain from its beginning to its end, and leaves open what nobody knows', () => {
    const open = span({ id: 'b', fromMs: at(300), toMs: at(300), opensBefore: true, end: 'unknown' })
    expect(
      placedGaps([span(), open], axis, 600).map(({ x, endX, opensLeft, opensRight }) => [
        x,
        endX,
        opensLeft,
        opensRight,
      ]),
    ).toEqual([
      [100, 200, false, false],
      [300, 303, true, true],
    ])
  })

  it('draws what goes on up to now, and what began before the axis as open', () => {
    const [placed] = placedGaps([span({ fromMs: at(-50), end: 'goes-on' })], axis, 600)
    expect([placed?.x, placed?.endX, placed?.opensLeft, placed?.opensRight]).toEqual([0, 600, true, true])
  })

  it('finds under the pointer the narrowest, so that a long one covers none', () => {
    const placed = placedGaps([span({ fromMs: at(0), toMs: at(600) }), span({ id: 'b' })], axis, 600)
    expect(gapAt(placed, 150)).toBe(1)
    expect(gapAt(placed, 400)).toBe(0)
  })

  it('tells what, when, how many and why', () => {
    expect(gapWords(span())).toEqual({
      what: '12 events missing',
      when: '14:31:40Z to 14:33:20Z, 1 min 40 s',
      why: 'the spool was full',
    })
  })

  it('makes up no number and no time', () => {
    const { what, when } = gapWords(
      span({ count: undefined, scope: 'host', fromMs: at(100), toMs: at(100), opensBefore: true, end: 'unknown' }),
    )
    expect(what).toBe('events missing, of its host: whether of this session is not known')
    expect(when).toBe('told at 14:31:40Z; since when and until when is not known')
    expect(gapWords(span({ stream: 'probe', host: 'n-1' as never, opensBefore: true, end: 'goes-on' }))).toMatchObject({
      what: 'host n-1 is not heard',
      when: 'since 14:31:40Z or earlier, goes on',
    })
  })

  it('says of an empty lane since when nothing is known to be missing, and that this is no proof', () => {
    expect(gapsSummary(view, [])).toBe('nothing is known to be missing since 14:30:00Z')
    expect(limitText(view)).toBe('What sensors did not see at all cannot be told.')
    expect(limitText({ ...view, host: undefined })).toMatch(/^No host vouches for this session/)
    const going = [span({ end: 'goes-on' }), span({ end: 'goes-on' })]
    expect(gapsSummary({ ...view, spans: going }, [span()])).toBe('3 known since 14:30:00Z, 2 go on')
    expect(gapsSummary(undefined, [])).toBe('asking what is known to be missing')
  })
})
