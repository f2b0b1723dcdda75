// How the server understands an action that waits: what it would run, word by word, and what it could do. Worked out when asked, never
// recorded; every text of the action in it is the agent's.
import { z } from 'zod'
import { AtMs } from './ids.ts'

/** `cannot-tell`: something of it is not known before it runs. The list is never a promise that nothing else happens. */
export const CouldDo = z.enum([
  'reach',
  'read-credentials',
  'write',
  'delete',
  'run-downloaded',
  'install',
  'gain-root',
  'outlive',
  'open-way-in',
  'run-elsewhere',
  'cannot-tell',
])
export type CouldDo = z.infer<typeof CouldDo>

export const Could = z.object({
  does: CouldDo,
  /** The agent's text: a host, a path, a command. */
  what: z.string().max(300).optional(),
  port: z.number().int().optional(),
  /** Our words: where it stands on an allowlist, what is not known. */
  note: z.string().max(300).optional(),
})
export type Could = z.infer<typeof Could>

export const ReadCommand = z.object({
  argv: z.array(z.string().max(2_000)).max(64),
  /** How many words more. */
  moreWords: z.number().int(),
  user: z.string().max(200).optional(),
  /** `host`, `container`, or the machine that a wrapper names. */
  runsOn: z.string().max(300),
  directory: z.string().max(2_000).optional(),
})
export type ReadCommand = z.infer<typeof ReadCommand>

/** How others of the same shape (`actionShape`) were decided, in the last `historyDays`. What still waits is in `asked` alone. */
export const ShapeHistory = z.object({
  asked: z.number().int(),
  /** Edited ones are allowed ones. */
  allowed: z.number().int(),
  denied: z.number().int(),
  /** Nobody decided in time, or the session was over: denied too. */
  lapsed: z.number().int(),
  /** More than these are kept no longer. */
  isMore: z.boolean(),
  last: z.object({ decision: z.enum(['allowed', 'denied', 'lapsed']), by: z.string(), atMs: AtMs }).optional(),
})
export type ShapeHistory = z.infer<typeof ShapeHistory>
export const historyDays = 30

export const ApprovalReading = z.object({
  commands: z.array(ReadCommand).max(32),
  moreCommands: z.number().int(),
  could: z.array(Could).max(32),
  moreCould: z.number().int(),
  /** Absent where the action is too long to be like another. */
  before: ShapeHistory.optional(),
})
export type ApprovalReading = z.infer<typeof ApprovalReading>
