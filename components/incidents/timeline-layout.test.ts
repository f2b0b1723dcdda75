// given facts on an axis of time, when they are laid out, then each is found on the screen, and a flood costs a bounded number of shapes.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TimelineItem } from '../../server/protocol/incident-timeline.ts'
import {
  courseHeight,
  inLanes,
  laidFor,
  lanes,
  layoutOf,
  movedBy,
  shapesMax,
  ticksOf,
  wholeRange,
  xOf,
  zoomed,
} from './timeline-layout.ts'

const range = { fromMs: 0, toMs: 60_000 }
const item = (id: string, atMs: number, change: Partial<TimelineItem> = {}): TimelineItem => ({
  id,
  lane: 'agent',
  form: 'span',
  atMs,
  endAtMs: atMs + 1_000,
  seenAtMs: atMs + 3_000,
  endSeenAtMs: atMs + 4_000,
  label: id,
  detail: '',
  tone: 'plain',
  trust: 'agent',
  kind: 'action.started',
  ...change,
})

describe('the layout of a timeline', () => {
  it('puts what happens at once in rows of its own, and what has room in the first one', () => {
    const { shapes } = layoutOf(inLanes([item('a', 0), item('b', 500), item('c', 5_000)], 'at'), range, 600)
    expect(shapes.map(({ x, y, width }) => [Math.round(x), y, Math.round(width)])).toEqual([
      [0, 0, 10],
      [5, 20, 10],
      [50, 0, 10],
    ])
  })

  it('lays things out as we came to know them, when that is wanted', () => {
    const [shape] = layoutOf(inLanes([item('a', 0)], 'seenAt'), range, 600).shapes
    expect(shape?.x).toBe(xOf(3_000, range, 600))
  })

  it('draws what has not ended to the edge, and not what lies beyond it', () => {
    const { shapes } = layoutOf(
      inLanes([item('open', 1_000, { endAtMs: undefined }), item('late', 90_000)], 'at'),
      range,
      600,
    )
    expect(shapes.map(({ x, width }) => Math.round(x + width))).toEqual([600])
  })

  it('makes one shape of what cannot be told apart, and that shape is the worst of them', () => {
    const at = [0, 1, 2, 3, 4].map((ms) => item(`i${ms}`, ms, ms === 4 ? { tone: 'critical' } : {}))
    const { shapes, shapeOf } = layoutOf(inLanes(at, 'at'), range, 600)
    expect(shapes.map(({ count }) => count)).toEqual([1, 1, 3])
    expect(shapeOf.get('i4')?.item.tone).toBe('critical')
  })

  it('keeps what lasts long from swallowing what comes after it: that is told by its number where it began', () => {
    const long = [0, 1].map((ms) => item(`long${ms}`, ms, { endAtMs: undefined }))
    const late = [30_000, 30_100, 50_000].map((ms) => item(`late${ms}`, ms))
    const { shapes } = layoutOf(inLanes([...long, ...late], 'at'), range, 600)
    expect(shapes.map(({ x, count, isCrowd }) => [Math.round(x), count, isCrowd])).toEqual([
      [0, 1, false],
      [0, 1, false],
      [300, 2, true],
      [500, 1, true],
    ])
  })

  it('never draws more than is smooth, loses nothing, and counts what it puts together', () => {
    const any = fc.record({
      atMs: fc.integer({ min: 0, max: 60_000 }),
      lastsMs: fc.integer({ min: 0, max: 30_000 }),
      lane: fc.constantFrom(...lanes.map(({ lane }) => lane)),
      form: fc.constantFrom('span' as const, 'moment' as const),
    })
    fc.assert(
      fc.property(fc.array(any, { maxLength: 300 }), fc.integer({ min: 200, max: 3_000 }), (drawn, width) => {
        const items = drawn.map(({ atMs, lastsMs, ...rest }, index) =>
          item(`i${index}`, atMs, { ...rest, endAtMs: atMs + lastsMs }),
        )
        const { shapes, shapeOf } = layoutOf(inLanes(items, 'at'), range, width)
        expect(shapes.reduce((sum, { count }) => sum + count, 0)).toBe(items.length)
        expect(items.every(({ id }) => shapeOf.has(id))).toBe(true)
        expect(shapes.length).toBeLessThanOrEqual(shapesMax)
      }),
      { numRuns: 50 },
    )
  })

  it('lays out ten thousand facts as at most 1,500 shapes', () => {
    const items = Array.from({ length: 10_000 }, (_, index) =>
      item(`i${index}`, (index * 60_000) / 10_000, {
        lane: lanes[index % lanes.length]?.lane ?? 'agent',
        endAtMs: (index * 60_000) / 10_000 + 1,
      }),
    )
    const { shapes } = layoutOf(inLanes(items, 'at'), range, 3_000)
    expect(shapes.length).toBeGreaterThan(200)
    expect(shapes.length).toBeLessThanOrEqual(shapesMax)
  })

  it('lays out what lies beside too, where it is wanted: in its place, outside of the width', () => {
    const items = inLanes([item('before', -20_000), item('far', -50_000), item('after', 80_000)], 'at')
    expect(layoutOf(items, range, 600).shapes).toEqual([])
    expect(layoutOf(items, range, 600, 0, 0.5).shapes.map(({ item: { id }, x }) => [id, Math.round(x)])).toEqual([
      ['before', -200],
      ['after', 800],
    ])
  })

  it('is shown moved and stretched where it then belongs, until it would run out or be told badly', () => {
    // Somebody moves and zooms a little: what is laid out stays, and each fact stands where a new layout would put it.
    const little = fc.record({
      byMs: fc.integer({ min: -15_000, max: 15_000 }),
      factor: fc.double({ min: 0.7, max: 1.3 }),
    })
    fc.assert(
      fc.property(little, fc.integer({ min: 0, max: 60_000 }), (move, atMs) => {
        const factor = Number.isNaN(move.factor) ? 1 : move.factor
        const now = zoomed({ fromMs: move.byMs, toMs: move.byMs + 60_000 }, move.byMs + 30_000, factor)
        expect(laidFor(range, now)).toBe(range)
        const { shift, scale } = movedBy(range, now, 600)
        expect(shift + scale * xOf(atMs, range, 600)).toBeCloseTo(xOf(atMs, now, 600), 6)
      }),
    )
    for (const now of [
      { fromMs: 31_000, toMs: 91_000 },
      { fromMs: -31_000, toMs: 29_000 },
      { fromMs: 0, toMs: 30_000 },
    ])
      expect(laidFor(range, now)).toBe(now)
  })

  it('zooms around a moment that stays where it is', () => {
    const closer = zoomed(range, 15_000, 0.5)
    expect(closer).toEqual({ fromMs: 7_500, toMs: 37_500 })
    expect(xOf(15_000, closer, 600)).toBe(xOf(15_000, range, 600))
  })

  it('names whole times, no more than there is room for', () => {
    expect(ticksOf(range, 700)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000])
    expect(ticksOf({ fromMs: 0, toMs: 400 * 86_400_000 }, 300).length).toBeLessThanOrEqual(14)
  })

  it('begins with all that is known, also where nothing is', () => {
    const timeline = {
      incident: 'INC-1' as never,
      fromMs: 0,
      toMs: 0,
      items: [],
      gpus: [],
      gpusLeftOut: 0,
      leftOut: [],
      sessionsLeftOut: 0,
    }
    expect(wholeRange(timeline, 'at', [])).toEqual({ fromMs: 0, toMs: 1_000 })
    expect(wholeRange({ ...timeline, items: [item('a', 10_000)] }, 'at', [])).toEqual({ fromMs: 9_000, toMs: 12_000 })
  })

  it('does not open on the week in which a host was silent before, nor on a GPU that was measured all along', () => {
    const items = [
      item('silent', -600_000, { lane: 'gaps', endAtMs: undefined }),
      item('idle', -600_000, { lane: 'gpu' }),
      item('a', 10_000),
    ]
    const timeline = { fromMs: 0, toMs: 0, gpus: [], gpusLeftOut: 0, leftOut: [], sessionsLeftOut: 0 }
    expect(wholeRange({ ...timeline, incident: 'INC-1' as never, items }, 'at', [])).toEqual({
      fromMs: 9_000,
      toMs: 12_000,
    })
  })

  it('makes room below what lasted on the GPUs for a curve of each, and moves what comes after', () => {
    const heights = [0, 2].map((courses) => layoutOf(inLanes([], 'at'), range, 600, courses))
    const of = (at: number, lane: string) => heights[at]?.bands.find((band) => band.lane === lane)
    expect((of(1, 'gpu')?.height ?? 0) - (of(0, 'gpu')?.height ?? 0)).toBe(2 * courseHeight)
    expect((of(1, 'gaps')?.y ?? 0) - (of(0, 'gaps')?.y ?? 0)).toBe(2 * courseHeight)
  })
})
