// Controls over HTTP: ask (202, never "done"), then read what became of it.
import { createRoute, z } from '@hono/zod-openapi'
import { projectControl } from '../model/project-row.ts'
import type { ControlView } from '../protocol/browser-messages.ts'
import { ControlAction, isControlOpen } from '../protocol/control.ts'
import { ControlId, SessionId } from '../protocol/ids.ts'
import type { ApiApp } from './api-app.ts'
import type { AskControl } from './control-request.ts'
import { requireScope } from './identity.ts'
import type { PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

const waitMsMax = 30_000

const ControlAnswer = z.object({
  id: z.string(),
  session: z.string(),
  action: z.string(),
  state: z.string().describe('requested | delivered | enforced | failed | partial | expired | superseded | cancelled'),
  steps: z.array(z.object({ name: z.string(), at: z.number().describe('Unix time in ms'), detail: z.string() })),
  receipt: z
    .object({
      enforcer: z.string(),
      observed: z.string().describe('what was read, word for word'),
      observedFrom: z.string(),
      processCount: z.number().optional(),
    })
    .nullable()
    .describe('null until an effect was observed'),
  detail: z.string().optional(),
})

const askRoute = createRoute({
  method: 'post',
  path: '/api/sessions/{id}/controls',
  summary: 'Ask for a control of a session',
  request: {
    params: z.object({ id: SessionId }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.object({
            action: ControlAction,
            reason: z.string().max(500).optional(),
            undoes: ControlId.optional(),
          }),
        },
      },
    },
  },
  responses: {
    202: {
      description: 'asked; not yet enforced',
      content: { 'application/json': { schema: z.object({ id: z.string() }) } },
    },
  },
})

const readRoute = createRoute({
  method: 'get',
  path: '/api/controls/{id}',
  summary: 'What became of a control; waits for its end for at most waitMs',
  request: {
    params: z.object({ id: ControlId }),
    query: z.object({ waitMs: z.coerce.number().int().min(0).max(waitMsMax).default(0) }),
  },
  responses: { 200: { description: 'its state now', content: { 'application/json': { schema: ControlAnswer } } } },
})

export function controlRoutes(pipeline: PipelinePort, askControl: AskControl) {
  const waiters = new Map<ControlId, Set<() => void>>()
  pipeline.onCommit(({ events }) => {
    for (const event of events) {
      if (event.kind !== 'control.ended') continue
      for (const wake of waiters.get(event.data.control) ?? []) wake()
      waiters.delete(event.data.control)
    }
  })

  function ended(control: ControlId, waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = waiters.get(control) ?? new Set()
      waiters.set(control, waiting)
      const finish = () => {
        clearTimeout(timer)
        waiting.delete(finish)
        if (waiting.size === 0) waiters.delete(control)
        resolve()
      }
      const timer = setTimeout(finish, waitMs)
      waiting.add(finish)
    })
  }

  return (app: ApiApp): void => {
    app.openapi(askRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const { action, reason, undoes } = c.req.valid('json')
      const id = await askControl(caller, { session: c.req.valid('param').id, action, reason, undoes })
      return c.json({ id }, 202)
    })
    app.openapi(readRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const { waitMs } = c.req.valid('query')
      const find = () => {
        const session = pipeline.state.sessionOfControl.get(id)
        const record = session && pipeline.state.sessions.get(session)?.controls.find((each) => each.control === id)
        return session && record && { session, view: projectControl(record) }
      }
      let found = find()
      if (!found) throw new ProblemError(404, 'No such control', 'it is not known, or its session has left memory')
      if (waitMs > 0 && isControlOpen(found.view.state)) {
        await ended(id, waitMs)
        found = find() ?? found
      }
      return c.json(answerOf(found.session, found.view), 200)
    })
  }
}

function answerOf(session: string, view: ControlView): z.infer<typeof ControlAnswer> {
  return {
    id: view.control,
    session,
    action: view.action,
    state: view.state,
    steps: view.steps.map(({ name, atMs, detail }) => ({ name, at: atMs, detail })),
    receipt:
      view.observed === undefined || view.observedFrom === undefined
        ? null
        : {
            enforcer: view.enforcer ?? '',
            observed: view.observed,
            observedFrom: view.observedFrom,
            processCount: view.processCount,
          },
    detail: view.detail,
  }
}
