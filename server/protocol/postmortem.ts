// A postmortem as far as facts can write it, and what people wrote beside them. Every text of a fact may be an agent's.
import { z } from 'zod'
import { AtMs } from './ids.ts'
import { IncidentLogEntry, IncidentView } from './incident.ts'
import { TimelineItem } from './incident-timeline.ts'
import { WrittenSection } from './postmortem-section.ts'

/** One sentence of ours, and whose words or which fact it tells of. */
export const FactLine = z.object({
  says: z.string(),
  /** Of the fact, by its source's clock. */
  atMs: AtMs.optional(),
  /** Anybody's words. */
  quotes: z.array(z.string()).optional(),
  /** The fact itself, an item of the timeline. */
  evidence: z.string().optional(),
})
export type FactLine = z.infer<typeof FactLine>

export const DelayLine = z.object({
  what: z.string(),
  /** Absent: it has not happened, or is not measured from anything. */
  tookMs: z.number().optional(),
  atMs: AtMs.optional(),
  /** Why no span is told, in our words: `never`, `not known`. */
  instead: z.string().optional(),
})
export type DelayLine = z.infer<typeof DelayLine>

/** One of the three kinds of trouble, and by which tactics of the flags it is one of that kind. */
export const TroubleKind = z.object({ name: z.string(), tactics: z.array(z.string()) })
export type TroubleKind = z.infer<typeof TroubleKind>

/** What is shown as a card: the worst and the first; `left` are so many more. */
export const PostmortemEvidence = z.object({
  flags: z.array(TimelineItem),
  receipts: z.array(TimelineItem),
  ties: z.array(z.object({ fact: TimelineItem, action: TimelineItem })),
  left: z.object({ flags: z.number(), receipts: z.number(), ties: z.number() }),
  /** Alerts and connections that are tied to a call which this document does not hold. */
  tiedBeyond: z.number(),
})
export type PostmortemEvidence = z.infer<typeof PostmortemEvidence>

/** `GET /api/incidents/{id}/postmortem` */
export const Postmortem = z.object({
  madeAtMs: AtMs,
  /** Where people open the console, without a slash at the end. */
  consoleUrl: z.string(),
  incident: IncidentView,
  written: z.array(WrittenSection),
  /** Titles of what was seen, in order. */
  seen: z.array(z.string()),
  /** Far ends that flags name. */
  farEnds: z.object({ named: z.array(z.string()), left: z.number() }),
  delays: z.array(DelayLine),
  worked: z.array(FactLine),
  failed: z.array(FactLine),
  kinds: z.array(TroubleKind),
  /** Tactics that are of no kind. */
  unsorted: z.array(z.string()),
  evidence: PostmortemEvidence,
  /** Facts that people cite, where the timeline has them. */
  cited: z.array(TimelineItem),
  timeline: z.object({ items: z.array(TimelineItem), left: z.number() }),
  /** Notes alone. */
  notes: z.array(IncidentLogEntry),
})
export type Postmortem = z.infer<typeof Postmortem>
