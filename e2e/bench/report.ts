// The table for a person and the document for a program; both say the machine first, because figures mean nothing without it.
import { type Figure, meets, type Unmeasured } from './figure.ts'
import type { MachineFacts } from './machine-facts.ts'

export type Report = { machine: MachineFacts; figures: Figure[]; unmeasured: Unmeasured[]; tookSeconds: number }

export function reportAsJson(report: Report): string {
  const { machine, figures, unmeasured, tookSeconds } = report
  const told = figures.map((figure) => ({ ...figure, value: rounded(figure.value), met: meets(figure) ?? null }))
  return JSON.stringify({ machine, figures: told, unmeasured, tookSeconds }, null, 2)
}

export function reportAsTable(report: Report): string {
  const { machine } = report
  const head = ['figure', 'value', 'aim', '', 'note']
  const rows = report.figures.map((figure) => [
    figure.name,
    valueText(figure),
    aimText(figure),
    metText(figure),
    figure.note ?? '',
  ])
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return [
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGib} GiB, Linux ${machine.kernel}, Node ${machine.node}, load ${machine.loadBefore} before`,
    '',
    line(head),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
    ...report.unmeasured.map(({ group, reason }) => `${group}: not measured: ${reason}`),
    '',
    `took ${report.tookSeconds.toFixed(0)} s`,
  ].join('\n')
}

function rounded(value: number): number {
  return Number(value.toPrecision(5))
}

function valueText(figure: Figure): string {
  if (figure.unit === 'ratio') return figure.value.toFixed(2)
  if (figure.unit === 'ms' || figure.unit === 'µs') return figure.value.toFixed(1)
  return Math.round(figure.value).toLocaleString('en')
}

function aimText({ aim }: Figure): string {
  if (!aim) return ''
  return 'atLeast' in aim ? `>= ${aim.atLeast}` : `<= ${aim.atMost}`
}

function metText(figure: Figure): string {
  const met = meets(figure)
  return met === undefined ? '' : met ? 'met' : 'MISSED'
}
