// Controls: what an operator asks, what it restricts until it is lifted, and the only words in which its fate may be told.
import { z } from 'zod'
import { AbilityName } from './ability.ts'

/**
 * `pause`, `revoke` and `contain` place a hold, which stands until `resume`, `restore` or `release` lifts it, or its time is up.
 * `snapshot` and `end` act once. `end` kills, and has no inverse.
 */
export const ControlAction = z.enum(['pause', 'resume', 'revoke', 'restore', 'contain', 'release', 'snapshot', 'end'])
export type ControlAction = z.infer<typeof ControlAction>

/** What an agent may use and an operator may take away. */
export const Capability = AbilityName.extract(['network', 'shell', 'gpu', 'files', 'credentials'])
export type Capability = z.infer<typeof Capability>

/** What a host's kernel can be brought to enforce as a level. */
export const HostRestriction = z.enum(['network', 'gpu', 'pause'])
export type HostRestriction = z.infer<typeof HostRestriction>

/** Everything that a hold can restrict. `actions`: every tool call, at the gate. */
export const Restriction = z.enum(['actions', 'network', 'gpu', 'pause', 'shell', 'files', 'credentials'])
export type Restriction = z.infer<typeof Restriction>

/**
 * The one end of a control. `enforced` only when the effect was observed. `partial`: in part, with what is left.
 * `lifted`: this cause is gone, but another still holds, so nothing changed on the host. `superseded`: a later control wanted
 * the opposite first. `expired`: its time was up first. `cancelled`: the session ended before it could be enforced.
 */
export const ControlOutcome = z.enum(['enforced', 'failed', 'partial', 'expired', 'superseded', 'cancelled', 'lifted'])
export type ControlOutcome = z.infer<typeof ControlOutcome>

export const ControlState = z.enum(['requested', 'delivered', ...ControlOutcome.options])
export type ControlState = z.infer<typeof ControlState>

export function isControlOpen(state: ControlState): state is 'requested' | 'delivered' {
  return state === 'requested' || state === 'delivered'
}

/** What a hold restricts while it stands; empty for a control that places none. */
export function restrictionsOf(action: ControlAction, capability: Capability | undefined): Restriction[] {
  if (action === 'pause') return ['pause']
  if (action === 'revoke') return capability === undefined ? [] : [capability]
  if (action === 'contain') return ['actions', 'network', 'pause']
  return []
}

/** The action that lifts a hold of this action; undefined where there is none: `end` cannot be undone, a snapshot need not be. */
export function inverseOf(action: ControlAction): 'resume' | 'restore' | 'release' | undefined {
  if (action === 'pause') return 'resume'
  if (action === 'revoke') return 'restore'
  if (action === 'contain') return 'release'
  return undefined
}

export function isLift(action: ControlAction): action is 'resume' | 'restore' | 'release' {
  return action === 'resume' || action === 'restore' || action === 'release'
}

/** Names of the steps of a receipt that others rely on; a step is told only when it happened. */
export const stepName = {
  requested: 'requested',
  delivered: 'delivered',
  actionsHeld: 'actions held',
  evidence: 'evidence taken',
  egressDropped: 'egress dropped',
  flowsKilled: 'flows killed',
  frozen: 'frozen',
  gpuEnded: 'GPU processes ended',
  killed: 'killed',
  /** Observed otherwise than by the enforcer's own reading, over some seconds. */
  verified: 'verified',
  notVerified: 'not verified',
  /** The hold was lifted, and the host was read without it. */
  reverted: 'reverted',
  /** Its time was up. */
  expired: 'expired',
} as const

/** The steps that must be observed, in order, before a control of this kind is whole; the last one comes after its end. */
export function planOf(action: ControlAction, capability: Capability | undefined): string[] {
  switch (action) {
    case 'pause':
      return [stepName.frozen, stepName.verified]
    case 'contain':
      return [
        stepName.actionsHeld,
        stepName.evidence,
        stepName.egressDropped,
        stepName.flowsKilled,
        stepName.frozen,
        stepName.verified,
      ]
    case 'revoke':
      if (capability === 'network') return [stepName.egressDropped, stepName.flowsKilled, stepName.verified]
      if (capability === 'gpu') return [stepName.gpuEnded, stepName.verified]
      return []
    case 'snapshot':
      return [stepName.evidence]
    case 'end':
      return [stepName.killed]
    default:
      return []
  }
}
