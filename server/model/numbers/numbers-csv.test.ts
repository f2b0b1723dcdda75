// Given numbers over time, when they are written for a spreadsheet, then a cell is empty where nothing is known, and nothing in it runs.
import { describe, expect, it } from 'vitest'
import { incidentIdOf } from '../../protocol/incident.ts'
import type { NumbersView } from '../../protocol/numbers-view.ts'
import { approvalFiguresOf } from './approval-figures.ts'
import { flagFiguresOf } from './flag-figures.ts'
import { incidentFiguresOf } from './incident-figures.ts'
import type { IncidentTimes } from './incident-times.ts'
import { numbersCsv } from './numbers-csv.ts'
import { dayMs, stepsOf } from './steps.ts'

/** Noon of a day. */
const nowMs = Date.UTC(2026, 10, 28, 12)
const daysAgo = (days: number) => nowMs - days * dayMs
const everyDay = Array.from({ length: 100 }, (_, index) => Math.floor(daysAgo(index) / dayMs) * dayMs)
/** Detected an hour ago, a minute after its first evidence. */
const incident: IncidentTimes = {
  incident: incidentIdOf(1),
  isDrill: false,
  isMerged: false,
  isOver: false,
  firstAtMs: nowMs - 61 * 60_000,
  detectedAtMs: nowMs - 60 * 60_000,
  acknowledgedAtMs: undefined,
  containedAtMs: undefined,
  isContained: false,
}

describe('a table for a spreadsheet', () => {
  const steps = stepsOf(7, nowMs, [Math.floor(nowMs / dayMs) * dayMs])
  const view: NumbersView = {
    atMs: nowMs,
    days: 7,
    drills: false,
    steps,
    incidents: incidentFiguresOf({ times: [incident], steps, drills: false, nowMs }),
    flags: flagFiguresOf({
      counts: [{ step: 6, rule: 'r', flags: 2, ofDrills: 0 }],
      steps,
      drills: false,
      nameOf: () => ({ title: '=HYPERLINK("x")', severity: 'low' }),
    }),
    precision: { rules: [{ rule: 'r', verdicts: { true: 0, false: 0, drill: 1 } }] },
    approvals: approvalFiguresOf({ facts: [], steps, drills: false, isDrill: () => false, nowMs }),
  }
  const rows = (text: string) => text.trimEnd().split('\r\n')

  it('has an empty cell where nothing is known, and a nought only where that was seen', () => {
    const [, unheard, , , , , , today] = rows(numbersCsv(view, 'delays'))
    expect(unheard?.split(',').slice(2)).toEqual(Array<string>(25).fill(''))
    // one incident: detected in a minute, not acknowledged yet
    expect(today?.split(',').slice(2, 6)).toEqual(['1', '60.000', '60.000', '60.000'])
    expect(today?.split(',').slice(11, 17)).toEqual(['', '', '', '0', '1', '3600.000'])
    expect(rows(numbersCsv(view, 'precision'))[1]).toBe('r,,0,0,1,')
    expect(rows(numbersCsv(view, 'approvals'))[7]?.split(',').slice(2, 5)).toEqual(['0', '0', '0'])
  })

  it('has an empty cell, and no nought, for a day before what was read', () => {
    const steps = stepsOf(7, nowMs, everyDay)
    const sinceMs = daysAgo(2)
    const before = {
      ...view,
      steps,
      incidents: incidentFiguresOf({ times: [], steps, drills: false, nowMs, sinceMs }),
      approvals: approvalFiguresOf({ facts: [], steps, drills: false, isDrill: () => false, nowMs, sinceMs }),
    }
    for (const table of ['delays', 'approvals'] as const) {
      const counts = rows(numbersCsv(before, table)).slice(1)
      expect(counts.map((row) => row.split(',')[2])).toEqual(['', '', '', '', '0', '0', '0'])
    }
  })

  it('runs nothing: what a spreadsheet would take for a formula is text', () => {
    expect(rows(numbersCsv(view, 'flags'))[1]).toContain(`"'=HYPERLINK(""x"")"`)
  })
})
