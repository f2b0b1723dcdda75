// The numbers over time as the console shows them: how long things took, what fired, how often that was right, and how long actions waited for
// a person. What was not measured is absent or null, and never 0.
import { z } from 'zod'
import { FlagSeverity } from './flag.ts'
import { AtMs } from './ids.ts'
import { VerdictCounts } from './rule-view.ts'

/** Days that can be asked for. */
export const numbersDays = [7, 30, 90] as const
export type NumbersDays = (typeof numbersDays)[number]

export const numbersTables = ['delays', 'flags', 'precision', 'approvals'] as const
export type NumbersTable = (typeof numbersTables)[number]

/** Of at least one measurement. The 90th percentile is the nearest rank: a span that was really measured. */
export const Spread = z.object({ meanMs: z.number(), medianMs: z.number(), p90Ms: z.number() })
export type Spread = z.infer<typeof Spread>

export const Delay = z.object({
  /** Absent: nothing was measured. */
  spread: Spread.optional(),
  /** How many `spread` is of. */
  measured: z.number(),
  /** Not over, and it has not come to that: in no figure until it has. */
  open: z.number(),
  /** Of those, how long the longest is going on. */
  longestOpenMs: z.number().optional(),
  /** Over without it. */
  never: z.number(),
  /** Nobody can tell: a source's clock that runs ahead or tells of more than a week before, or facts that have left memory. */
  unknown: z.number(),
})
export type Delay = z.infer<typeof Delay>

export const IncidentFigures = z.object({
  incidents: z.number(),
  /** First evidence, by its source's clock, to the first flag, by ours. */
  detect: Delay,
  /** First flag to the first acknowledgement. */
  acknowledge: Delay,
  /** First flag to when every session was seen to be held or ended. */
  contain: Delay,
})
export type IncidentFigures = z.infer<typeof IncidentFigures>

export const ApprovalFigures = z.object({
  asked: z.number(),
  allowed: z.number(),
  denied: z.number(),
  /** Nobody decided in its time. */
  expired: z.number(),
  /** Its session ended first. */
  withdrawn: z.number(),
  waiting: z.number(),
  longestWaitingMs: z.number().optional(),
  /** Of those allowed and denied, how many a signed-in person decided; the others a key did. `wait` is of these. */
  byPerson: z.number(),
  /** From asking to the decision, of those that a person decided; absent: nobody decided one. */
  wait: Spread.optional(),
})
export type ApprovalFigures = z.infer<typeof ApprovalFigures>

/** A day, or a week of seven, in UTC; the newest goes on. `heardDays`: days of it of which the log has anything at all. */
export const NumbersStep = z.object({ fromMs: AtMs, toMs: AtMs, days: z.number(), heardDays: z.number() })
export type NumbersStep = z.infer<typeof NumbersStep>

/** Nothing was heard in it, or it lies before what was read: of such a step a count says nothing. */
export function isTold(step: NumbersStep, sinceMs: number | undefined): boolean {
  return step.heardDays > 0 && (sinceMs === undefined || step.toMs > sinceMs)
}

const PerStep = z.array(z.number().nullable())

export const RuleFlags = z.object({
  rule: z.string(),
  /** Absent: no rule of this name runs now. */
  title: z.string().optional(),
  severity: FlagSeverity.optional(),
  flags: z.number(),
  /** In the order of the steps; null: nothing is known of that step. */
  perStep: PerStep,
})
export type RuleFlags = z.infer<typeof RuleFlags>

export const RulePrecision = z.object({
  rule: z.string(),
  title: z.string().optional(),
  verdicts: VerdictCounts,
  /** true / (true + false); absent: nobody said either. */
  precision: z.number().optional(),
})
export type RulePrecision = z.infer<typeof RulePrecision>

/** `GET /api/numbers`. `sinceMs` of a part: what is older was more than is read, and is not in it. */
export const NumbersView = z.object({
  atMs: AtMs,
  days: z.number(),
  /** Drills are counted too. */
  drills: z.boolean(),
  /** Oldest first. */
  steps: z.array(NumbersStep),
  incidents: z.object({
    all: IncidentFigures,
    perStep: z.array(IncidentFigures),
    drillsLeftOut: z.number(),
    /** They go on as a part of another one. */
    mergedLeftOut: z.number(),
    /** Resolved long ago and taken from the log: of those nobody kept when they were contained. */
    fromLog: z.number(),
    sinceMs: AtMs.optional(),
  }),
  flags: z.object({
    /** Most flags first. */
    rules: z.array(RuleFlags),
    perStep: PerStep,
    drillsLeftOut: z.number(),
    /** Without a rule's name that can be read. */
    unreadable: z.number(),
    sinceMs: AtMs.optional(),
  }),
  precision: z.object({
    /** Most judged first. */
    rules: z.array(RulePrecision),
    sinceMs: AtMs.optional(),
  }),
  approvals: z.object({
    all: ApprovalFigures,
    perStep: z.array(ApprovalFigures),
    drillsLeftOut: z.number(),
    unreadable: z.number(),
    sinceMs: AtMs.optional(),
  }),
})
export type NumbersView = z.infer<typeof NumbersView>
