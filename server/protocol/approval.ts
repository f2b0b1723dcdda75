// Actions that wait for a person. An approval is bound to the digest of exactly one action: approved once, used once; what changes needs a new
// one. Everything that the agent wrote in it is hostile text.
import { z } from 'zod'
import { Actor } from './actor.ts'
import { Capability } from './control.ts'
import { FlagSeverity } from './flag.ts'
import { ApprovalId, AtMs, CallId, HostId, SessionId } from './ids.ts'
import { SecretCounts } from './secrets.ts'
import { LongText, ShortText } from './text.ts'

/** SHA-256 of the canonical action (`canonicalAction`), in hex. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex')

/** For how long an approval lets exactly this action through: this one call, further equal calls of the session, those within an hour. */
export const ApprovalScope = z.enum(['once', 'session', 'hour'])
export type ApprovalScope = z.infer<typeof ApprovalScope>

/** Why it is held: what a rule says of the action, or the policy's own words. */
export const HeldFor = z.strictObject({
  title: ShortText,
  rule: z.string().max(64).optional(),
  severity: FlagSeverity,
  matched: z.array(z.strictObject({ field: z.string().max(64), value: ShortText })).max(8),
})
export type HeldFor = z.infer<typeof HeldFor>

export const approvalData = {
  'approval.requested': z.strictObject({
    approval: ApprovalId,
    call: CallId,
    tool: ShortText,
    /** As canonical JSON; cut with its length stated where it is longer than is kept: the digest is of the whole. */
    input: LongText,
    cwd: LongText.optional(),
    digest: Digest,
    capability: Capability.optional(),
    /** Of the worst reason. High and critical take a second, deliberate key to allow. */
    severity: FlagSeverity,
    people: z.union([z.literal(1), z.literal(2)]),
    /** Name of the policy's rule that holds it. */
    policy: ShortText,
    heldFor: z.array(HeldFor).max(16),
    /** Then it is denied: the policy's limit, or the caller's own deadline where that is sooner. */
    expiresAtMs: AtMs,
    /** Who asked: it can never decide. */
    askedBy: Actor,
  }),
  /** With two people: the first of them. */
  'approval.endorsed': z.strictObject({ approval: ApprovalId, by: Actor, reason: ShortText.optional() }),
  'approval.decided': z.strictObject({
    approval: ApprovalId,
    decision: z.enum(['approved', 'edited', 'denied', 'expired', 'withdrawn']),
    by: Actor,
    scope: ApprovalScope.optional(),
    /** Goes to the agent. */
    reason: ShortText.optional(),
    /** With `edited`: what may run instead, and its digest. */
    input: LongText.optional(),
    digest: Digest.optional(),
  }),
  /** It let one call through. */
  'approval.used': z.strictObject({ approval: ApprovalId, call: CallId, digest: Digest }),
} as const

export const ApprovalView = z.object({
  approval: ApprovalId,
  session: SessionId,
  host: HostId.optional(),
  call: z.string(),
  tool: z.string(),
  input: z.string(),
  cwd: z.string().optional(),
  digest: z.string(),
  capability: Capability.optional(),
  severity: FlagSeverity,
  people: z.number(),
  policy: z.string(),
  heldFor: z.array(HeldFor),
  askedAtMs: AtMs,
  expiresAtMs: AtMs,
  askedBy: Actor,
  endorsedBy: z.array(Actor),
  /** Absent while it waits. */
  decided: z
    .object({
      decision: z.enum(['approved', 'edited', 'denied', 'expired', 'withdrawn']),
      by: Actor,
      atMs: AtMs,
      scope: ApprovalScope.optional(),
      reason: z.string().optional(),
      input: z.string().optional(),
    })
    .optional(),
  /** How often it let a call through. */
  used: z.number(),
  /** How much of its text is masked, by kind; the digest is of the original. */
  masked: SecretCounts.optional(),
})
export type ApprovalView = z.infer<typeof ApprovalView>

/** `POST /api/approvals/{id}/decision` */
export const ApprovalDecisionRequest = z.strictObject({
  decision: z.enum(['approve', 'edit', 'deny']),
  scope: ApprovalScope.default('once'),
  reason: z.string().trim().max(500).optional(),
  /** With `edit`: what may run instead. */
  input: z.unknown().optional(),
  /** What the person looked at: a decision about anything else is refused. */
  digest: Digest.optional(),
})
export type ApprovalDecisionRequest = z.infer<typeof ApprovalDecisionRequest>
