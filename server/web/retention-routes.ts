// How long readings are kept, what incidents hold, and dropping what is old now.
import { createRoute, z } from '@hono/zod-openapi'
import type { Actor } from '../protocol/actor.ts'
import { RetentionDays, RetentionView } from '../protocol/retention.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope, roleOf } from './identity.ts'
import type { RecordAudit } from './key-routes.ts'
import { ProblemError } from './problem.ts'

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

const viewRoute = createRoute({
  method: 'get',
  path: '/api/retention',
  summary:
    'How long readings of sessions and GPUs are kept, and what incidents hold back; events and the audit are never dropped',
  responses: { 200: { description: 'retention', content: json(RetentionView) } },
})

const changeRoute = createRoute({
  method: 'put',
  path: '/api/retention',
  summary: 'Days for which readings, and the steps of ten seconds and minutes made of them, are kept',
  request: { body: { required: true, content: json(RetentionDays) } },
  responses: { 200: { description: 'as it is now', content: json(RetentionView) } },
})

const runRoute = createRoute({
  method: 'post',
  path: '/api/retention/run',
  summary: 'Drop what is too old now, instead of within the hour: a job, see /api/jobs',
  responses: { 202: { description: 'it runs', content: json(z.object({ id: z.string() })) } },
})

export type RetentionPort = {
  view(): Promise<RetentionView>
  setDays(days: RetentionDays): Promise<void>
  run(by: Actor): Promise<{ id: string } | { refused: string }>
}

export function retentionRoutes(retention: RetentionPort, recordAudit: RecordAudit) {
  return (app: ApiApp): void => {
    app.openapi(viewRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(await retention.view(), 200)
    })
    app.openapi(changeRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'admin')
      if (roleOf(caller) !== 'admin')
        throw new ProblemError(403, 'Not allowed', 'retention is an administrator’s to set')
      const days = c.req.valid('json')
      // Before it holds: what shortens it must not go unseen.
      const steps = days.steps === undefined ? '' : `steps ${days.steps} days, `
      const said = `readings ${days.readings} days, ${steps}minutes ${days.minutes} days`
      await recordAudit(actorOf(caller), 'retention', said)
      await retention.setDays(days)
      return c.json(await retention.view(), 200)
    })
    app.openapi(runRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'admin')
      if (roleOf(caller) !== 'admin')
        throw new ProblemError(403, 'Not allowed', 'retention is an administrator’s to run')
      const started = await retention.run(actorOf(caller))
      if ('refused' in started) throw new ProblemError(429, 'Busy', started.refused)
      return c.json(started, 202)
    })
  }
}
