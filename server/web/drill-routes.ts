// Drills over HTTP: start one, see how it goes, and what came of those before. A drill tells its own beginning and its report here.
import { createRoute, z } from '@hono/zod-openapi'
import type { Actor } from '../protocol/actor.ts'
import { DrillId, DrillName, DrillReport, DrillsAnswer } from '../protocol/drill.ts'
import { SessionId } from '../protocol/ids.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, type Caller, requireScope } from './identity.ts'
import { ProblemError } from './problem.ts'

export type DrillsPort = {
  list(): DrillsAnswer
  sessions(): SessionId[]
  start(drill: DrillName, minutes: number, by: Actor): Promise<{ id: DrillId } | { refused: string }>
  cancel(id: DrillId, by: Actor): Promise<boolean>
  begun(id: DrillId, drill: DrillName, session: SessionId, by: Actor): Promise<boolean>
  finished(report: DrillReport, by: Actor): Promise<boolean>
}

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const Done = z.object({ done: z.literal(true) })
const done = { 200: { description: 'done', content: json(Done) } }
const idParams = z.object({ id: DrillId })

const listRoute = createRoute({
  method: 'get',
  path: '/api/drills',
  summary: 'The drill that runs, those before with their reports, and what cannot be contained here',
  responses: { 200: { description: 'drills', content: json(DrillsAnswer) } },
})

const sessionsRoute = createRoute({
  method: 'get',
  path: '/api/drills/sessions',
  summary: 'Sessions that are drills, as far as they are known: a label alone is anybody’s word',
  responses: { 200: { description: 'their ids', content: json(z.object({ sessions: z.array(SessionId) })) } },
})

const startRoute = createRoute({
  method: 'post',
  path: '/api/drills',
  summary: 'Run a drill on this server’s own machine; one at a time',
  request: {
    body: {
      required: true,
      content: json(z.strictObject({ drill: DrillName, minutes: z.number().min(0.1).max(60).default(10) })),
    },
  },
  responses: {
    202: { description: 'started', content: json(z.object({ id: DrillId })) },
    409: { description: 'one is running, or none can' },
  },
})

const cancelRoute = createRoute({
  method: 'post',
  path: '/api/drills/{id}/cancel',
  summary: 'End the drill that this server runs; it clears away first',
  request: { params: idParams },
  responses: done,
})

const begunRoute = createRoute({
  method: 'post',
  path: '/api/drills/{id}/begun',
  summary: 'A drill tells which session is its own',
  request: {
    params: idParams,
    body: { required: true, content: json(z.strictObject({ drill: DrillName, session: SessionId })) },
  },
  responses: done,
})

const reportRoute = createRoute({
  method: 'post',
  path: '/api/drills/{id}/report',
  summary: 'A drill hands in its report',
  request: { params: idParams, body: { required: true, content: json(DrillReport) } },
  responses: done,
})

export function drillRoutes(drills: DrillsPort) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(drills.list(), 200)
    })
    app.openapi(sessionsRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ sessions: drills.sessions() }, 200)
    })
    app.openapi(startRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'control'))
      const { drill, minutes } = c.req.valid('json')
      const started = await drills.start(drill, minutes, by)
      if ('refused' in started) throw new ProblemError(409, 'No drill was started', started.refused)
      return c.json({ id: started.id }, 202)
    })
    app.openapi(cancelRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'control'))
      if (!(await drills.cancel(c.req.valid('param').id, by)))
        throw new ProblemError(404, 'No such drill', 'it does not run here, or has ended')
      return c.json({ done: true as const }, 200)
    })
    app.openapi(begunRoute, async (c) => {
      const by = actorOf(requireSensor(c.get('caller')))
      const { drill, session } = c.req.valid('json')
      if (!(await drills.begun(c.req.valid('param').id, drill, session, by)))
        throw new ProblemError(
          409,
          'Not begun',
          'a drill of this id has begun before, or its session is not named after it or was heard of already',
        )
      return c.json({ done: true as const }, 200)
    })
    app.openapi(reportRoute, async (c) => {
      const by = actorOf(requireSensor(c.get('caller')))
      const report = c.req.valid('json')
      if (report.id !== c.req.valid('param').id || !(await drills.finished(report, by)))
        throw new ProblemError(409, 'Not taken', 'no drill of this id and session waits for a report')
      return c.json({ done: true as const }, 200)
    })
  }
}

/** Whoever may speak for sensors may say what is a drill: never an agent, nor a key that only ingests. */
function requireSensor(caller: Caller | undefined): Caller {
  requireScope(caller, 'ingest')
  return requireScope(caller, 'sensor')
}
