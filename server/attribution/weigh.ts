// From bits of evidence to a level. Candidates are weighed against each other and against "none of these": what does not clearly win is
// left untied, because a wrong tie sends the person on call after the wrong session.
import type { TieLevel } from '../protocol/signal.ts'

export type Feature = { name: string; weightBits: number; detail?: string | undefined }

/** A hypothesis: this one caused it. `bits` is the sum of its features. */
export type Candidate<T> = { what: T; features: Feature[] }

export type Weighed<T> = {
  best: Candidate<T>
  score: number
  level: TieLevel
  /** Absent: "none of these" is the next best. */
  runnerUp?: Candidate<T>
  runnerUpScore: number
}

/** Prior weight of "something that we do not know of": as good as a candidate with this many bits. */
const unknownBits = -4

export function bitsOf(features: readonly Feature[]): number {
  let bits = 0
  for (const feature of features) bits += feature.weightBits
  return bits
}

export const likelyFrom = 0.85
export const possibleFrom = 0.75
const marginMin = 0.5

/** Undefined: abstain. `confirmable` says whether the best may be called confirmed: its key is exact. */
export function weigh<T>(
  candidates: readonly Candidate<T>[],
  same: (a: T, b: T) => boolean,
  confirmable: (best: Candidate<T>) => boolean,
): Weighed<T> | undefined {
  if (candidates.length === 0) return undefined
  const sorted = candidates.map((each) => ({ each, bits: bitsOf(each.features) })).sort((a, b) => b.bits - a.bits)
  const top = sorted[0]
  if (!top) return undefined
  const second = sorted.find(({ each }) => !same(each.what, top.each.what))
  let total = 2 ** (unknownBits - top.bits)
  for (const { bits } of sorted) total += 2 ** (bits - top.bits)
  const score = 1 / total
  const secondScore = second ? 2 ** (second.bits - top.bits) / total : 0
  const unknownScore = 2 ** (unknownBits - top.bits) / total
  if (score < possibleFrom || score - secondScore < marginMin) return undefined
  const level = score >= likelyFrom ? (confirmable(top.each) ? 'confirmed' : 'likely') : 'possible'
  const runnerUp = second && secondScore >= unknownScore ? second.each : undefined
  return {
    best: top.each,
    score,
    level,
    ...(runnerUp && { runnerUp }),
    runnerUpScore: Math.max(secondScore, unknownScore),
  }
}

/**
 * Probability that a moment lies in [fromMs, toMs], when it was read as `atMs` by a clock off by a normal error of `spreadMs`, and the
 * record itself may be up to `errorMs` late in telling (aggregation).
 */
export function probabilityWithin(
  atMs: number,
  spreadMs: number,
  errorMs: number,
  fromMs: number,
  toMs: number,
): number {
  if (errorMs <= spreadMs) return normal((toMs - atMs) / spreadMs) - normal((fromMs - atMs) / spreadMs)
  // Uniform over the window of aggregation, blurred by the clock: the clock's part is small beside it.
  const overlap = Math.min(toMs + spreadMs, atMs + errorMs) - Math.max(fromMs - spreadMs, atMs)
  return Math.max(0, Math.min(1, overlap / errorMs))
}

/** Cumulative normal distribution, to 1e-7 (Abramowitz and Stegun 7.1.26). */
function normal(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * x)
  const erf =
    1 -
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x)
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2
}
