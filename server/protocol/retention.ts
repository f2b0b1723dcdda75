// How long what can be dropped is kept, and what incidents hold back from it. The log, flags, controls, approvals and the audit are never dropped.
import { z } from 'zod'
import { AtMs, HostId } from './ids.ts'

/** Whole UTC days. Readings are rolled up before they are dropped: to steps of ten seconds, and to minutes. */
export const RetentionDays = z
  .strictObject({
    readings: z.number().int().min(1).max(3_650),
    /** Absent: 90, or as near to it as the others allow. */
    steps: z.number().int().min(1).max(36_500).optional(),
    minutes: z.number().int().min(1).max(36_500),
  })
  .refine(({ readings, steps, minutes }) => steps === undefined || (steps >= readings && steps <= minutes), {
    message: 'steps: at least as long as readings, which they are made of, and no longer than minutes',
    path: ['steps'],
  })
  .refine(({ readings, minutes }) => minutes >= readings, {
    message: 'minutes: at least as long as readings, which they are made of',
    path: ['minutes'],
  })
export type RetentionDays = z.infer<typeof RetentionDays>

export const assumedRetention: RetentionDays = { readings: 30, minutes: 400 }

/** For how many days steps of ten seconds are kept. */
export const stepDaysOf = ({ readings, steps, minutes }: RetentionDays): number =>
  steps ?? Math.min(minutes, Math.max(readings, 90))

export const RetentionRun = z.object({
  atMs: AtMs,
  /** Partitions of readings, each a day of one kind. */
  daysDropped: z.number(),
  rowsHeld: z.number(),
  stepsDropped: z.number(),
  minutesDropped: z.number(),
  problem: z.string().optional(),
})
export type RetentionRun = z.infer<typeof RetentionRun>

export const DiskLevel = z.enum(['ok', 'low', 'very-low'])
export type DiskLevel = z.infer<typeof DiskLevel>

/** Of the disk that the data folder is on. */
export const DiskView = z.object({
  level: DiskLevel,
  /** Since when it is so. */
  sinceMs: AtMs,
  freeBytes: z.number(),
  totalBytes: z.number(),
  /** Below the one people are warned, below the other readings are shed; 0: never. */
  warnBytes: z.number(),
  shedBytes: z.number(),
  /** The disk of its database cannot be seen from here, and to shed readings would free nothing on this one. */
  databaseIsElsewhere: z.boolean(),
  /** Since the server started. */
  shedRows: z.number(),
  lastShedAtMs: AtMs.optional(),
  /** It is very low, and there is no reading left that may be shed. */
  nothingLeft: z.boolean(),
})
export type DiskView = z.infer<typeof DiskView>

/** `GET /api/retention`. `holds`: what stays however old it becomes, because an incident has it. */
export const RetentionView = z.object({
  days: RetentionDays,
  assumed: z.boolean(),
  holds: z.object({
    /** That the console still lists: what the oldest resolved ones held is let go when they leave the list. */
    incidents: z.number(),
    /** Of them: such that have more sessions than an incident keeps by name. Readings of the others are not held. */
    withMore: z.number(),
    sessions: z.number(),
    hosts: z.array(z.object({ host: HostId, fromMs: AtMs, toMs: AtMs })),
  }),
  oldestReadingsMs: AtMs.optional(),
  lastRun: RetentionRun.optional(),
  /** Absent before it was first looked at, and where nobody looks. */
  disk: DiskView.optional(),
})
export type RetentionView = z.infer<typeof RetentionView>
