// The whole conversation between a probe and the server, over the socket.io namespace `/probes`.
// Up: `hello`, `events`, `samples`. Down: `wanted`. Enforcement is a level, not an edge: `wanted` carries a session's
// whole wanted state, so a probe that was away needs the newest one only, and a repeat is harmless.
import { z } from 'zod'
import { Capability, ControlAction, HostRestriction } from './control.ts'
import { ControlId, HostId, SessionId } from './ids.ts'
import { Sample } from './sample.ts'
import { Selector } from './selector.ts'
import { ShortText } from './text.ts'

export const probeNamespace = '/probes'

/** Handshake `auth` of the namespace. The key decides for which host the probe may speak. */
export const ProbeAuth = z.object({ key: z.string().max(512), host: HostId, wireVersion: z.int() })
export type ProbeAuth = z.infer<typeof ProbeAuth>

/** `hello` (up, acknowledged with `Welcome`): after every (re)connect, before anything else. */
export const Hello = z.object({
  /** Identity of the spool: a new one when the probe lost its spool. Event numbers count within it, from 1, dense. */
  stream: ShortText,
  bootId: ShortText,
  /** Number of the newest event in the spool: until it is durable here, what the log says of this host is not yet its present. */
  lastN: z.int().min(0),
  /** Sessions that this probe holds right now; `paused` as read from the host this moment. */
  sessions: z.array(z.object({ session: SessionId, paused: z.boolean() })).max(10_000),
})
export type Hello = z.infer<typeof Hello>

/** The wanted state of one session. `pending` are the controls whose outcome the server still waits for. */
export const Wanted = z.object({
  session: SessionId,
  /** Everything that must be in force; what is not named here must not be. */
  restrict: z.array(HostRestriction).max(8),
  /** Oldest first. `end` and `snapshot` are acts: they are done once, and stand here until their outcome is known. */
  pending: z.array(z.object({ control: ControlId, action: ControlAction, capability: Capability.optional() })).max(100),
})
export type Wanted = z.infer<typeof Wanted>

/** Standing containments, whole: a session that one of them means is to be born frozen and cut off. */
const Standing = z.array(Selector).max(100)

export const Welcome = z.object({
  /** Highest event number of `stream` that is durable; the probe resends everything after it. */
  ackedN: z.int().min(0),
  wanted: z.array(Wanted),
  standing: Standing,
})
export type Welcome = z.infer<typeof Welcome>

/** `events` (up, acknowledged with `EventsAck` after commit): consecutive events `fromN, fromN+1, …`. */
export const EventsMessage = z.object({
  stream: ShortText,
  fromN: z.int().min(1),
  /** Each is an EventInput; parsed one by one so that one bad event does not lose its neighbours. */
  events: z.array(z.unknown()).max(2_000),
})
export type EventsMessage = z.infer<typeof EventsMessage>

/** `retry`: not durable yet (the database is away); send again after a pause. */
export const EventsAck = z.union([
  z.object({ ackedN: z.int().min(0), rejected: z.array(z.object({ n: z.int(), reason: z.string() })).optional() }),
  z.object({ retry: z.literal(true), reason: z.string() }),
])
export type EventsAck = z.infer<typeof EventsAck>

/** `samples` (up, not acknowledged, may be shed). */
export const SamplesMessage = z.object({ samples: z.array(z.unknown()).max(2_000) })
export const SamplesParsed = z.array(Sample)

/** `wanted` (down, acknowledged with `{ok: true}` on receipt: that is "delivered", never "enforced"). */
export const WantedMessage = z.object({
  wanted: z.array(Wanted),
  /** Only when it changed. */
  standing: Standing.optional(),
})
export type WantedMessage = z.infer<typeof WantedMessage>
