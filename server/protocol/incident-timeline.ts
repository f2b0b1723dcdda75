// What happened around an incident, ready to be drawn on one axis of time. Every text may be an agent's and is cut with its length stated.
import { z } from 'zod'
import { AtMs, SessionId } from './ids.ts'
import { IncidentId } from './incident.ts'
import { TieLevel } from './signal.ts'
import { Trust } from './trust.ts'

export const timelineItemsMax = 10_000

export const TimelineLane = z.enum(['agent', 'process', 'network', 'firewall', 'flags', 'operators', 'gaps'])
export type TimelineLane = z.infer<typeof TimelineLane>

export const TimelineTone = z.enum(['critical', 'warn', 'frozen', 'plain'])
export type TimelineTone = z.infer<typeof TimelineTone>

export const TimelineItem = z.object({
  id: z.string(),
  lane: TimelineLane,
  /** `span`: it lasted, or lasts on where it has no end. `moment`: it has none. */
  form: z.enum(['span', 'moment']),
  /** By its source's clock. */
  atMs: AtMs,
  endAtMs: AtMs.optional(),
  /** When this server knew of it. */
  seenAtMs: AtMs,
  endSeenAtMs: AtMs.optional(),
  label: z.string(),
  /** What there is to read besides. */
  detail: z.string(),
  tone: TimelineTone,
  trust: Trust,
  kind: z.string(),
  session: SessionId.optional(),
  /** The action that it was tied to, where that is among the items. Absent `level`: the fact itself names it. */
  tie: z.object({ to: z.string(), level: TieLevel.optional() }).optional(),
})
export type TimelineItem = z.infer<typeof TimelineItem>

/** `GET /api/incidents/{id}/timeline` */
export const IncidentTimeline = z.object({
  incident: IncidentId,
  fromMs: AtMs,
  toMs: AtMs,
  items: z.array(TimelineItem),
  /** Facts of this session that the server saw after `afterMs` are not all here. */
  leftOut: z.array(z.object({ session: SessionId, afterMs: AtMs })),
  /** Sessions of it of which nothing was read. */
  sessionsLeftOut: z.number(),
})
export type IncidentTimeline = z.infer<typeof IncidentTimeline>
