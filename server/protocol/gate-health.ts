// What may be said of a session's gate. "Proven" is only said where it was observed: a canary that was asked and denied lately, nothing that
// was denied seen to run, something that was asked seen to run under its own id (so that what runs is seen at all), and nothing since that ran
// unasked. All of it is told by what agents and their frameworks report: where that is silent, so is the proof.
import { z } from 'zod'
import { AtMs } from './ids.ts'
import { ShortText } from './text.ts'

const Count = z.int().min(0)

/** Harmless and always denied: asked only to see that a door really blocks. */
export const canaryTool = 'vigil.canary'

/** How a door names itself: a claim, as all that a client says. */
export const DoorClaim = z.strictObject({ name: ShortText.min(1).max(48), version: ShortText.max(24).optional() })
export type DoorClaim = z.infer<typeof DoorClaim>

export const GateDoor = z.object({
  name: z.string(),
  version: z.string().optional(),
  /** What the caller gave us, from its newest ask. */
  deadlineMs: Count.optional(),
  lastAskedAtMs: AtMs,
  lastDecision: z.enum(['allow', 'deny']),
  canaryAtMs: AtMs.optional(),
})
export type GateDoor = z.infer<typeof GateDoor>

export const GateHealthView = z.object({
  /** Newest asked first. */
  doors: z.array(GateDoor),
  /** Calls that were reported to have run since the gate was first asked, and those of them that had not asked under that id. */
  ran: Count,
  unasked: Count,
  lastUnaskedAtMs: AtMs.optional(),
  /** A call that was allowed was seen to run. */
  lastAskedRanAtMs: AtMs.optional(),
  canaryAtMs: AtMs.optional(),
  /** A call that was denied, or still held, was reported to have run all the same. */
  bypassed: z.object({ call: z.string(), tool: z.string(), atMs: AtMs }).optional(),
})
export type GateHealthView = z.infer<typeof GateHealthView>

/** So long after its denial a canary must not have been seen to run. */
export const canarySettleMs = 2_000
export const proofMs = 10 * 60_000

export type GateVerdict =
  | { is: 'none' }
  | { is: 'bypassed'; call: string; tool: string; atMs: number }
  | { is: 'ungated'; unasked: number; ran: number }
  | { is: 'proven'; ageMs: number }
  | { is: 'unproven'; why: string }

/** `nowMs`: the server's clock, by which everything here was seen. */
export function gateVerdict(health: GateHealthView | undefined, nowMs: number): GateVerdict {
  if (health === undefined) return { is: 'none' }
  const { bypassed, canaryAtMs, lastUnaskedAtMs, lastAskedRanAtMs, unasked, ran } = health
  if (bypassed) return { is: 'bypassed', ...bypassed }
  if (lastUnaskedAtMs !== undefined && lastUnaskedAtMs >= (canaryAtMs ?? 0)) return { is: 'ungated', unasked, ran }
  if (canaryAtMs === undefined) return { is: 'unproven', why: 'no canary was asked' }
  if (lastAskedRanAtMs === undefined) return { is: 'unproven', why: 'nothing that asked was seen to run yet' }
  // Reporting that has stopped would not show what runs unasked.
  if (nowMs - lastAskedRanAtMs > proofMs) return { is: 'unproven', why: 'nothing was seen to run for ten minutes' }
  const isProven = (door: GateDoor) => door.canaryAtMs !== undefined && nowMs - door.canaryAtMs <= proofMs
  const asksNow = (door: GateDoor) => nowMs - door.lastAskedAtMs <= proofMs
  if (health.doors.some((door) => asksNow(door) && !isProven(door)))
    return { is: 'unproven', why: 'one of its doors was asked without a canary lately' }
  const ageMs = nowMs - canaryAtMs
  if (ageMs > proofMs) return { is: 'unproven', why: 'its last canary is too long ago' }
  if (ageMs < canarySettleMs) return { is: 'unproven', why: 'a canary was denied just now' }
  return { is: 'proven', ageMs }
}
