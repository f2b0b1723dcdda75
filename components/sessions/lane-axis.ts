// The shared time axis of the lanes: which stretch it shows, where a moment lies on it, and its marks of time. Pure.

/** Minutes, as the URL says them. */
export const spans = ['5', '15', '60', '240'] as const
export type Span = (typeof spans)[number]

export type Axis = { fromMs: number; toMs: number }

/** Room after now, so that what just began is not at the edge. */
const aheadShare = 0.02

export function axisOf(span: Span, nowMs: number): Axis {
  const spanMs = Number(span) * 60_000
  return { fromMs: nowMs - spanMs, toMs: nowMs + spanMs * aheadShare }
}

/** 0 at the left edge, 1 at the right; not kept within. */
export function placeOf({ fromMs, toMs }: Axis, atMs: number): number {
  return (atMs - fromMs) / (toMs - fromMs)
}

const stepsMs = [30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000]
const ticksMax = 9

/** Whole minutes on the axis, oldest first. */
export function ticksOf({ fromMs, toMs }: Axis): number[] {
  const stepMs = stepsMs.find((step) => (toMs - fromMs) / step <= ticksMax) ?? 3_600_000
  const ticks: number[] = []
  for (let atMs = Math.ceil(fromMs / stepMs) * stepMs; atMs <= toMs; atMs += stepMs) ticks.push(atMs)
  return ticks
}
