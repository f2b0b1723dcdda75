// What detection says of a session, as facts in the log: a flag (one rule, one thing it saw) and a finding (the same flag in several episodes
// of one training run: something the policy has learned). Text that matched is the agent's.
import { z } from 'zod'
import { Actor } from './actor.ts'
import { CallId, EventId, SessionId } from './ids.ts'
import { ShortText } from './text.ts'

/** Sigma's levels, in order. `high` and `critical` page a person. */
export const FlagSeverity = z.enum(['informational', 'low', 'medium', 'high', 'critical'])
export type FlagSeverity = z.infer<typeof FlagSeverity>

/** What an operator says of a flag: it was what it says, it was noise, or it was a rehearsal. */
export const FlagVerdict = z.enum(['true', 'false', 'drill'])
export type FlagVerdict = z.infer<typeof FlagVerdict>

export function isPage(severity: FlagSeverity): boolean {
  return severity === 'high' || severity === 'critical'
}

/** After so long a flag weighs half: the whole score with it. */
export const riskHalfLifeMs = 30 * 60_000

/** What a score of then is worth now. */
export function riskNow(risk: { score: number; atMs: number }, nowMs: number): number {
  return risk.score * 0.5 ** (Math.max(0, nowMs - risk.atMs) / riskHalfLifeMs)
}

const Id = z.string().max(64)

export const flagData = {
  'flag.raised': z.strictObject({
    rule: Id,
    title: ShortText,
    severity: FlagSeverity,
    /** What the rule itself says, where context changed it. */
    ruleSeverity: FlagSeverity.optional(),
    /** ATT&CK, newest number first. */
    techniques: z.array(Id).max(16),
    /** ATT&CK tactics, for example `command-and-control`. */
    tactics: z.array(Id).max(16),
    behaviour: Id.optional(),
    /** Log source in which it was seen. */
    source: Id,
    /** The tool call in which it was seen. */
    call: CallId.optional(),
    /** The fact in which it was seen; absent where it took many. */
    cause: EventId.optional(),
    matched: z.array(z.strictObject({ field: Id, value: ShortText })).max(16),
    fingerprint: ShortText,
    /** Which context made it worse or better. */
    context: z.array(ShortText).max(16),
    /** Why what it saw was not understood to its end. */
    notFully: ShortText.optional(),
    /** The session's risk with it. */
    risk: z
      .strictObject({
        score: z.number().min(0),
        /** It is enough for an incident. */
        isIncident: z.boolean(),
        /** The heaviest contributions, in words. */
        because: z.array(ShortText).max(8),
      })
      .optional(),
  }),
  /** The newest word on a flag counts; without `verdict` what was said is taken back. */
  'flag.judged': z.strictObject({
    flag: EventId,
    rule: Id,
    verdict: FlagVerdict.optional(),
    by: Actor,
    note: ShortText.optional(),
  }),
  'finding.made': z.strictObject({
    /** The training run whose policy does it. */
    run: ShortText,
    rule: Id,
    title: ShortText,
    severity: FlagSeverity,
    fingerprint: ShortText,
    sessions: z.array(SessionId).max(100),
    sessionCount: z.int().min(1),
  }),
} as const
