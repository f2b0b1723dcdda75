import { describe, expect, it } from 'vitest'
import { riskWords } from './risk-words.ts'

const minute = 60_000
const flagged = { title: 'A reverse tunnel', severity: 'high' as const, pages: 1 }
const riskAfter = (
  minutes: number,
  score: number,
  isIncident: boolean,
  mark: { title: string; severity: 'high' | 'medium'; pages: number } = flagged,
) => riskWords({ score, atMs: 0, isIncident }, mark, minutes * minute)

describe('the number of a session’s risk', () => {
  it('halves in half an hour while one looks', () => {
    expect(riskAfter(0, 60, true).score).toBe(60)
    expect(riskAfter(30, 60, true).score).toBe(30)
    expect(riskAfter(60, 60, true).score).toBe(15)
  })

  it('is red while an incident is fresh, and no longer when little is left of it', () => {
    expect(riskAfter(0, 60, true).level).toBe('critical')
    expect(riskAfter(120, 60, true).level).toBe('quiet')
  })

  it('is amber for what nobody is woken by, and quiet for little', () => {
    const mild = { ...flagged, severity: 'medium' as const, pages: 0 }
    expect(riskAfter(0, 40, false, mild).level).toBe('warn')
    expect(riskAfter(0, 8, false, mild).level).toBe('quiet')
  })

  it('is told on a scale that ends: a thousand is no worse to a person than a hundred', () => {
    expect(riskAfter(0, 100, true).text).toBe('100')
    expect(riskAfter(0, 1_659, true)).toMatchObject({ text: '100+', score: 1_659, level: 'critical' })
  })
})
