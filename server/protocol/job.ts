// Long work that this server does for somebody: how far it is, what came of it, and whether it was lost. Titles hold names that others chose:
// hostile text.
import { z } from 'zod'
import { AtMs, SessionId } from './ids.ts'
import { IncidentId } from './incident.ts'
import { ShortText } from './text.ts'

/** What ended, and a file that came of it, are kept for so long. */
export const jobKeptMs = 3_600_000

export const JobKind = z.enum(['bundle', 'backtest', 'retention', 'import'])
export type JobKind = z.infer<typeof JobKind>

export const JobState = z.enum(['running', 'done', 'failed', 'cancelled', 'lost'])
export type JobState = z.infer<typeof JobState>

export const JobView = z.object({
  id: z.string(),
  kind: JobKind,
  title: z.string(),
  by: z.string(),
  startedAtMs: AtMs,
  endedAtMs: AtMs.optional(),
  state: JobState,
  /** So many are done … */
  done: z.number(),
  /** … of about so many; absent: not known yet. */
  of: z.number().optional(),
  unit: z.string(),
  /** What is done now, where counting does not tell it. */
  phase: z.string().optional(),
  /** Why it failed or was lost, and what to do. */
  problem: z.string().optional(),
  /** Where what came of it is: a page, or a file to be fetched. */
  result: z.object({ href: z.string(), bytes: z.number().optional() }).optional(),
  /** Of whoever asks: its starter and admins may. */
  mayCancel: z.boolean(),
})
export type JobView = z.infer<typeof JobView>

/**
 * How far an import is that runs somewhere else: the first line of each of its batches. `id` is its own, one for each file and run; counts
 * are bytes of the file as it lies there. `done` and `failed` come with the last batch.
 */
export const ImportTold = z.strictObject({
  id: z.string().regex(/^[0-9a-zA-Z-]{8,40}$/),
  file: ShortText,
  readBytes: z.int().min(0),
  sizeBytes: z.int().min(0).optional(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  problem: z.string().max(500).optional(),
})
export type ImportTold = z.infer<typeof ImportTold>

/** `GET /api/jobs`: newest first. */
export const JobsAnswer = z.object({ jobs: z.array(JobView), serverNowMs: AtMs })
export type JobsAnswer = z.infer<typeof JobsAnswer>

/** `POST /api/jobs` -> 202. */
export const JobRequest = z.union([
  z.strictObject({ kind: z.literal('bundle'), incident: IncidentId }),
  z.strictObject({
    kind: z.literal('bundle'),
    sessions: z.array(SessionId).min(1).max(200),
    fromMs: AtMs.optional(),
    toMs: AtMs.optional(),
  }),
])
export type JobRequest = z.infer<typeof JobRequest>
