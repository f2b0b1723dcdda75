// Controls: what an operator asks, and the only words in which its fate may be told.
import { z } from 'zod'

export const ControlAction = z.enum(['pause', 'resume'])
export type ControlAction = z.infer<typeof ControlAction>

/**
 * The one end of a control. `enforced` only when the effect was observed. `superseded`: a later control wanted the
 * opposite first. `cancelled`: the session ended before it could be enforced.
 */
export const ControlOutcome = z.enum(['enforced', 'failed', 'partial', 'expired', 'superseded', 'cancelled'])
export type ControlOutcome = z.infer<typeof ControlOutcome>

export const ControlState = z.enum(['requested', 'delivered', ...ControlOutcome.options])
export type ControlState = z.infer<typeof ControlState>

export function isControlOpen(state: ControlState): state is 'requested' | 'delivered' {
  return state === 'requested' || state === 'delivered'
}
