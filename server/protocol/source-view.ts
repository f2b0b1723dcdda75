// What the console says of a source: which facts came through which door, how fast, how late, and what was refused there and why.
import { z } from 'zod'
import { AtMs, HostId } from './ids.ts'
import { Trust } from './trust.ts'

const Reason = z.object({
  reason: z.string(),
  count: z.number(),
  /** First record of that kind, quoted and cut; written by whoever writes the source. */
  example: z.string(),
})

/**
 * When something was heard, oldest first, one character a step: `1` heard, `0` not, `?` nobody was listening. The last step is the one that runs.
 */
export const HeardView = z.object({ nowMs: AtMs, hour: z.string(), day: z.string() })
export type HeardView = z.infer<typeof HeardView>
export const hourStepMs = 60_000
export const dayStepMs = 15 * 60_000

/** Nothing for so long is worth a look: a sensor may be down, or its way to here. */
export const silentAfterMs = 5 * 60_000

/** Silence is judged by a source's own habit: five of its usual pauses, but not less than half a minute. */
export function silentAfterOf({ usualPauseMs }: { usualPauseMs?: number | undefined }): number {
  return usualPauseMs === undefined ? silentAfterMs : Math.max(30_000, usualPauseMs * 5)
}

export const SourceView = z.object({
  /** `format/name`. */
  id: z.string(),
  format: z.string(),
  name: z.string(),
  title: z.string(),
  trust: Trust,
  firstSeenAtMs: AtMs,
  /** Heartbeat: when something last came, whatever became of it. */
  lastSeenAtMs: AtMs,
  /** Newest time that one of its facts carries, on its own clock. */
  newestAtMs: AtMs.optional(),
  records: z.number(),
  events: z.number(),
  /** Of those, known before: the same record sent twice is one event. */
  duplicates: z.number(),
  samples: z.number(),
  skipped: z.number(),
  refused: z.number(),
  bytes: z.number(),
  /** Over the last minute. */
  recordsPerSecond: z.number(),
  /** How long after they happened its newest facts arrived, by the two clocks as they are; median of the last batches. */
  lagMs: z.number().optional(),
  /** Its clock against the traces of agents: added to its times before they are compared. */
  clock: z.object({ against: z.string(), offsetMs: z.number(), spreadMs: z.number(), pairs: z.number() }).optional(),
  heard: HeardView.optional(),
  /** Nine of ten pauses between its batches were shorter. Absent: too few came to say. */
  usualPauseMs: z.number().optional(),
  /** Why nothing comes, where it is known. */
  silentBecause: z.object({ reason: z.string(), atMs: AtMs }).optional(),
  understood: z.array(z.object({ what: z.string(), count: z.number() })),
  skippedReasons: z.array(Reason),
  refusedReasons: z.array(Reason),
})
export type SourceView = z.infer<typeof SourceView>

/** The probe of a host, as a source of its own. */
export const ProbeHeartbeat = z.object({
  host: HostId,
  connected: z.boolean(),
  /** Since when it is so. */
  sinceMs: AtMs,
  /** Why it went, as the server saw it. */
  goneBecause: z.string().optional(),
  heard: HeardView,
})
export type ProbeHeartbeat = z.infer<typeof ProbeHeartbeat>

export const FormatView = z.object({
  format: z.string(),
  title: z.string(),
  trust: Trust,
  framing: z.enum(['lines', 'document']),
})
export type FormatView = z.infer<typeof FormatView>
