// What the room of numbers says, and where each point of it leads. Pure.
import {
  type ApprovalFigures,
  type Delay,
  type IncidentFigures,
  isTold,
  type NumbersStep,
  type NumbersTable,
  type NumbersView,
} from '../../server/protocol/numbers-view.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { dateTimeText, spanText, utcDayText } from '../ui/format-time.ts'

/** What is not known; never a nought. */
export const noData = '—'

export const delayKinds = ['detect', 'acknowledge', 'contain'] as const
export type DelayKind = (typeof delayKinds)[number]

export const delayWords: Readonly<
  Record<DelayKind, { name: string; short: string; means: string; never: string; unknown: string }>
> = {
  detect: {
    name: 'Time to detect',
    short: 'MTTD',
    means: 'From the first evidence, by its source’s clock, to the incident’s first flag, by ours.',
    never: 'ended undetected',
    unknown: 'not known: a source’s clock ran ahead or told of more than a week before, or no flag of it was kept',
  },
  acknowledge: {
    name: 'Time to acknowledge',
    short: 'MTTA',
    means: 'From the first flag to the first time somebody pressed Acknowledge. One that lapsed later still counts.',
    never: 'over without anybody acknowledging it',
    unknown: 'not known',
  },
  contain: {
    name: 'Time to contain',
    short: 'MTTC',
    means:
      'From the first flag until every session of it was read from its host as held or ended. Asked is not contained.',
    never: 'over without being seen contained',
    unknown: 'not known: held or over before it was noticed, or no longer in memory',
  },
}

/** `11-28`, or `11-22 to 11-28`. */
export function stepText({ fromMs, toMs, days }: NumbersStep): string {
  return days === 1 ? utcDayText(fromMs) : `${utcDayText(fromMs)} to ${utcDayText(toMs - 1)}`
}

/** What a step must be read with; undefined: nothing. */
export function stepCaution({ toMs, days, heardDays }: NumbersStep, nowMs: number): string | undefined {
  if (heardDays === 0) return 'nothing was heard'
  // The newest ones may not have come yet: only days that are over can be missing.
  const over = Math.max(0, days - Math.max(0, Math.ceil((toMs - nowMs) / 86_400_000)))
  if (heardDays < over) return `heard on ${heardDays} of ${days} days`
  return toMs > nowMs ? 'so far' : undefined
}

export function spanCell(ms: number | undefined): string {
  return ms === undefined ? noData : spanText(ms)
}

/** `2 still open, the longest for 3 h 05 min; 1 over without …`; empty where all were measured. */
export function notMeasured(kind: DelayKind, { open, longestOpenMs, never, unknown }: Delay): string[] {
  const words = delayWords[kind]
  return [
    ...(open > 0
      ? [`${countText(open)} still open, the longest for ${spanText(longestOpenMs ?? 0)}: not in it yet`]
      : []),
    ...(never > 0 ? [`${countText(never)} ${words.never}`] : []),
    ...(unknown > 0 ? [`${countText(unknown)} ${words.unknown}`] : []),
  ]
}

/** What is not in the delays at all. */
export function incidentsLeftOut({ incidents, drills }: Pick<NumbersView, 'incidents' | 'drills'>): string[] {
  const { drillsLeftOut, mergedLeftOut, fromLog, sinceMs } = incidents
  return [
    ...(drills ? ['drills are counted too'] : drillsLeftOut > 0 ? [`${plural(drillsLeftOut, 'drill')} left out`] : []),
    ...(mergedLeftOut > 0 ? [`${countText(mergedLeftOut)} merged into another, counted there`] : []),
    ...(fromLog > 0
      ? [`${countText(fromLog)} resolved long ago, taken from the log: containing is not kept there`]
      : []),
    ...(sinceMs !== undefined ? [`of those resolved long ago only what is newer than ${dateTimeText(sinceMs)}`] : []),
  ]
}

export function leftOutText(part: {
  drillsLeftOut?: number
  unreadable?: number
  sinceMs?: number | undefined
  what: string
}): string[] {
  const { drillsLeftOut = 0, unreadable = 0, sinceMs, what } = part
  return [
    ...(drillsLeftOut > 0 ? [`${countText(drillsLeftOut)} ${what} of drills left out`] : []),
    ...(unreadable > 0 ? [`${countText(unreadable)} could not be read`] : []),
    ...(sinceMs !== undefined ? [`more than are counted: only ${what} since ${dateTimeText(sinceMs)}`] : []),
  ]
}

/** A count of a step in which nothing was heard, or which was not read, says nothing, unless there is something after all. */
export function countCell(step: NumbersStep, count: number, sinceMs: number | undefined): string {
  return count === 0 && !isTold(step, sinceMs) ? noData : countText(count)
}

export function percentText(share: number | undefined): string {
  return share === undefined ? noData : `${Math.round(share * 100)}%`
}

/** In the order in which they are drawn. */
export const outcomes = [
  'allowed',
  'denied',
  'expired',
  'withdrawn',
  'waiting',
] as const satisfies readonly (keyof ApprovalFigures)[]
export type Outcome = (typeof outcomes)[number]
export const outcomeWord: Readonly<Record<Outcome, string>> = {
  allowed: 'Allowed',
  denied: 'Denied',
  expired: 'Nobody decided',
  withdrawn: 'Withdrawn',
  waiting: 'Still waiting',
}

// ---- where a point leads ----

type Span = Pick<NumbersStep, 'fromMs' | 'toMs'>
const spanQuery = ({ fromMs, toMs }: Span) => ({ from: String(fromMs), to: String(toMs) })

export function incidentsBehind(step: Span, drills: boolean): string {
  return `/incidents?${new URLSearchParams({ ...spanQuery(step), ...(!drills && { drills: 'no' }) })}`
}

export function flagsBehind(rule: string, step: Span): string {
  return `/rules/rule?${new URLSearchParams({ id: rule, ...spanQuery(step) })}`
}

export function approvalsBehind(step: Span): string {
  return `/approvals?${new URLSearchParams(spanQuery(step))}`
}

export function csvPath(table: NumbersTable, days: number, drills: boolean): string {
  return `/api/numbers/csv/${table}?${new URLSearchParams({ days: String(days), drills: drills ? 'yes' : 'no' })}`
}

export function numbersPath(days: number, drills: boolean): string {
  return `/api/numbers?${new URLSearchParams({ days: String(days), drills: drills ? 'yes' : 'no' })}`
}

/** A point of a line: what was not measured is absent, so that no line is drawn to it. */
export function delayPoints(
  steps: readonly NumbersStep[],
  figures: readonly IncidentFigures[],
  kind: DelayKind,
): { label: string; mean?: number; median?: number; p90?: number }[] {
  return steps.map((step, index) => {
    const spread = figures[index]?.[kind].spread
    return {
      label: stepText(step),
      ...(spread && { mean: spread.meanMs, median: spread.medianMs, p90: spread.p90Ms }),
    }
  })
}
