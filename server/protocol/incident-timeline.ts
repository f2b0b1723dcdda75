// What happened around an incident, ready to be drawn on one axis of time. Every text may be an agent's and is cut with its length stated.
import { z } from 'zod'
import { GpuSeries } from './gpu-series-view.ts'
import { AtMs, SessionId } from './ids.ts'
import { IncidentId } from './incident.ts'
import { TieLevel } from './signal.ts'
import { Trust } from './trust.ts'

export const timelineItemsMax = 10_000

export const TimelineLane = z.enum(['agent', 'process', 'network', 'firewall', 'gpu', 'flags', 'operators', 'gaps'])
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
  /** It may have begun earlier, or have gone on longer: nobody can tell. */
  opensBefore: z.boolean().optional(),
  opensAfter: z.boolean().optional(),
  label: z.string(),
  /** What there is to read besides. */
  detail: z.string(),
  tone: TimelineTone,
  trust: Trust,
  kind: z.string(),
  session: SessionId.optional(),
  /** The action that it was tied to, where that is among the items. Absent `level`: the fact itself names it. */
  tie: z.object({ to: z.string(), level: TieLevel.optional() }).optional(),
  /** It was tied to an action that is not among the items: one from before, or one that was too much to read. */
  tiedBeyond: z.literal(true).optional(),
})
export type TimelineItem = z.infer<typeof TimelineItem>

/** One GPU on which its sessions computed, as it was read. A time without steps was not measured: that is not the same as idle. */
export const GpuCourse = GpuSeries.extend({
  index: z.number().optional(),
  /** How long its sessions had it beside their task, in all until now. */
  offTaskMs: z.number(),
})
export type GpuCourse = z.infer<typeof GpuCourse>

/** `GET /api/incidents/{id}/timeline` */
export const IncidentTimeline = z.object({
  incident: IncidentId,
  fromMs: AtMs,
  toMs: AtMs,
  items: z.array(TimelineItem),
  gpus: z.array(GpuCourse),
  /** GPUs of it whose course was not read. */
  gpusLeftOut: z.number(),
  /** Facts of this session that the server saw after `afterMs` are not all here. */
  leftOut: z.array(z.object({ session: SessionId, afterMs: AtMs })),
  /** Sessions of it of which nothing was read. */
  sessionsLeftOut: z.number(),
})
export type IncidentTimeline = z.infer<typeof IncidentTimeline>
