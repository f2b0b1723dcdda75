// Destinations of sessions' connections as a page shows them, and the allowlists that say what is expected. Names and programs are the
// agent's or a client's own words: hostile.
import { z } from 'zod'

/** Which list: of all sessions, of one task set, of one training run; a part of context.yml. */
export const AllowScope = z.enum(['all', 'taskSet', 'run'])
export type AllowScope = z.infer<typeof AllowScope>

const Ports = z.array(z.union([z.number(), z.string()]))

export const AllowEntry = z.object({
  scope: AllowScope,
  /** Of the task set or run; empty for all. */
  name: z.string(),
  /** Place in its list. */
  index: z.number(),
  to: z.string(),
  ports: Ports.optional(),
  why: z.string().optional(),
})
export type AllowEntry = z.infer<typeof AllowEntry>

export const AllowlistView = z.object({
  /** Version of context.yml; a change names it as its base. */
  version: z.number(),
  entries: z.array(AllowEntry),
  /** Who wrote which version, newest first. */
  changes: z.array(z.object({ version: z.number(), by: z.string(), atMs: z.number(), note: z.string().optional() })),
  /** Of a moment of the past: whether its own lists are kept. */
  lists: z.enum(['then', 'now']).optional(),
})
export type AllowlistView = z.infer<typeof AllowlistView>

export const AllowRequest = z.strictObject({
  base: z.int().min(0),
  scope: AllowScope,
  name: z.string().max(128).default(''),
  to: z.string().min(1, 'write an address, a network or a host name').max(300),
  /** `443` or `8000-8999`; absent: all of them. */
  ports: z
    .array(z.union([z.int(), z.string().max(11)]))
    .max(64)
    .optional(),
  why: z.string().min(3, 'say why in a few words: it stands in every flag that this changes').max(200),
})
export type AllowRequest = z.infer<typeof AllowRequest>

/** `to` must be what stands at `index`: a list that changed in between is not cut at the wrong place. */
export const DisallowRequest = z.strictObject({
  base: z.int().min(0),
  scope: AllowScope,
  name: z.string().max(128).default(''),
  index: z.int().min(0),
  to: z.string().max(300),
})
export type DisallowRequest = z.infer<typeof DisallowRequest>

/** `listed`: a list expects it of every session that used it; `partly`: of some. Never: the network let it through. */
export const Listing = z.enum(['listed', 'partly', 'unlisted'])
export type Listing = z.infer<typeof Listing>

export const DestinationView = z.object({
  key: z.string(),
  protocol: z.string(),
  address: z.string(),
  /** Absent: many ports of this address, counted together. */
  port: z.number().optional(),
  /** As clients and sensors said it, not as anybody proved. */
  names: z.array(z.string()),
  scope: z.string(),
  firstSeenAtMs: z.number(),
  lastSeenAtMs: z.number(),
  isNew: z.boolean(),
  connections: z.number(),
  /** Of closed ones whose bytes the kernel counted. */
  bytesOut: z.number(),
  bytesIn: z.number(),
  /** Closed ones whose bytes nobody counted. */
  uncounted: z.number(),
  sessions: z.array(z.string()),
  sessionCount: z.number(),
  /** There were more than are remembered one by one. */
  moreSessions: z.boolean(),
  hosts: z.array(z.string()),
  programs: z.array(z.string()),
  listing: Listing,
  lists: z.array(AllowEntry),
  /** Flows that a sensor reported as denied. */
  denied: z.number(),
  /** Of its sessions, those whose host reads the network as taken away now. */
  revokedSessions: z.number(),
})
export type DestinationView = z.infer<typeof DestinationView>

export const DestinationUse = z.object({
  session: z.string(),
  host: z.string().optional(),
  taskSet: z.string().optional(),
  run: z.string().optional(),
  program: z.string().optional(),
  pid: z.number().optional(),
  firstAtMs: z.number(),
  lastAtMs: z.number(),
  connections: z.number(),
  bytesOut: z.number(),
  bytesIn: z.number(),
})
export type DestinationUse = z.infer<typeof DestinationUse>

/** How a book as of a past moment was made, so that no figure is taken for more than it is. */
export const PastBookView = z.object({
  /** Connections, bytes, sessions and denials are counted from then on only; absent: from the log's beginning. */
  countedSinceMs: z.number().optional(),
  /** Listed with all that was ever counted of them, because nothing was added since; their names and denials may be newer. */
  carried: z.number(),
  /** Known by then and used again since: not listed, because their figures of then are not known. */
  unknown: z.number(),
  /** Whether the allowlists that they are compared with were in force then. */
  lists: z.enum(['then', 'now']),
})
export type PastBookView = z.infer<typeof PastBookView>

export const DestinationDetail = z.object({
  destination: DestinationView,
  uses: z.array(DestinationUse),
  /** Connections opened in each 10 minutes of the last day; those without are left out. */
  slots: z.array(z.object({ fromMs: z.number(), connections: z.number() })),
  slotMs: z.number(),
  past: PastBookView.optional(),
})
export type DestinationDetail = z.infer<typeof DestinationDetail>

export const DestinationPage = z.object({
  destinations: z.array(DestinationView),
  /** Of those that match. */
  matching: z.number(),
  kept: z.number(),
  /** Forgotten since the start, because there were too many. */
  forgotten: z.number(),
  newCount: z.number(),
  newForMs: z.number(),
  newUnlisted: z.number(),
  /** The log is still being read after a start: counts are not whole. */
  isReading: z.boolean(),
  past: PastBookView.optional(),
})
export type DestinationPage = z.infer<typeof DestinationPage>
