// What the Live page asks for besides its socket: the figures that need more than rows, and the marks of lanes.
import { z } from 'zod'
import { AtMs, SessionId } from './ids.ts'
import { Trust } from './trust.ts'

/** A destination is called new for so long after it was first seen. */
export const newForMs = 10 * 60_000

export const LiveFigures = z.object({
  serverNowMs: AtMs,
  gpus: z.object({
    known: z.number(),
    /** Whose newest reading of utilisation is fresh; all below is of these alone. */
    read: z.number(),
    busyPercent: z.number().optional(),
    newestAtMs: AtMs.optional(),
    offTaskNow: z.number(),
  }),
  offTask: z.object({
    gpuMs: z.number(),
    costUsd: z.number(),
    unpricedGpuMs: z.number(),
    /** How much of it came within the last `overMs`; absent until two readings are far enough apart. */
    added: z.object({ gpuMs: z.number(), overMs: z.number() }).optional(),
  }),
  destinations: z.object({
    /** First seen within `newForMs`. */
    fresh: z.number(),
    /** Of those, refused by whoever saw them. */
    denied: z.number(),
    seen: z.number(),
    newestAtMs: AtMs.optional(),
    /** More were seen than are remembered. */
    isFull: z.boolean(),
    /** The log is still being read after a start: there may be more. */
    isReading: z.boolean(),
  }),
})
export type LiveFigures = z.infer<typeof LiveFigures>

/** `paused` and `action` have a length; the rest are moments. */
export const LaneWhat = z.enum(['action', 'flag', 'waiting', 'paused', 'control', 'gap', 'begin', 'end', 'escape'])
export type LaneWhat = z.infer<typeof LaneWhat>

export const ActionClass = z.enum(['shell', 'files', 'network', 'other'])
export type ActionClass = z.infer<typeof ActionClass>

export const LaneMark = z.object({
  /** Of the event it begins with: where the session's page opens. */
  seq: z.number(),
  what: LaneWhat,
  atMs: AtMs,
  /** Absent on something with a length: it goes on. */
  endMs: AtMs.optional(),
  /** Of an action: by the name of its tool. */
  tool: ActionClass.optional(),
  /** Hostile text, cut. */
  text: z.string(),
  /** Red: a flag that pages a person, an action that was denied or failed, a control that failed. */
  isBad: z.boolean(),
  trust: Trust,
})
export type LaneMark = z.infer<typeof LaneMark>

export const LaneView = z.object({
  session: SessionId,
  /** Ascending by time. */
  marks: z.array(LaneMark),
  /** Marks left out because there are too many: the oldest. */
  more: z.number(),
  /** Nothing older than this was looked at; absent: all since the asked moment was. */
  fromMs: AtMs.optional(),
})
export type LaneView = z.infer<typeof LaneView>
