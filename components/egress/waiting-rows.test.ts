// given rows on screen, when facts come and go, then nothing moves under the operator's hand and nothing is left out unsaid.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SignalView, TieView } from '../../server/protocol/signal-view.ts'
import {
  addOlder,
  followedMax,
  followPage,
  insertWaiting,
  rowsAnew,
  type SignalPage,
  type SignalRows,
  withTie,
} from './waiting-rows.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 0, 0)
const idOf = (seq: number) => `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`
const tie = (session: string) =>
  TieView.parse({ session, call: 'c2', level: 'likely', score: 0.93, event: idOf(900_000 + session.length) })

function signal(seq: number, change: Record<string, unknown> = {}): SignalView {
  return SignalView.parse({
    id: idOf(seq),
    seq,
    kind: 'alert.raised',
    atMs: t0,
    seenAtMs: t0,
    trust: 'firewall',
    title: `fact ${seq}`,
    names: [],
    ...change,
  })
}
/** A whole list, or with `more` a page of a longer one. */
const page = (seqs: readonly number[], more = false): SignalPage => ({
  signals: seqs.map((seq) => signal(seq)),
  nextBefore: more ? (seqs.at(-1) ?? null) : null,
})
const seqs = (rows: SignalRows) => rows.signals.map((each) => each.seq)

describe('the rows of facts', () => {
  it('put a new fact on top when nobody uses the list', () => {
    expect(seqs(followPage(rowsAnew(page([2, 1])), page([3, 2, 1]), 'away'))).toEqual([3, 2, 1])
  })

  it('let new facts wait while the list is in use, and show them when asked', () => {
    const rows = followPage(rowsAnew(page([2, 1])), page([4, 3, 2, 1]), 'on')
    expect([seqs(rows), rows.waiting]).toEqual([[2, 1], 2])
    const shown = insertWaiting(rows, page([4, 3, 2, 1]))
    expect([seqs(shown), shown.waiting]).toEqual([[4, 3, 2, 1], 0])
  })

  it('show what waited as soon as the hand is away', () => {
    const rows = followPage(rowsAnew(page([1])), page([2, 1]), 'on')
    expect(seqs(followPage(rows, page([2, 1]), 'away'))).toEqual([2, 1])
  })

  it('fill an empty list at once, whose hand ever is on it', () => {
    expect(seqs(followPage(rowsAnew(page([])), page([1]), 'on'))).toEqual([1])
  })

  it('say a tie in its row as soon as it is known, without moving the row', () => {
    const rows = rowsAnew(page([2, 1]))
    const told = { signals: [signal(2), signal(1, { tie: tie('ep-a1') })], nextBefore: null }
    expect(followPage(rows, told, 'on').signals.map((each) => each.tie?.session)).toEqual([undefined, 'ep-a1'])
  })

  it('change nothing at all in a held view, and count what waits', () => {
    const rows = rowsAnew(page([2, 1]))
    const told = { signals: [signal(3), signal(2, { tie: tie('ep-a1') })], nextBefore: null }
    const held = followPage(rows, told, 'held')
    expect([held.signals, held.waiting]).toEqual([rows.signals, 1])
  })

  it('keep a fact that left the list in its place while in use, marked, and let it go afterwards', () => {
    const rows = followPage(rowsAnew(page([3, 2, 1])), page([3, 1]), 'on')
    expect([seqs(rows), [...rows.leaving]]).toEqual([[3, 2, 1], [idOf(2)]])
    expect(seqs(followPage(rows, page([3, 1]), 'away'))).toEqual([3, 1])
  })

  it('do not take older rows for gone because the newest page does not reach them', () => {
    const rows = addOlder(rowsAnew(page([5, 4], true)), page([3, 2, 1]))
    const next = followPage(rows, page([6, 5], true), 'away')
    expect([seqs(next), next.nextBefore]).toEqual([[6, 5, 4, 3, 2, 1], null])
  })

  it('begin anew after a flood that a page cannot hold, rather than hide a hole between two rows', () => {
    const rows = rowsAnew(page([3, 2, 1]))
    const flood = page([90, 89, 88], true)
    const inUse = followPage(rows, flood, 'on')
    expect([seqs(inUse), inUse.waiting, inUse.gap]).toEqual([[3, 2, 1], 3, true])
    const away = followPage(rows, flood, 'away')
    expect([seqs(away), away.nextBefore, away.gap]).toEqual([[90, 89, 88], 88, false])
  })

  it('let older rows go again while they are only followed, and know where to go on from', () => {
    const long = Array.from({ length: followedMax + 50 }, (_, index) => 1_000 - index)
    const rows = followPage(rowsAnew(page(long)), page([1_001, ...long.slice(0, 199)], true), 'away')
    expect([rows.signals.length, rows.nextBefore]).toEqual([followedMax, rows.signals.at(-1)?.seq])
  })

  it('keep what a row’s own page says of its tie, also that there is none any more', () => {
    const rows = withTie(rowsAnew(page([2, 1])), idOf(1), tie('ep-a1'))
    expect(rows.signals[1]?.tie?.session).toBe('ep-a1')
    expect(withTie(rows, idOf(1), undefined).signals[1]).toEqual(signal(1))
    expect(withTie(rows, idOf(1), tie('ep-a1'))).toBe(rows)
  })

  const anyList = fc
    .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 30 })
    .map((list) => list.sort((a, b) => b - a))
  const anyPage = fc.tuple(anyList, fc.boolean()).map(([list, more]) => page(list.slice(0, 12), more))

  it('never move while in use, whatever comes', () => {
    fc.assert(
      fc.property(anyPage, anyPage, fc.constantFrom('on' as const, 'held' as const), (first, second, hand) => {
        const rows = rowsAnew(first)
        if (first.signals.length > 0) expect(seqs(followPage(rows, second, hand))).toEqual(seqs(rows))
      }),
    )
  })

  it('come to rest: the same page twice changes nothing the second time', () => {
    fc.assert(
      fc.property(anyPage, anyPage, fc.constantFrom('away' as const, 'on' as const, 'held' as const), (a, b, hand) => {
        const once = followPage(rowsAnew(a), b, hand)
        expect(followPage(once, b, hand)).toBe(once)
      }),
    )
  })

  it('stand in the order of their arrival, each once', () => {
    fc.assert(
      fc.property(anyPage, anyPage, (a, b) => {
        const list = seqs(insertWaiting(followPage(rowsAnew(a), b, 'on'), b))
        expect(list).toEqual([...new Set(list)].sort((x, y) => y - x))
      }),
    )
  })
})
