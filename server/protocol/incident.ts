// An incident: flags that belong together, and what people did about them. Its own facts are events of the log like all others; which flags
// belong to it, and why, is written down when it is decided and never worked out again.
import { z } from 'zod'
import { Actor } from './actor.ts'
import { FlagSeverity, FlagVerdict } from './flag.ts'
import { AtMs, CallId, EventId, HostId, SessionId } from './ids.ts'
import { PostmortemSection, sectionTextMax } from './postmortem-section.ts'
import { LongText, ShortText } from './text.ts'

/** `INC-212`: short enough to be said on a telephone. Counted from 1 in each installation. */
export const IncidentId = z
  .string()
  .regex(/^INC-[1-9][0-9]{0,8}$/, 'an incident is INC- and a number')
  .brand<'IncidentId'>()
export type IncidentId = z.infer<typeof IncidentId>

export function incidentIdOf(n: number): IncidentId {
  return IncidentId.parse(`INC-${n}`)
}

/** 1 is the worst. */
export const IncidentSeverity = z.enum(['sev1', 'sev2', 'sev3'])
export type IncidentSeverity = z.infer<typeof IncidentSeverity>

/** `contained`: every session of it was seen to be held or ended; asked is not enough. An acknowledgement lapses, and it is open again. */
export const IncidentStatus = z.enum(['open', 'acknowledged', 'contained', 'resolved'])
export type IncidentStatus = z.infer<typeof IncidentStatus>

/** Unless who acknowledges says otherwise. */
export const acknowledgedForMs = 30 * 60_000

/** What people change. */
export const IncidentChange = z.discriminatedUnion('type', [
  /** Seen, and somebody looks into it until then; who does it owns it from then on, where nobody did. */
  z.strictObject({ type: z.literal('acknowledge'), untilMs: AtMs }),
  /** Without `owner`: nobody's any more. */
  z.strictObject({ type: z.literal('assign'), owner: Actor.optional() }),
  z.strictObject({ type: z.literal('retitle'), title: ShortText.min(1) }),
  z.strictObject({ type: z.literal('grade'), severity: IncidentSeverity }),
  z.strictObject({ type: z.literal('note'), text: LongText.min(1) }),
  /** A section of the postmortem, whole, as people see it; empty takes it away. `basedOn`: the version that its writer had before them. */
  z.strictObject({
    type: z.literal('write'),
    section: PostmortemSection,
    text: z.string().max(sectionTextMax),
    basedOn: z.int().min(0),
  }),
  z.strictObject({ type: z.literal('resolve'), verdict: FlagVerdict, reason: ShortText.optional() }),
  z.strictObject({ type: z.literal('reopen'), reason: ShortText.optional() }),
  /** It goes on as a part of the other one. */
  z.strictObject({ type: z.literal('merge'), into: IncidentId }),
  /** These sessions, with their flags, are an incident of their own from now on. */
  z.strictObject({ type: z.literal('split'), into: IncidentId, sessions: z.array(SessionId).min(1).max(100) }),
])
export type IncidentChange = z.infer<typeof IncidentChange>

/** One flag as a part of an incident. Text that matched is not kept here: it is in the flag. */
const Joined = {
  flag: EventId,
  rule: z.string().max(64),
  title: ShortText,
  severity: FlagSeverity,
  tactics: z.array(z.string().max(64)).max(16),
  techniques: z.array(z.string().max(64)).max(16),
  session: SessionId.optional(),
  host: HostId.optional(),
  call: CallId.optional(),
  /** Log source in which it was seen, for example `alert`. */
  source: z.string().max(64),
  /** Of the flag, by its source's clock. */
  flagAtMs: AtMs,
  /** When the flag was raised, by ours. */
  detectedAtMs: AtMs,
  /** Far ends that the flag names. */
  destinations: z.array(z.string().max(128)).max(8),
}

export const incidentData = {
  'incident.opened': z.strictObject({
    incident: IncidentId,
    /** Why it is one: in our own words. */
    because: ShortText,
    /** An earlier, resolved one of the same session. */
    follows: IncidentId.optional(),
    /** A rehearsal: said everywhere, and counted nowhere. */
    isDrill: z.boolean(),
    /** It was split off this one. */
    from: IncidentId.optional(),
  }),
  'incident.joined': z.strictObject({ incident: IncidentId, because: ShortText, ...Joined }),
  'incident.changed': z.strictObject({ incident: IncidentId, by: Actor, change: IncidentChange }),
} as const

// ---- what is shown -----------------------------------------------------------------------------------------------

export const IncidentFlagView = z.object({ ...Joined, because: z.string() })
export type IncidentFlagView = z.infer<typeof IncidentFlagView>

/** What was done, in order; `note` and `reason` are people's words. */
export const IncidentLogEntry = z.object({
  atMs: AtMs,
  seq: z.number(),
  by: Actor.optional(),
  change: IncidentChange,
})
export type IncidentLogEntry = z.infer<typeof IncidentLogEntry>

/** One line of the list. `title` is made of rules' titles and of names of sessions or hosts, or written by a person. */
export const IncidentView = z.object({
  incident: IncidentId,
  title: z.string(),
  severity: IncidentSeverity,
  status: IncidentStatus,
  isDrill: z.boolean(),
  because: z.string(),
  owner: Actor.optional(),
  sessions: z.array(SessionId),
  /** It has others that are not listed. */
  moreSessions: z.boolean(),
  /** Of those, so many are seen to be held or have ended. */
  containedSessions: z.number(),
  /** Of those, so many have left memory: of them nothing can be said any more. */
  forgottenSessions: z.number(),
  hosts: z.array(HostId),
  /** How often anything was flagged; `flags` of the detail may be fewer. */
  flagCount: z.number(),
  tactics: z.array(z.string()),
  techniques: z.array(z.string()),
  /** The oldest evidence, by its source's clock. */
  firstAtMs: AtMs,
  /** When the first flag was raised, by ours. */
  detectedAtMs: AtMs,
  newestAtMs: AtMs,
  acknowledgedAtMs: AtMs.optional(),
  /** Of the acknowledgement that stands, or lapsed. */
  acknowledgedUntilMs: AtMs.optional(),
  containedAtMs: AtMs.optional(),
  resolvedAtMs: AtMs.optional(),
  verdict: FlagVerdict.optional(),
  mergedInto: IncidentId.optional(),
  follows: IncidentId.optional(),
  from: IncidentId.optional(),
  /** GPU time that its sessions spent beside their task, and what that cost; absent where nothing is known of it. */
  offTask: z.object({ gpuHours: z.number(), usd: z.number().optional() }).optional(),
  seq: z.number(),
})
export type IncidentView = z.infer<typeof IncidentView>

export const IncidentDetail = IncidentView.extend({
  flags: z.array(IncidentFlagView),
  log: z.array(IncidentLogEntry),
  /** It was over for so long that it left memory: this is how the log had it when it was last changed. Nothing can be changed any more. */
  asLastKnownAtMs: AtMs.optional(),
})
export type IncidentDetail = z.infer<typeof IncidentDetail>

/** Evidence is found in hours, sometimes days. What is told to be older is likelier a time that an agent wrote into its own fact. */
const believedBeforeMs = 7 * 24 * 3_600_000

/**
 * From the first evidence, by its source's clock, to the first flag, by ours. Undefined: nothing was measured, for that clock ran ahead of ours,
 * or tells of a time that nobody believes.
 */
export function detectedInMs({
  firstAtMs,
  detectedAtMs,
}: Pick<IncidentView, 'firstAtMs' | 'detectedAtMs'>): number | undefined {
  const tookMs = detectedAtMs - firstAtMs
  return tookMs < 0 || tookMs > believedBeforeMs ? undefined : tookMs
}

/** What is told of containing: when every session was first seen held or ended, or what is said where that is not told. */
export type ContainedAs = { atMs: number } | { instead: 'not known' | 'never' | 'not yet' }

/** `not known` where all are seen to be so and nobody saw since when, or where some have left memory: it is no `never` then. */
export function containedAs(
  incident: Pick<
    IncidentView,
    'containedAtMs' | 'sessions' | 'containedSessions' | 'moreSessions' | 'forgottenSessions' | 'mergedInto' | 'status'
  >,
): ContainedAs {
  const { containedAtMs, forgottenSessions, mergedInto, status } = incident
  if (containedAtMs !== undefined) return { atMs: containedAtMs }
  if (isWholeSeen(incident)) return { instead: 'not known' }
  if (status !== 'resolved') return { instead: 'not yet' }
  return { instead: forgottenSessions > 0 || mergedInto !== undefined ? 'not known' : 'never' }
}

/** Every session of it is seen to be held or over, and all that it had are listed. */
export function isWholeSeen(incident: Pick<IncidentView, 'sessions' | 'containedSessions' | 'moreSessions'>): boolean {
  const { sessions, containedSessions, moreSessions } = incident
  return sessions.length > 0 && containedSessions === sessions.length && !moreSessions
}

/** `GET /api/incidents` */
export const IncidentList = z.object({ atMs: AtMs, incidents: z.array(IncidentView) })

/** In every frame of the whole console: the list itself is asked for when `mark` is another. Drills are counted apart. */
export const IncidentsMark = z.object({ open: z.number(), drills: z.number(), mark: z.string() })
export type IncidentsMark = z.infer<typeof IncidentsMark>
