// Given figures of the server, when they are said, then what is not known is a dash and what is open is told as open.
import { describe, expect, it } from 'vitest'
import type { Delay, NumbersStep } from '../../server/protocol/numbers-view.ts'
import {
  countCell,
  delayPoints,
  flagsBehind,
  incidentsBehind,
  noData,
  notMeasured,
  percentText,
  spanCell,
  stepCaution,
  stepText,
} from './numbers-words.ts'

const dayMs = 86_400_000
const fromMs = Date.UTC(2026, 10, 28)
const nowMs = fromMs + dayMs / 2
const step = (change: Partial<NumbersStep> = {}): NumbersStep => ({
  fromMs,
  toMs: fromMs + dayMs,
  days: 1,
  heardDays: 1,
  ...change,
})
const nothing: Delay = { measured: 0, open: 0, never: 0, unknown: 0 }

describe('what is not known', () => {
  it('is a dash, never 0', () => {
    expect([spanCell(undefined), percentText(undefined), countCell(step({ heardDays: 0 }), 0, undefined)]).toEqual([
      noData,
      noData,
      noData,
    ])
    expect([spanCell(0), percentText(0), countCell(step(), 0, undefined)]).toEqual(['0 ms', '0%', '0'])
  })

  it('is a dash for a day before what was read too, unless something of it is known', () => {
    const { toMs } = step()
    expect([countCell(step(), 0, toMs), countCell(step(), 0, toMs - 1), countCell(step(), 2, toMs)]).toEqual([
      noData,
      '0',
      '2',
    ])
  })

  it('is no point of a line', () => {
    const measured = { ...nothing, measured: 1, spread: { meanMs: 1, medianMs: 2, p90Ms: 3 } }
    const figures = (detect: Delay) => ({ incidents: 1, detect, acknowledge: nothing, contain: nothing })
    expect(delayPoints([step(), step()], [figures(nothing), figures(measured)], 'detect')).toEqual([
      { label: '11-28' },
      { label: '11-28', mean: 1, median: 2, p90: 3 },
    ])
  })
})

describe('what is still open', () => {
  it('is told with its age, apart from what ended without it and from what nobody can tell', () => {
    expect(notMeasured('contain', { measured: 1, open: 2, longestOpenMs: 3_600_000, never: 1, unknown: 1 })).toEqual([
      '2 still open, the longest for 1 h 00 min: not in it yet',
      '1 over without being seen contained',
      '1 not known: held or over before it was noticed, or no longer in memory',
    ])
    expect(notMeasured('contain', { ...nothing, measured: 3 })).toEqual([])
  })
})

describe('a step', () => {
  it('is a day or the days of a week, in UTC', () => {
    expect(stepText(step())).toBe('11-28')
    expect(stepText(step({ fromMs: fromMs - 6 * dayMs, days: 7 }))).toBe('11-22 to 11-28')
  })

  it('says that nothing was heard, that days are missing, or that it goes on', () => {
    expect(stepCaution(step({ heardDays: 0 }), nowMs)).toBe('nothing was heard')
    expect(stepCaution(step(), nowMs)).toBe('so far')
    expect(stepCaution(step(), nowMs + dayMs)).toBeUndefined()
    const week = { fromMs: fromMs - 6 * dayMs, days: 7 }
    expect(stepCaution(step({ ...week, heardDays: 3 }), nowMs + dayMs)).toBe('heard on 3 of 7 days')
    // The week began yesterday, and both of its days were heard.
    const running = { fromMs: fromMs - dayMs, toMs: fromMs + 6 * dayMs, days: 7, heardDays: 2 }
    expect(stepCaution(step(running), nowMs)).toBe('so far')
  })

  it('leads to exactly what is behind it', () => {
    const to = fromMs + dayMs
    expect(incidentsBehind(step(), false)).toBe(`/incidents?from=${fromMs}&to=${to}&drills=no`)
    expect(incidentsBehind(step(), true)).toBe(`/incidents?from=${fromMs}&to=${to}`)
    expect(flagsBehind('a b&c', step())).toBe(`/rules/rule?id=a+b%26c&from=${fromMs}&to=${to}`)
  })
})
