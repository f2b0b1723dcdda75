// Slopes as JSON, and as a table for a person.
import type { FigureName } from './readings.ts'
import { figures } from './readings.ts'
import { isFlat, type Reading, ruleInWords, type Slope, slopeOf, warm } from './slope.ts'

export type SoakFigure = Slope & { name: FigureName; unit: string; floor: number; flat: boolean }
export type SoakReport = {
  minutes: number
  eventsPerSecond: number
  events: number
  failed: number
  problem?: string
  rule: string
  flat: boolean
  figures: SoakFigure[]
  leftOut: string[]
}

/** Of each figure that was read often enough. */
export function judge(readings: ReadonlyMap<FigureName, readonly Reading[]>): SoakFigure[] {
  return [...readings].flatMap(([name, list]) => {
    const slope = slopeOf(warm(list))
    const { unit, ...rule } = figures[name]
    return slope ? [{ name, unit, floor: rule.floor, ...slope, flat: isFlat(slope, rule) }] : []
  })
}

export function soakAsText(report: SoakReport): string {
  const columns = (figure: SoakFigure) => [
    figure.name,
    number(figure.mean),
    `${signed(figure.perHour)}/h`,
    `${signed(figure.shareOfMeanPerHour * 100)} %/h`,
    signed(figure.rise),
    figure.unit,
    figure.flat ? 'flat' : 'GROWS',
  ]
  const rows = [['figure', 'mean', 'slope', 'of mean', 'rise', 'unit', ''], ...report.figures.map(columns)]
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? []
  return [
    `${report.minutes} minutes, ${report.events} events durable (${report.eventsPerSecond}/s asked), ${report.failed} requests failed`,
    ...(report.problem === undefined ? [] : [`the first that failed: ${report.problem}`]),
    ...report.leftOut.map((each) => `LEFT OUT: ${each}`),
    ...rows.map((row) =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
    ),
    `rule: ${ruleInWords}`,
    report.flat ? 'flat' : 'NOT flat',
  ].join('\n')
}

const number = (value: number) => value.toFixed(Math.abs(value) < 10 ? 2 : 1)
const signed = (value: number) => `${value < 0 ? '' : '+'}${number(value)}`
