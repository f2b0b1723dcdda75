// Mean, median and 90th percentile of spans. Of none there is nothing to say. Pure.
import type { Spread } from '../../protocol/numbers-view.ts'

/** Undefined where nothing was measured: that is no nought. */
export function spreadOf(spansMs: readonly number[]): Spread | undefined {
  const sorted = [...spansMs].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [high, low] = [sorted[middle], sorted[sorted.length % 2 === 0 ? middle - 1 : middle]]
  const p90 = sorted[Math.ceil(sorted.length * 0.9) - 1]
  if (high === undefined || low === undefined || p90 === undefined) return undefined
  return {
    meanMs: sorted.reduce((sum, each) => sum + each, 0) / sorted.length,
    medianMs: (low + high) / 2,
    p90Ms: p90,
  }
}
