// Controls, holds and capabilities as the console shows them: projections of the one reducer's state, made on the server.
import { z } from 'zod'
import { Actor } from './actor.ts'
import { Capability, ControlAction, ControlState, Restriction } from './control.ts'
import { AtMs, ContainmentId, ControlId, ProposalId, SessionId } from './ids.ts'
import { IncidentsMark } from './incident.ts'
import { PolicyName } from './policy.ts'
import { Selector } from './selector.ts'

/** A control as the screen tells it. `steps` hold only what happened; nothing is filled in ahead. */
export const ControlView = z.object({
  control: ControlId,
  action: ControlAction,
  capability: Capability.optional(),
  state: ControlState,
  by: Actor,
  approvedBy: Actor.optional(),
  reason: z.string().optional(),
  undoes: ControlId.optional(),
  lifts: z.array(ControlId).optional(),
  containment: ContainmentId.optional(),
  requestedAtMs: AtMs,
  endedAtMs: AtMs.optional(),
  /** Names of the steps that must be observed, in order; one that is not among `steps` was not observed yet. */
  plan: z.array(z.string()),
  /** Server's clock for requested/delivered, the host's clock for what the probe did. `ok` false: it did not happen as it should. */
  steps: z.array(
    z.object({
      name: z.string(),
      atMs: AtMs,
      detail: z.string(),
      ok: z.boolean(),
      observedFrom: z.string().optional(),
    }),
  ),
  enforcer: z.string().optional(),
  observed: z.string().optional(),
  observedFrom: z.string().optional(),
  processCount: z.number().optional(),
  detail: z.string().optional(),
  /** With `partial` and `failed`: what is not covered. */
  left: z.array(z.string()).optional(),
})
export type ControlView = z.infer<typeof ControlView>

/** A cause that restricts a session until it is lifted. */
export const HoldView = z.object({
  control: ControlId,
  action: z.enum(['pause', 'revoke', 'contain']),
  capability: Capability.optional(),
  by: Actor,
  reason: z.string().optional(),
  sinceMs: AtMs,
  expiresAtMs: AtMs.optional(),
  containment: ContainmentId.optional(),
})
export type HoldView = z.infer<typeof HoldView>

/** `unknown`: nobody has read it. `partly`: `left` says what is not covered. */
export const Enforced = z.enum(['yes', 'no', 'partly', 'unknown'])
export type Enforced = z.infer<typeof Enforced>

/** A restriction that is wanted, or was read as in force. */
export const RestrictionView = z.object({
  restriction: Restriction,
  wanted: z.boolean(),
  enforced: Enforced,
  observed: z.string().optional(),
  observedFrom: z.string().optional(),
  left: z.array(z.string()),
  readAtMs: AtMs.optional(),
})
export type RestrictionView = z.infer<typeof RestrictionView>

/** A capability before and after the click. `instead`: what the button offers where `can` is `no`. */
export const CapabilityView = z.object({
  capability: Capability,
  can: z.enum(['proven', 'best-effort', 'no']),
  enforcer: z.string(),
  detail: z.string(),
  instead: z.enum(['pause']).optional(),
  wanted: z.boolean(),
  enforced: Enforced,
  observed: z.string().optional(),
  observedFrom: z.string().optional(),
  left: z.array(z.string()),
  readAtMs: AtMs.optional(),
  holds: z.array(ControlId),
})
export type CapabilityView = z.infer<typeof CapabilityView>

/** What holding costs: `gpuMs` GPU-milliseconds up to `atMs`, and `gpus` GPUs from then on. `siblings` of its RL group may wait. */
export const CostView = z.object({
  sinceMs: AtMs,
  gpus: z.number(),
  gpuMs: z.number(),
  atMs: AtMs,
  group: z.string().optional(),
  siblings: z.number().optional(),
})
export type CostView = z.infer<typeof CostView>

/** "Contain all…", standing until it is lifted. Counts are of sessions now. */
export const ContainmentView = z.object({
  containment: ContainmentId,
  by: Actor,
  selector: Selector,
  reason: z.string().optional(),
  sinceMs: AtMs,
  expiresAtMs: AtMs.optional(),
  liftedAtMs: AtMs.optional(),
  liftedBy: Actor.optional(),
  /** Ever held by it; of the present ones: observed whole, still open, and failed or in part. */
  sessions: z.number(),
  held: z.number(),
  enforced: z.number(),
  open: z.number(),
  troubled: z.number(),
  /** Match, but nothing here can hold them: they run on. */
  unheld: z.number(),
})
export type ContainmentView = z.infer<typeof ContainmentView>

/** Something that waits for a second person. `what` is a sentence. */
export const ProposalView = z.object({
  proposal: ProposalId,
  by: Actor,
  what: z.string(),
  session: SessionId.optional(),
  containment: ContainmentId.optional(),
  /** Of a change of policy. */
  policy: PolicyName.optional(),
  value: z.boolean().optional(),
  reason: z.string().optional(),
  sinceMs: AtMs,
  expiresAtMs: AtMs,
})
export type ProposalView = z.infer<typeof ProposalView>

/** What concerns the whole console. */
export const FleetView = z.object({
  containments: z.array(ContainmentView),
  proposals: z.array(ProposalView),
  policies: z.record(PolicyName, z.boolean()),
  /** The list is asked for by itself (`GET /api/approvals`): again when `mark` is another and the frame does not tell what changed. */
  approvals: z.object({ waiting: z.number(), soonestExpiresAtMs: AtMs.optional(), mark: z.string() }),
  incidents: IncidentsMark,
})
export type FleetView = z.infer<typeof FleetView>
