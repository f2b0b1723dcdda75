// What was not seen: from when to when, of which stream, how much and why, each with what is not known of it. Reasons quote hosts: hostile text.
import { z } from 'zod'
import { AtMs, HostId, SessionId } from './ids.ts'
import { Trust } from './trust.ts'

export const GapSpan = z.object({
  /** Of the fact that tells it, or what it was concluded from. */
  id: z.string(),
  /** `probe`: its host was not heard. `source`: a sensor that usually reports said nothing. */
  stream: z.enum(['events', 'samples', 'probe', 'source']),
  /** Whose facts may be missing: this session's, all of its host, or anybody's. */
  scope: z.enum(['session', 'host', 'server']),
  host: HostId.optional(),
  session: SessionId.optional(),
  source: z.string().optional(),
  /** The part that is certain; both the same where only the moment is known at which it was told. */
  fromMs: AtMs,
  toMs: AtMs,
  /** It may have begun earlier: since when is not known. */
  opensBefore: z.boolean(),
  end: z.enum(['seen', 'goes-on', 'unknown']),
  /** When this server knew of it. */
  toldAtMs: AtMs,
  /** Absent: nobody can tell how many. */
  count: z.number().optional(),
  why: z.string(),
  trust: Trust,
})
export type GapSpan = z.infer<typeof GapSpan>

/** `GET /api/sessions/{id}/gaps`: newest last. */
export const GapsView = z.object({
  session: SessionId,
  host: HostId.optional(),
  /** Looked at from here … */
  fromMs: AtMs,
  /** … to here. */
  toMs: AtMs,
  spans: z.array(GapSpan),
  /** The oldest, for which there was no room. */
  leftOut: z.number(),
})
export type GapsView = z.infer<typeof GapsView>
