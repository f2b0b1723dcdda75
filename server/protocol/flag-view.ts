// What the console shows of flags, and of the rules that raise them.
import { z } from 'zod'
import { FlagSeverity } from './flag.ts'
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

export const RuleView = z.object({
  id: z.string(),
  title: z.string(),
  severity: FlagSeverity,
  behaviour: z.string().optional(),
  /** A Sigma rule, a Sigma correlation, or a detector that keeps count by itself. */
  kind: z.enum(['rule', 'correlation', 'detector']),
  /** File in its folder; absent for detectors. */
  file: z.string().optional(),
  looksAt: z.string(),
  why: z.string().optional(),
  response: z.string().optional(),
  techniques: z.array(z.string()),
  tactics: z.array(z.string()),
  atlas: z.array(z.string()),
  falsePositives: z.array(z.string()),
  /** Among the flags that are in memory. */
  flags: z.number(),
  sessions: z.number(),
  lastAtMs: AtMs.optional(),
})
export type RuleView = z.infer<typeof RuleView>

/** A rule or a file that does not run, and why. */
export const RuleProblemView = z.object({
  file: z.string(),
  line: z.number(),
  column: z.number(),
  rule: z.string().optional(),
  message: z.string(),
  /** Set where it is valid Sigma that this engine does not do. */
  construct: z.string().optional(),
})
export type RuleProblemView = z.infer<typeof RuleProblemView>
