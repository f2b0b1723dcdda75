// What the console shows of facts that name no session of their own: alerts, flows, lookups; with what they were tied to, or that they
// were not.
import { z } from 'zod'
import { AtMs, EventId, HostId, SessionId } from './ids.ts'
import { NetEnd, Severity, TieLevel } from './signal.ts'
import { Trust } from './trust.ts'

export const TieView = z.object({
  session: SessionId,
  /** Absent: of the session, of no call that is known. */
  call: z.string().optional(),
  level: TieLevel,
  score: z.number(),
  /** The `attribution.made` that says why. */
  event: EventId,
})
export type TieView = z.infer<typeof TieView>

export const SignalView = z.object({
  id: EventId,
  seq: z.number(),
  kind: z.string(),
  atMs: AtMs,
  seenAtMs: AtMs,
  trust: Trust,
  /** Through which door it came: `format/name`. */
  source: z.string().optional(),
  host: HostId.optional(),
  /** What a person reads first: the alert's title, the name looked up, the destination. Hostile text. */
  title: z.string(),
  severity: Severity.optional(),
  /** `denied` and `blocked` alike: it did not get through. */
  outcome: z.enum(['allowed', 'denied', 'unknown']).optional(),
  protocol: z.string().optional(),
  from: NetEnd.optional(),
  to: NetEnd.optional(),
  names: z.array(z.string()),
  bytesOut: z.number().optional(),
  bytesIn: z.number().optional(),
  tie: TieView.optional(),
})
export type SignalView = z.infer<typeof SignalView>

/** Groups of kinds that a person chooses among. */
export const signalGroups = {
  alerts: ['alert.raised', 'gpu.fault'],
  flows: ['flow.observed'],
  lookups: ['dns.queried'],
  sessions: ['ssh.observed', 'tls.observed', 'http.requested', 'file.transferred'],
  host: ['connection.reported', 'process.reported', 'file.reported', 'login.reported'],
} as const
export type SignalGroup = keyof typeof signalGroups
