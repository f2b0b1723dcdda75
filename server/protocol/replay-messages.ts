// Looking back, over the same namespace `/operators` but a socket of its own: it shows the past and nothing else, and the server takes no
// control from it. Up: `replay.watch` (acknowledged with `ReplaySnapshot` or `Problem`), `replay.play`, `replay.stop`, `painted`.
// Down: `frame` as live, `replay.moment`. A moment is the server's clock (`seenAt`): the console as it was known then.
import { z } from 'zod'
import { Snapshot, Watch } from './browser-messages.ts'
import { AtMs, SessionId } from './ids.ts'

export const ReplayWatch = z.object({ watch: Watch, atMs: AtMs })
export type ReplayWatch = z.infer<typeof ReplayWatch>

export const replaySpeeds = [1, 4, 10, 30, 60] as const
export const ReplayPlay = z.object({ speed: z.union(replaySpeeds.map((speed) => z.literal(speed))) })

/** Where the replay stands. */
export const ReplayMoment = z.object({
  watch: z.int(),
  atMs: AtMs,
  /** The newest event that is in it; 0: nothing was recorded yet. */
  seq: z.number(),
  playing: z.boolean(),
  /** Of this socket's last look back: what the first event of the log says. Absent: the log is empty. */
  firstAtMs: AtMs.optional(),
  /** It had caught up with now, so it stopped. */
  caughtUp: z.boolean().optional(),
  /** Why it stopped by itself before that. */
  why: z.string().optional(),
})
export type ReplayMoment = z.infer<typeof ReplayMoment>

export const ReplaySnapshot = Snapshot.extend({ moment: ReplayMoment })
export type ReplaySnapshot = z.infer<typeof ReplaySnapshot>

/** What a person steps to: what was flagged, what was held for a person, what a person did. */
export const MarkWhat = z.enum(['flag', 'approval', 'control'])
export type MarkWhat = z.infer<typeof MarkWhat>

export const kindsOfMark: Readonly<Record<MarkWhat, readonly string[]>> = {
  flag: ['flag.raised'],
  approval: ['approval.requested', 'approval.decided'],
  control: ['control.requested', 'containment.requested', 'containment.lifted'],
}

export const ReplayMarks = z.object({
  fromMs: AtMs,
  toMs: AtMs,
  /** Equal parts of the span that hold any, ascending; `atMs`: of the first of them. */
  marks: z.array(z.object({ atMs: AtMs, what: MarkWhat, count: z.number() })),
  /** When the log begins. */
  firstAtMs: AtMs.optional(),
})
export type ReplayMarks = z.infer<typeof ReplayMarks>

export const ReplayStep = z.object({
  /** Absent: there is none on that side. */
  step: z.object({ atMs: AtMs, what: MarkWhat, session: SessionId.optional() }).optional(),
})

/** A moment as an address has it, `?at=`: epoch milliseconds, or ISO 8601 with its zone. Undefined: it is neither. */
export function momentOf(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  // Without a zone it would be another moment for every reader.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined
  const atMs = Date.parse(text)
  return Number.isFinite(atMs) && atMs >= 0 ? atMs : undefined
}
