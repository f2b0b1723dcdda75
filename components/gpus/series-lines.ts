// A GPU's steps as lines that a chart can draw: where nothing was read the line is broken, and no line is drawn across it. Pure.
import type { GpuSeries, GpuStep } from '../../server/protocol/gpu-series-view.ts'

export type SeriesPoint = Partial<GpuStep> & { atMs: number }
export type Gap = { fromMs: number; toMs: number }

/** A reading that is late, or one that was lost, is no gap yet. */
const gapFactor = 3

/** Steps further apart than this have a gap between them: three readings, or three steps, whichever is longer. */
export function gapMs({ stepMs, cadenceMs = 0 }: Pick<GpuSeries, 'stepMs' | 'cadenceMs'>): number {
  return gapFactor * Math.max(stepMs, cadenceMs)
}

/** Between steps, and from the newest to the end of the span. What is before the first may be older than the GPU. */
export function gapsOf(series: GpuSeries): Gap[] {
  const most = gapMs(series)
  const gaps: Gap[] = []
  const { steps, stepMs, toMs } = series
  steps.forEach((step, at) => {
    const next = steps[at + 1]?.atMs ?? toMs
    if (next - step.atMs > most) gaps.push({ fromMs: step.atMs + stepMs, toMs: next })
  })
  return gaps
}

/** The steps with an empty point in each gap, at which a line ends. */
export function brokenPoints(series: GpuSeries): SeriesPoint[] {
  const breaks: SeriesPoint[] = gapsOf(series).map(({ fromMs }) => ({ atMs: fromMs }))
  return [...series.steps, ...breaks].sort((a, b) => a.atMs - b.atMs)
}
