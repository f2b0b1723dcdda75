// Long work over HTTP: what runs and what came of it, started, watched, fetched and cancelled. A bundle that is made so is kept for an hour for
// whoever may have one; that it was started and that it was fetched stand in the audit.
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createRoute, z } from '@hono/zod-openapi'
import type { BundleManifest, BundleSubject } from '../bundle/manifest.ts'
import type { Actor } from '../protocol/actor.ts'
import { JobRequest, JobsAnswer, JobView } from '../protocol/job.ts'
import type { ApiApp } from './api-app.ts'
import {
  type BundleRoutesOptions,
  bundleName,
  noteBundle,
  subjectOfIncident,
  subjectOfSessions,
} from './bundle-routes.ts'
import { actorOf, type Caller, mayDo, requireScope, roleOf } from './identity.ts'
import type { Clock } from './ports.ts'
import { ProblemError } from './problem.ts'

type Asker = { id: string; isAdmin: boolean; mayControl: boolean }
type Work = (given: {
  signal: AbortSignal
  file: string
  progress(now: { done: number; of?: number | undefined; phase?: string | undefined }): void
}) => Promise<{ file?: { name: string; bytes: number } }>

export type JobsPort = {
  start(
    about: { kind: 'bundle'; title: string; by: Actor; unit: string },
    work: Work,
  ): Promise<{ id: string } | { refused: string }>
  list(asker: Asker): JobView[]
  get(id: string, asker: Asker): JobView | undefined
  file(id: string): { path: string; name: string; bytes: number; title: string } | undefined
  cancel(id: string, by: Actor, isAdmin: boolean): Promise<'asked' | 'unknown' | 'ended' | 'not-yours'>
}

export type MakeBundle = (
  of: BundleSubject,
  by: Actor,
  how: {
    signal: AbortSignal
    keepAs: string
    progress(now: { done: number; of: number; phase: string }): void
  },
) => Promise<
  { file: { close(): Promise<void> }; bytes: number; manifest: BundleManifest } | { why: string; detail: string }
>

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const Named = z.object({ id: z.string().min(1).max(64) })

const listRoute = createRoute({
  method: 'get',
  path: '/api/jobs',
  summary: 'Long work that runs, and what ended within the last hour, newest first',
  responses: { 200: { description: 'jobs', content: json(JobsAnswer) } },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/api/jobs/{id}',
  summary: 'How far one is, and what came of it',
  request: { params: Named },
  responses: { 200: { description: 'the job', content: json(JobView) } },
})

const startRoute = createRoute({
  method: 'post',
  path: '/api/jobs',
  summary: 'Start long work: the evidence bundle of an incident or of sessions, to be fetched when it is done',
  request: { body: { required: true, content: json(JobRequest) } },
  responses: { 202: { description: 'it runs', content: json(z.object({ id: z.string() })) } },
})

const cancelRoute = createRoute({
  method: 'delete',
  path: '/api/jobs/{id}',
  summary: 'Ask one to end: whoever started it, or an admin',
  request: { params: Named },
  responses: { 202: { description: 'asked', content: json(z.object({ cancelling: z.string() })) } },
})

const fileRoute = createRoute({
  method: 'get',
  path: '/api/jobs/{id}/file',
  summary: 'The file that came of it',
  request: { params: Named },
  responses: { 200: { description: 'a tar archive', content: { 'application/x-tar': { schema: z.string() } } } },
})

const gone = 'it ended more than an hour ago, or was never started here: start it again'

export type JobRoutesOptions = Pick<BundleRoutesOptions, 'recordAudit' | 'incidentOf'> & {
  jobs: JobsPort
  make: MakeBundle
  clock: Clock
}

export function jobRoutes({ jobs, make, clock, recordAudit, incidentOf }: JobRoutesOptions) {
  const askerOf = (caller: Caller): Asker => ({
    id: actorOf(caller).id,
    isAdmin: roleOf(caller) === 'admin',
    mayControl: mayDo(caller, 'control'),
  })
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      const asker = askerOf(requireScope(c.get('caller'), 'read'))
      return c.json({ jobs: jobs.list(asker), serverNowMs: clock.nowMs() }, 200)
    })
    app.openapi(oneRoute, (c) => {
      const asker = askerOf(requireScope(c.get('caller'), 'read'))
      const found = jobs.get(c.req.valid('param').id, asker)
      if (!found) throw new ProblemError(404, 'No such job', gone)
      return c.json(found, 200)
    })
    app.openapi(startRoute, async (c) => {
      // It holds everything in the clear, as a bundle that is fetched at once does.
      const by = actorOf(requireScope(c.get('caller'), 'control'))
      const request = c.req.valid('json')
      const of = 'incident' in request ? subjectOfIncident(incidentOf, request.incident) : subjectOfSessions(request)
      const title = `Evidence bundle of ${of.incident ?? of.sessions[0] ?? ''}${of.incident || of.sessions.length < 2 ? '' : ` and ${of.sessions.length - 1} more`}`
      const started = await jobs.start(
        { kind: 'bundle', title, by, unit: 'events' },
        async ({ signal, file, progress }) => {
          await noteBundle(recordAudit, by, of)
          const made = await make(of, by, { signal, keepAs: file, progress })
          if ('why' in made)
            throw new Error(
              made.why === 'unknown' ? `${made.detail}. Look at the names, or widen the time.` : made.detail,
            )
          await made.file.close()
          return { file: { name: bundleName(of, made.manifest), bytes: made.bytes } }
        },
      )
      if ('refused' in started) throw new ProblemError(429, 'Busy', started.refused)
      return c.json({ id: started.id }, 202)
    })
    app.openapi(cancelRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const { id } = c.req.valid('param')
      const answer = await jobs.cancel(id, actorOf(caller), roleOf(caller) === 'admin')
      if (answer === 'unknown') throw new ProblemError(404, 'No such job', gone)
      if (answer === 'ended') throw new ProblemError(409, 'Nothing to cancel', 'it has ended already')
      if (answer === 'not-yours')
        throw new ProblemError(403, 'Not yours', 'somebody else started it: ask them, or an admin')
      return c.json({ cancelling: id }, 202)
    })
    app.openapi(fileRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'control'))
      const { id } = c.req.valid('param')
      if (c.req.method === 'HEAD')
        throw new ProblemError(405, 'Only GET', 'that a file is fetched is written in the audit')
      const found = jobs.file(id)
      if (!found)
        throw new ProblemError(404, 'No such file', 'it is not done yet, or an hour has passed: start it again')
      // Before it leaves: evidence must not be able to leave unseen.
      await recordAudit(by, 'job.fetched', `${id}: ${found.title}`)
      return c.body(Readable.toWeb(createReadStream(found.path)) as ReadableStream, 200, {
        'content-type': 'application/x-tar',
        'content-length': String(found.bytes),
        'content-disposition': `attachment; filename="${found.name}"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
    })
  }
}
