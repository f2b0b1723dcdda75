// Long work of this server: bounded in number, cancelled by its starter or an admin alone, and on record in the data folder, so that a reload finds
// it again and a restart does not make it vanish: what ran then is told as lost, with what to do.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { Actor } from './protocol/actor.ts'
import { JobKind, JobState, type JobView, jobKeptMs } from './protocol/job.ts'

const runningMax = 4
const keptMax = 50
const houseKeepingMs = 60_000
const problemMax = 500
const lostText = 'The server stopped before it ended, and nothing of it is kept: start it again.'

const Kept = z.object({
  id: z.string(),
  kind: JobKind,
  title: z.string(),
  by: Actor,
  startedAtMs: z.number(),
  endedAtMs: z.number().optional(),
  state: JobState,
  done: z.number(),
  of: z.number().optional(),
  unit: z.string(),
  phase: z.string().optional(),
  problem: z.string().optional(),
  href: z.string().optional(),
  /** Of a file that came of it: what it is called when it is fetched, and how long it is. */
  file: z.object({ name: z.string(), bytes: z.number() }).optional(),
})
type Kept = z.infer<typeof Kept>

export type JobProgress = { done: number; of?: number | undefined; phase?: string | undefined }
export type JobAbout = Pick<Kept, 'kind' | 'title' | 'by' | 'unit'>
/** `file`: it was written to the place that the job was given. */
export type JobResult = { href?: string | undefined; file?: { name: string; bytes: number } }
export type JobWork = (given: {
  signal: AbortSignal
  /** Where a file that comes of it is to be put. */
  file: string
  progress(now: JobProgress): void
}) => Promise<JobResult>

/** What somebody else runs and tells of: its own end, its own cancelling. */
export type Followed = JobProgress & { state: Exclude<JobState, 'lost'>; problem?: string | undefined }
export type FollowedAbout = JobAbout & { href: string }

export type JobAsker = { id: string; isAdmin: boolean; mayControl: boolean }

export type Jobs = Awaited<ReturnType<typeof openJobs>>

export async function openJobs(options: {
  dataDir: string
  newId: () => string
  nowMs: () => number
  recordAudit: (by: Actor, change: string, subject: string) => Promise<void>
  onError: (context: string, error: unknown) => void
}) {
  const { newId, nowMs, recordAudit, onError } = options
  const folder = path.join(options.dataDir, 'jobs')
  const record = path.join(folder, 'jobs.json')
  const fileOf = (id: string) => path.join(folder, `${id}.file`)
  /** Oldest first. */
  const jobs = new Map<string, Kept>()
  const cancels = new Map<string, () => void>()
  const running = new Set<Promise<void>>()
  let writing: Promise<void> = Promise.resolve()
  let closed = false

  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const kept of await readRecord(record)) {
    const isLost = kept.state === 'running'
    jobs.set(kept.id, isLost ? { ...kept, state: 'lost', endedAtMs: nowMs(), problem: lostText } : kept)
  }
  await forgetOld()
  for (const name of await readdir(folder)) {
    const id = /^(.+)\.file$/.exec(name)?.[1]
    if (id !== undefined && jobs.get(id)?.state !== 'done') await rm(path.join(folder, name), { force: true })
  }
  await keep()
  const timer = setInterval(() => {
    forgetOld().catch((error: unknown) => onError('forget old jobs', error))
  }, houseKeepingMs)

  /** One after the other, whole or not at all: a record that was cut off would lose them all. */
  function keep(): Promise<void> {
    writing = writing
      .then(async () => {
        const next = `${record}.next`
        await writeFile(next, JSON.stringify([...jobs.values()]), { mode: 0o600 })
        await rename(next, record)
      })
      .catch((error: unknown) => onError('keep the record of jobs', error))
    return writing
  }

  async function forgetOld(): Promise<void> {
    const old = [...jobs.values()].filter(
      ({ state, endedAtMs }) => state !== 'running' && endedAtMs !== undefined && nowMs() - endedAtMs > jobKeptMs,
    )
    const over = [...jobs.values()]
      .filter(({ state }) => state !== 'running')
      .slice(0, Math.max(0, jobs.size - keptMax))
    for (const { id } of new Set([...old, ...over])) {
      jobs.delete(id)
      await rm(fileOf(id), { force: true })
    }
    if (old.length + over.length > 0) await keep()
  }

  function add(id: string, about: JobAbout): Kept {
    const job: Kept = { ...about, id, startedAtMs: nowMs(), state: 'running', done: 0 }
    jobs.set(id, job)
    return job
  }

  function change(id: string, now: Partial<Kept>): void {
    const job = jobs.get(id)
    if (job?.state === 'running') jobs.set(id, { ...job, ...now })
  }

  async function run(id: string, work: JobWork, abort: AbortController): Promise<void> {
    try {
      const { href, file } = await work({
        signal: abort.signal,
        file: fileOf(id),
        progress: ({ done, of, phase }) => change(id, { done, of, phase }),
      })
      abort.signal.throwIfAborted()
      change(id, {
        state: 'done',
        endedAtMs: nowMs(),
        phase: undefined,
        href,
        ...(file && { file, href: `/api/jobs/${id}/file` }),
      })
    } catch (error) {
      await rm(fileOf(id), { force: true })
      // A server that stops ends nothing on record: the next one tells it as lost.
      if (closed) return
      change(id, {
        state: abort.signal.aborted ? 'cancelled' : 'failed',
        endedAtMs: nowMs(),
        phase: undefined,
        problem: abort.signal.aborted ? undefined : wordsOf(error),
      })
    } finally {
      cancels.delete(id)
      await keep()
    }
  }

  function tell(id: string, { state, done, of, problem }: Followed): void {
    if (closed || jobs.get(id)?.state !== 'running') return
    if (state === 'running') return change(id, { done, of })
    change(id, { done, of, state, problem, endedAtMs: nowMs() })
    cancels.delete(id)
    void keep()
  }

  const mayCancel = (job: Kept, asker: Pick<JobAsker, 'id' | 'isAdmin'>) => asker.isAdmin || asker.id === job.by.id
  const viewOf = ({ by, file, href, ...job }: Kept, asker: JobAsker): JobView => ({
    ...job,
    by: by.name,
    // A file is everything in the clear: who may not fetch it is not offered it.
    ...(job.state === 'done' &&
      href !== undefined &&
      (!file || asker.mayControl) && { result: { href, ...(file && { bytes: file.bytes }) } }),
    mayCancel: job.state === 'running' && mayCancel({ by, file, href, ...job }, asker),
  })

  return {
    /** Starts it, and writes in the audit who did. `ended` is called once, however it ended, also where the work never began. */
    async start(about: JobAbout, work: JobWork, ended?: () => void): Promise<{ id: string } | { refused: string }> {
      if (closed) return { refused: 'the server is stopping: ask again when it is back' }
      if (running.size >= runningMax)
        return { refused: `${runningMax} are running already: wait for one, or cancel one (GET /api/jobs)` }
      const id = `job-${newId()}`
      const abort = new AbortController()
      add(id, about)
      cancels.set(id, () => abort.abort())
      // Taken into account before anything is waited for: a hundred that ask at once are not a hundred that run.
      const mine = (async () => {
        await keep()
        const onRecord: JobWork = async (given) => {
          await recordAudit(about.by, 'job.started', `${id} ${about.kind}: ${about.title}`)
          return work(given)
        }
        await run(id, onRecord, abort)
      })()
        .catch((error: unknown) => {
          change(id, { state: 'failed', endedAtMs: nowMs(), problem: wordsOf(error) })
          onError(`job ${id}`, error)
        })
        .finally(() => {
          running.delete(mine)
          ended?.()
        })
      running.add(mine)
      return { id }
    },
    /** Takes up what another part runs under this id; `cancel` asks it to end, and `tell` hears how it goes on. */
    async follow(id: string, about: FollowedAbout, now: () => Followed, cancel: () => void): Promise<void> {
      const { href, ...rest } = about
      const job = add(id, rest)
      jobs.set(id, { ...job, href })
      cancels.set(id, cancel)
      await recordAudit(about.by, 'job.started', `${id} ${about.kind}: ${about.title}`)
      await keep()
      tell(id, now())
    },
    tell,
    stateOf: (id: string): JobState | undefined => jobs.get(id)?.state,
    /** Newest first. */
    list: (asker: JobAsker): JobView[] => [...jobs.values()].map((job) => viewOf(job, asker)).reverse(),
    get(id: string, asker: JobAsker): JobView | undefined {
      const job = jobs.get(id)
      return job && viewOf(job, asker)
    },
    /** Where the file of it lies, while it is kept. */
    file(id: string): { path: string; name: string; bytes: number; title: string } | undefined {
      const job = jobs.get(id)
      return job?.state === 'done' && job.file ? { path: fileOf(id), ...job.file, title: job.title } : undefined
    },
    /** Asks it to end; it has ended when its state says so. */
    async cancel(id: string, by: Actor, isAdmin: boolean): Promise<'asked' | 'unknown' | 'ended' | 'not-yours'> {
      const job = jobs.get(id)
      if (!job) return 'unknown'
      if (job.state !== 'running') return 'ended'
      if (!mayCancel(job, { id: by.id, isAdmin })) return 'not-yours'
      // At once: what ends while the deed is being written would otherwise be done, though its end was asked for before.
      cancels.get(id)?.()
      await recordAudit(by, 'job.cancelled', `${id} ${job.kind}: ${job.title}`)
      return 'asked'
    },
    /** Ends what runs; the next start tells it as lost. */
    async close(): Promise<void> {
      closed = true
      clearInterval(timer)
      for (const cancel of cancels.values()) cancel()
      await Promise.all(running)
      await keep()
    },
  }
}

async function readRecord(file: string): Promise<Kept[]> {
  try {
    return z.array(Kept).parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // None yet, or one that is damaged: as good as none.
    return []
  }
}

function wordsOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, problemMax)
}
