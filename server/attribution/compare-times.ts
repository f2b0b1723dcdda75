// How well a moment on one clock fits an action on another.
import type { ClockOffsets, Estimate } from './clock-offsets.ts'
import type { Action } from './evidence.ts'
import { probabilityWithin } from './weigh.ts'

/** A call starts its process after it began, and its end is told after the process ended: both by some milliseconds. */
const edgeMs = 60
/** Without any comparison of two clocks: most machines keep time to this … */
const unknownSpreadMs = 400
/** … and some do not keep it at all. */
const strayShare = 0.25
const strayMs = 240_000
/** An action whose end was never told is not believed to run for ever. */
const openActionMs = 30 * 60_000

export type Fit = { bits: number; probability: number; estimate: Estimate | undefined; correctedMs: number }

/**
 * Bits for "it happened while the action ran". `leak`: probability that it shows outside of that time all the same (what the action left
 * behind goes on).
 */
export function fitInTime(
  offsets: ClockOffsets,
  moment: { clock: string; atMs: number; errorMs: number },
  action: Action,
  leak: number,
): Fit {
  const estimate = offsets.between(moment.clock, action.clock)
  const correctedMs = moment.atMs + (estimate?.offsetMs ?? 0)
  const fromMs = action.startMs - edgeMs
  const toMs = (action.endMs ?? action.startMs + openActionMs) + edgeMs
  let inside: number
  if (estimate) inside = probabilityWithin(correctedMs, Math.max(25, estimate.spreadMs), moment.errorMs, fromMs, toMs)
  else
    inside =
      (1 - strayShare) * probabilityWithin(correctedMs, unknownSpreadMs, moment.errorMs, fromMs, toMs) +
      strayShare * Math.min(1, (toMs - fromMs) / strayMs)
  // Nothing happens before its cause: what is left behind shows afterwards.
  const spreadMs = estimate ? Math.max(25, estimate.spreadMs) : unknownSpreadMs
  const notBefore = correctedMs + moment.errorMs > fromMs - 4 * spreadMs ? 1 : 0.001
  const likelihood = inside + (1 - inside) * leak * notBefore
  return { bits: Math.log2(Math.max(likelihood, 2 ** -16)), probability: inside, estimate, correctedMs }
}

/** So far outside of the action, by clocks that were compared, that `fitInTime` would find its leak alone: most actions, and cheaply. */
export function isFarOutside(offsets: ClockOffsets, moment: { clock: string; atMs: number }, action: Action): boolean {
  const estimate = offsets.between(moment.clock, action.clock)
  if (!estimate || action.endMs === undefined) return false
  const slackMs = edgeMs + 8 * Math.max(25, estimate.spreadMs)
  const correctedMs = moment.atMs + estimate.offsetMs
  return correctedMs < action.startMs - slackMs || correctedMs > action.endMs + slackMs
}

/** Whether two facts may be the same, by time: `z` in standard errors, `known` when the clocks were compared. */
export function apart(
  offsets: ClockOffsets,
  a: { clock: string; atMs: number },
  b: { clock: string; atMs: number },
  errorMs: number,
): { ms: number; z: number; known: boolean } {
  const estimate = offsets.between(a.clock, b.clock)
  const ms = b.atMs - (a.atMs + (estimate?.offsetMs ?? 0))
  const beyondMs = ms > 0 ? Math.max(0, ms - errorMs) : -ms
  return { ms, z: beyondMs / (Math.max(25, estimate?.spreadMs ?? unknownSpreadMs) + 50), known: estimate !== undefined }
}
