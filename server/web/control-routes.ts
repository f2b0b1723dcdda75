// Controls over HTTP: ask (202, never "done"), then read what became of it.
import { createRoute, z } from '@hono/zod-openapi'
import { projectControl } from '../model/project-control.ts'
import type { SessionState } from '../model/state.ts'
import { ControlRequest, Done, TtlSeconds } from '../protocol/browser-messages.ts'
import { isControlOpen, stepName } from '../protocol/control.ts'
import type { ControlView } from '../protocol/control-views.ts'
import { ControlId, SessionId } from '../protocol/ids.ts'
import type { ApiApp } from './api-app.ts'
import type { Controls } from './control-request.ts'
import { requireScope } from './identity.ts'
import type { PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

const waitMsMax = 30_000

const ControlAnswer = z.object({
  id: z.string(),
  session: z.string(),
  action: z.string(),
  capability: z.string().optional(),
  state: z
    .string()
    .describe('requested | delivered | enforced | failed | partial | expired | superseded | cancelled | lifted'),
  plan: z.array(z.string()).describe('the steps that must be observed, in order'),
  steps: z.array(
    z.object({
      name: z.string(),
      at: z.number().describe('Unix time in ms'),
      detail: z.string(),
      ok: z.boolean(),
      observedFrom: z.string().optional(),
    }),
  ),
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
  left: z.array(z.string()).optional().describe('with partial and failed: what is not covered'),
  /** The hold that it placed, while that stands. */
  hold: z.object({ expiresAt: z.number().optional() }).optional().describe('present while its restriction stands'),
  reverted: z
    .boolean()
    .describe('its hold was lifted and the host was read without it; the state goes on telling how it ended'),
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
          schema: ControlRequest.omit({ session: true }),
        },
      },
    },
  },
  responses: {
    202: {
      description:
        'asked, not yet enforced; with `proposal` it waits for a second person and nothing was asked of the host',
      content: {
        'application/json': { schema: z.union([z.object({ id: z.string() }), z.object({ proposal: z.string() })]) },
      },
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

const extendRoute = createRoute({
  method: 'post',
  path: '/api/controls/{id}/extend',
  summary: 'Let the hold of a control stand so long from now; without ttlSeconds until it is lifted',
  request: {
    params: z.object({ id: ControlId }),
    body: {
      required: true,
      content: { 'application/json': { schema: z.strictObject({ ttlSeconds: TtlSeconds.optional() }) } },
    },
  },
  responses: { 200: { description: 'extended', content: { 'application/json': { schema: Done } } } },
})

export function controlRoutes(pipeline: PipelinePort, controls: Controls) {
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
      const asked = await controls.ask(caller, { session: c.req.valid('param').id, ...c.req.valid('json') })
      return c.json('control' in asked ? { id: asked.control } : { proposal: asked.proposal }, 202)
    })
    app.openapi(extendRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const { ttlSeconds } = c.req.valid('json')
      return c.json(await controls.extend(caller, { control: c.req.valid('param').id, ttlSeconds }), 200)
    })
    app.openapi(readRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const { waitMs } = c.req.valid('query')
      const find = () => {
        const session = pipeline.state.sessions.get(pipeline.state.sessionOfControl.get(id) ?? ('' as SessionId))
        const record = session?.controls.find((each) => each.control === id)
        return session && record && { session, view: projectControl(record, session) }
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

function answerOf(session: SessionState, view: ControlView): z.infer<typeof ControlAnswer> {
  const hold = session.holds.find((each) => each.control === view.control)
  return {
    id: view.control,
    session: session.session,
    action: view.action,
    capability: view.capability,
    state: view.state,
    plan: view.plan,
    steps: view.steps.map(({ name, atMs, detail, ok, observedFrom }) => ({ name, at: atMs, detail, ok, observedFrom })),
    receipt:
      !(view.state === 'enforced' || view.state === 'partial') || !view.observed || !view.observedFrom
        ? null
        : {
            enforcer: view.enforcer ?? '',
            observed: view.observed,
            observedFrom: view.observedFrom,
            processCount: view.processCount,
          },
    detail: view.detail,
    left: view.left,
    reverted: view.steps.some((step) => step.name === stepName.reverted),
    hold: hold && { expiresAt: hold.expiresAtMs },
  }
}
