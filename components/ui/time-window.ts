// A span that a link carries as `from` and `to`, in epoch milliseconds; `to` is not part of it. Pure.

export type TimeWindow = { fromMs: number; toMs: number }

/** They count only together and in order: half a window is none. */
export function timeWindowOf({ from, to }: { from: number | null; to: number | null }): TimeWindow | undefined {
  return from !== null && to !== null && from < to ? { fromMs: from, toMs: to } : undefined
}

export function isWithin(window: TimeWindow | undefined, atMs: number): boolean {
  return window === undefined || (atMs >= window.fromMs && atMs < window.toMs)
}
