// What the console shows of flags. For the rules that raise them see rule-view.ts.
import { z } from 'zod'
import { FlagSeverity, FlagVerdict } from './flag.ts'
import { AtMs, EventId, HostId, SessionId } from './ids.ts'

export const FlagView = z.object({
  id: EventId,
  seq: z.number(),
  atMs: AtMs,
  seenAtMs: AtMs,
  session: SessionId.optional(),
  host: HostId.optional(),
  rule: z.string(),
  title: z.string(),
  severity: FlagSeverity,
  ruleSeverity: FlagSeverity.optional(),
  techniques: z.array(z.string()),
  tactics: z.array(z.string()),
  behaviour: z.string().optional(),
  source: z.string(),
  call: z.string().optional(),
  cause: EventId.optional(),
  /** Hostile text. */
  matched: z.array(z.object({ field: z.string(), value: z.string() })),
  fingerprint: z.string(),
  context: z.array(z.string()),
  notFully: z.string().optional(),
  risk: z.object({ score: z.number(), isIncident: z.boolean(), because: z.array(z.string()) }).optional(),
  /** What an operator said of it last. */
  verdict: z.object({ verdict: FlagVerdict, by: z.string(), atMs: AtMs, note: z.string().optional() }).optional(),
})
export type FlagView = z.infer<typeof FlagView>

/** The same in several episodes of one training run: something the policy has learned. */
export const FindingView = z.object({
  id: EventId,
  seq: z.number(),
  seenAtMs: AtMs,
  run: z.string(),
  rule: z.string(),
  title: z.string(),
  severity: FlagSeverity,
  fingerprint: z.string(),
  /** The newest of them. */
  sessions: z.array(SessionId),
  sessionCount: z.number(),
})
export type FindingView = z.infer<typeof FindingView>
