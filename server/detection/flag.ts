// What a rule or a detector says of what it saw. Plain data: whoever composes detection hands it to the log, to risk, to a policy.
import type { LogSource } from './detection-event.ts'

/** Sigma's levels, in order. `high` and `critical` page. */
export const severities = ['informational', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof severities)[number]

export type Flag = {
  /** Id of the rule: a UUID for Sigma rules, a fixed name for detectors. */
  rule: string
  title: string
  severity: Severity
  /** What the rule itself says; differs from `severity` where context changed it. */
  ruleSeverity: Severity
  /** ATT&CK ids, newest number first, for example `T1572`. */
  techniques: readonly string[]
  /** ATT&CK tactics in Sigma's spelling, for example `command-and-control`. */
  tactics: readonly string[]
  /** One of the behaviours the pack is organised by, for example `tunnel`; absent for foreign rules. */
  behaviour: string | undefined
  source: LogSource
  atMs: number
  session: string | undefined
  host: string | undefined
  call: string | undefined
  /** What matched, bounded: field and an excerpt of its value. Written by the agent. */
  matched: readonly { field: string; value: string }[]
  /** Equal for flags that say the same thing again: risk counts it once per window. */
  fingerprint: string
  /** Which context made it worse, better or silent, in words. */
  context: readonly string[]
  /** Why what it saw was not understood to its end. */
  notFully: string | undefined
}
