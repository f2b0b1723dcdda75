// The tables of the room of numbers for a spreadsheet: spans in seconds, moments in UTC, and an empty cell where nothing is known. Pure.
import { type Delay, isTold, type NumbersTable, type NumbersView, type Spread } from '../../protocol/numbers-view.ts'
import { csvOf } from '../csv.ts'

export function numbersCsv(view: NumbersView, table: NumbersTable): string {
  return csvOf(tables[table](view))
}

type Rows = string[][]

const tables: Readonly<Record<NumbersTable, (view: NumbersView) => Rows>> = {
  delays: ({ steps, incidents }) => {
    const delays = ['detect', 'acknowledge', 'contain'] as const
    return [
      ['from_utc', 'to_utc', 'incidents', ...delays.flatMap((each) => delayHeads.map((head) => `${each}_${head}`))],
      ...steps.map((step, index) => {
        const { fromMs, toMs } = step
        const found = incidents.perStep[index]
        // Nothing was heard, or it was not read: that there was no incident is not known.
        const of = isTold(step, incidents.sinceMs) || found?.incidents ? found : undefined
        return [utc(fromMs), utc(toMs), number(of?.incidents), ...delays.flatMap((each) => delayCells(of?.[each]))]
      }),
    ]
  },
  flags: ({ steps, flags }) => [
    ['rule', 'title', 'severity', 'flags', ...steps.map(({ fromMs }) => utc(fromMs))],
    ...flags.rules.map(({ rule, title, severity, flags: sum, perStep }) => [
      rule,
      title ?? '',
      severity ?? '',
      number(sum),
      ...perStep.map(number),
    ]),
    ['all rules', '', '', '', ...flags.perStep.map(number)],
  ],
  precision: ({ precision }) => [
    ['rule', 'title', 'true', 'false', 'drill', 'precision'],
    ...precision.rules.map(({ rule, title, verdicts, precision: share }) => [
      rule,
      title ?? '',
      number(verdicts.true),
      number(verdicts.false),
      number(verdicts.drill),
      share === undefined ? '' : share.toFixed(3),
    ]),
  ],
  approvals: ({ steps, approvals }) => [
    [
      'from_utc',
      'to_utc',
      'asked',
      'allowed',
      'denied',
      'expired',
      'withdrawn',
      'waiting',
      'longest_waiting_seconds',
      ...spreadHeads.map((head) => `wait_${head}`),
      'wait_measured',
    ],
    ...steps.map((step, index) => {
      const { fromMs, toMs } = step
      const found = approvals.perStep[index]
      const of = isTold(step, approvals.sinceMs) || found?.asked ? found : undefined
      const counts = [of?.asked, of?.allowed, of?.denied, of?.expired, of?.withdrawn, of?.waiting]
      return [
        utc(fromMs),
        utc(toMs),
        ...counts.map(number),
        seconds(of?.longestWaitingMs),
        ...spreadCells(of?.wait),
        number(of?.byPerson),
      ]
    }),
  ],
}

const spreadHeads = ['mean_seconds', 'median_seconds', 'p90_seconds']
const delayHeads = [...spreadHeads, 'measured', 'still_open', 'longest_open_seconds', 'never', 'unknown']

function delayCells(delay: Delay | undefined): string[] {
  return [
    ...spreadCells(delay?.spread),
    number(delay?.measured),
    number(delay?.open),
    seconds(delay?.longestOpenMs),
    number(delay?.never),
    number(delay?.unknown),
  ]
}

function spreadCells(spread: Spread | undefined): string[] {
  return [seconds(spread?.meanMs), seconds(spread?.medianMs), seconds(spread?.p90Ms)]
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '' : (ms / 1_000).toFixed(3)
}

function number(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}

function utc(atMs: number): string {
  return new Date(atMs).toISOString()
}
