// How long incidents took to detect, acknowledge and contain. What has not come to that yet is counted as open, what ended without it as
// never, what nobody can tell as unknown: none of them is a span of 0. Pure.
import { detectedInMs } from '../../protocol/incident.ts'
import type { Delay, IncidentFigures, NumbersStep, NumbersView } from '../../protocol/numbers-view.ts'
import type { IncidentTimes } from './incident-times.ts'
import { spreadOf } from './spread.ts'
import { stepAt } from './steps.ts'

type Outcome = { spanMs: number } | { openMs: number } | 'never' | 'unknown'

export type IncidentsCounted = {
  /** Each once; those known from the log alone have `isContained` 'unknown'. */
  times: readonly IncidentTimes[]
  steps: readonly NumbersStep[]
  drills: boolean
  nowMs: number
  /** Those that left memory are read back to here; absent: all. */
  sinceMs?: number | undefined
}

/** By when they were detected. One that was merged goes on as a part of another and is not counted twice. */
export function incidentFiguresOf(given: IncidentsCounted): NumbersView['incidents'] {
  const { steps, drills, nowMs, sinceMs } = given
  const placed = given.times.flatMap((times) => {
    const step = stepAt(steps, times.detectedAtMs)
    return step === undefined ? [] : [{ times, step }]
  })
  const whole = placed.filter(({ times }) => !times.isMerged)
  const counted = whole.filter(({ times }) => drills || !times.isDrill)
  const figures = (some: typeof counted) =>
    figuresOf(
      some.map(({ times }) => times),
      nowMs,
    )
  return {
    all: figures(counted),
    perStep: steps.map((_, index) => figures(counted.filter(({ step }) => step === index))),
    drillsLeftOut: whole.length - counted.length,
    mergedLeftOut: placed.length - whole.length,
    fromLog: counted.filter(({ times }) => times.isContained === 'unknown').length,
    ...(sinceMs !== undefined && { sinceMs }),
  }
}

function figuresOf(times: readonly IncidentTimes[], nowMs: number): IncidentFigures {
  return {
    incidents: times.length,
    detect: delayOf(times.map(detected)),
    acknowledge: delayOf(times.map((each) => acknowledged(each, nowMs))),
    contain: delayOf(times.map((each) => contained(each, nowMs))),
  }
}

function detected({ firstAtMs, detectedAtMs }: IncidentTimes): Outcome {
  const spanMs = firstAtMs === undefined ? undefined : detectedInMs({ firstAtMs, detectedAtMs })
  return spanMs === undefined ? 'unknown' : { spanMs }
}

function acknowledged({ detectedAtMs, acknowledgedAtMs, isOver }: IncidentTimes, nowMs: number): Outcome {
  if (acknowledgedAtMs !== undefined) return span(detectedAtMs, acknowledgedAtMs)
  return isOver ? 'never' : { openMs: Math.max(0, nowMs - detectedAtMs) }
}

function contained(times: IncidentTimes, nowMs: number): Outcome {
  const { detectedAtMs, containedAtMs, isContained, isOver } = times
  if (containedAtMs !== undefined) return span(detectedAtMs, containedAtMs)
  // Held or over before it was noticed, or not in memory any more: since when is not known.
  if (isContained) return 'unknown'
  return isOver ? 'never' : { openMs: Math.max(0, nowMs - detectedAtMs) }
}

/** Backwards in time means two clocks that disagree: nothing was measured. */
function span(fromMs: number, toMs: number): Outcome {
  return toMs < fromMs ? 'unknown' : { spanMs: toMs - fromMs }
}

function delayOf(outcomes: readonly Outcome[]): Delay {
  const spans = outcomes.flatMap((each) => (typeof each === 'object' && 'spanMs' in each ? [each.spanMs] : []))
  const open = outcomes.flatMap((each) => (typeof each === 'object' && 'openMs' in each ? [each.openMs] : []))
  const spread = spreadOf(spans)
  return {
    ...(spread && { spread }),
    measured: spans.length,
    open: open.length,
    ...(open.length > 0 && { longestOpenMs: open.reduce((most, each) => Math.max(most, each), 0) }),
    never: outcomes.filter((each) => each === 'never').length,
    unknown: outcomes.filter((each) => each === 'unknown').length,
  }
}
