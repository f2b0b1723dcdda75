// given what a source did, then its line says it in words that an operator can act on.
import { describe, expect, it } from 'vitest'
import { SourceView } from '../../server/protocol/source-view.ts'
import {
  byCount,
  clockWords,
  figuresOf,
  gapsText,
  heartbeatOf,
  inOrder,
  lagText,
  recordRateText,
  refusedFileName,
  refusedHref,
  sourceMatches,
  summaryText,
} from './source-words.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 0, 0)
function source(change: Record<string, unknown> = {}): SourceView {
  const name = typeof change.name === 'string' ? change.name : 'edge'
  return SourceView.parse({
    id: `suricata-eve/${name}`,
    format: 'suricata-eve',
    name,
    title: 'Suricata EVE',
    trust: 'firewall',
    firstSeenAtMs: t0,
    lastSeenAtMs: t0,
    records: 10,
    events: 8,
    duplicates: 1,
    samples: 0,
    skipped: 1,
    refused: 0,
    bytes: 5_000,
    recordsPerSecond: 0,
    understood: [],
    skippedReasons: [],
    refusedReasons: [],
    ...change,
  })
}

describe('the heartbeat of a source', () => {
  it('says how long ago something came', () => {
    expect([400, 3_000, 240_000].map((ageMs) => heartbeatOf(source(), t0 + ageMs).words)).toEqual([
      'heard now',
      'heard 3 s ago',
      'heard 4 min ago',
    ])
  })

  it('warns of more than five minutes of silence, and not of five', () => {
    expect(heartbeatOf(source(), t0 + 300_000).tone).toBe('ok')
    expect(heartbeatOf(source(), t0 + 360_000)).toEqual({ tone: 'warn', words: 'silent for 6 min' })
  })

  it('is judged by its own habit once that is known: a slow one is not called silent, a quick one sooner', () => {
    expect(heartbeatOf(source({ usualPauseMs: 3_600_000 }), t0 + 7_200_000).tone).toBe('ok')
    expect(heartbeatOf(source({ usualPauseMs: 1_000 }), t0 + 60_000)).toEqual({
      tone: 'warn',
      words: 'silent for 60 s',
    })
  })

  it('names its gaps, and calls neither the running minute nor a time without a listener one', () => {
    expect(gapsText('??1001011000', 1)).toBe('3 gaps, the longest 2 min')
    expect(gapsText('??1110', 1)).toBe('no gap')
    expect(gapsText('??000', 1)).toBe('1 gap, the longest 2 min')
  })

  it('says nothing before the server’s clock is known, and never hears from the future', () => {
    expect(heartbeatOf(source(), 0)).toEqual({ tone: 'quiet', words: '—' })
    expect(heartbeatOf(source(), t0 - 5_000).words).toBe('heard now')
  })
})

describe('rate, lag and clock of a source', () => {
  it('tell a slow source by the minute and a busy one by the second', () => {
    expect([0, 1 / 60, 0.5, 4.2, 1_284.4, Number.NaN].map(recordRateText)).toEqual([
      'none',
      '1/min',
      '30/min',
      '4.2/s',
      '1,284/s',
      'none',
    ])
  })

  it('tell a lag, and a clock that runs ahead as such', () => {
    expect([undefined, 0, 84, 8_200, -1_200].map(lagText)).toEqual([
      'not known',
      '0 ms',
      '84 ms',
      '8.2 s',
      '1.2 s ahead',
    ])
  })

  it('tell against what a clock was compared, or that it was not', () => {
    expect(clockWords({ against: 'otlp/agents', offsetMs: -38, spreadMs: 12, pairs: 1 })).toEqual({
      offset: '−38 ms ±12 ms',
      against: 'vs otlp/agents, 1 pair',
    })
    expect(clockWords(undefined)).toBeUndefined()
  })
})

describe('the list of sources', () => {
  it('keeps its order by title and name, whatever came last', () => {
    const list = [source({ name: 'b' }), source({ name: 'a' }), source({ id: 'zeek/x', title: 'A first', name: 'x' })]
    expect(inOrder(list).map((each) => each.name)).toEqual(['x', 'a', 'b'])
    expect(inOrder([...list].reverse())).toEqual(inOrder(list))
  })

  it('is filtered by every word, also by why records were refused', () => {
    const refusing = source({ refusedReasons: [{ reason: 'no timestamp', count: 2, example: '{}' }] })
    expect(['eve edge', 'TIMESTAMP', 'zeek', ''].map((q) => sourceMatches(q)(refusing))).toEqual([
      true,
      true,
      false,
      true,
    ])
  })

  it('warns of refused records only, and says how many sources need a look', () => {
    expect(figuresOf(source({ refused: 2 })).filter((figure) => figure.warn)).toMatchObject([
      { name: 'refused', count: 2 },
    ])
    expect(figuresOf(source()).some((figure) => figure.warn)).toBe(false)
    expect(summaryText([source({ refused: 2 }), source({ name: 'b', lastSeenAtMs: t0 + 400_000 })], t0 + 400_000)).toBe(
      '2 sources, 1 silent, 1 with refused records',
    )
  })

  it('shows the most frequent reason first, and equals by name', () => {
    const reasons = [
      { reason: 'b', count: 1 },
      { reason: 'a', count: 1 },
      { reason: 'c', count: 9 },
    ]
    expect(byCount(reasons, (each) => each.reason).map((each) => each.reason)).toEqual(['c', 'a', 'b'])
  })

  it('links to the refused records by an address that no name can climb out of', () => {
    expect(refusedHref(source({ name: '../x', format: 'a/b' }))).toBe('/api/sources/a%2Fb/..%2Fx/refused')
    expect(refusedFileName(source({ name: '../x', format: 'a/b' }))).toBe('refused-a-b-..-x.ndjson')
  })
})
