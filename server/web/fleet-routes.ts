// Containment of many, the second person and policies over HTTP: the same doors as the console's socket.
import { createRoute, z } from '@hono/zod-openapi'
import { projectContainment, projectFleet } from '../model/project-fleet.ts'
import { ContainRequest, DecideRequest, Done, LiftRequest } from '../protocol/browser-messages.ts'
import { ContainmentView, ProposalView } from '../protocol/control-views.ts'
import { ContainmentId, ProposalId } from '../protocol/ids.ts'
import { PolicyName } from '../protocol/policy.ts'
import type { ApiApp } from './api-app.ts'
import type { Controls } from './control-request.ts'
import { requireScope } from './identity.ts'
import type { PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const body = <T extends z.ZodType>(schema: T) => ({ required: true, content: json(schema) })
const Policies = z.object({ policies: z.record(PolicyName, z.boolean()) })

const containRoute = createRoute({
  method: 'post',
  path: '/api/containments',
  summary: 'Contain every session that matches, also those that start later, until lifted',
  request: { body: body(ContainRequest) },
  responses: {
    202: { description: 'asked', content: json(z.object({ id: z.string(), sessions: z.number() })) },
  },
})
const listRoute = createRoute({
  method: 'get',
  path: '/api/containments',
  summary: 'Containments that stand, and the newest that were lifted',
  responses: { 200: { description: 'them', content: json(z.object({ containments: z.array(ContainmentView) })) } },
})
const readRoute = createRoute({
  method: 'get',
  path: '/api/containments/{id}',
  summary: 'What became of a containment',
  request: { params: z.object({ id: ContainmentId }) },
  responses: { 200: { description: 'it', content: json(ContainmentView) } },
})
const liftRoute = createRoute({
  method: 'post',
  path: '/api/containments/{id}/lift',
  summary: 'Lift a containment and everything that it holds',
  request: { params: z.object({ id: ContainmentId }), body: body(LiftRequest.pick({ reason: true })) },
  responses: { 202: { description: 'asked; with `proposal` it waits for a second person', content: json(Done) } },
})
const proposalsRoute = createRoute({
  method: 'get',
  path: '/api/proposals',
  summary: 'What waits for a second person',
  responses: { 200: { description: 'them', content: json(z.object({ proposals: z.array(ProposalView) })) } },
})
const decideRoute = createRoute({
  method: 'post',
  path: '/api/proposals/{id}/decision',
  summary: 'Confirm or refuse as the second person, or withdraw as the first',
  request: { params: z.object({ id: ProposalId }), body: body(DecideRequest.pick({ decision: true })) },
  responses: { 200: { description: 'decided', content: json(Done) } },
})
const policiesRoute = createRoute({
  method: 'get',
  path: '/api/policies',
  summary: 'Settings that change who may do what',
  responses: { 200: { description: 'them', content: json(Policies) } },
})
const setPolicyRoute = createRoute({
  method: 'put',
  path: '/api/policies/{name}',
  summary: 'Change a policy',
  request: { params: z.object({ name: PolicyName }), body: body(z.object({ value: z.boolean() })) },
  responses: {
    200: { description: 'changed', content: json(Done) },
    202: { description: 'it waits for a second person', content: json(Done) },
  },
})

export function fleetRoutes(pipeline: PipelinePort, controls: Controls) {
  return (app: ApiApp): void => {
    app.openapi(containRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const { containment, sessions } = await controls.contain(caller, c.req.valid('json'))
      return c.json({ id: containment, sessions }, 202)
    })
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ containments: projectFleet(pipeline.state).containments }, 200)
    })
    app.openapi(readRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const known = pipeline.state.containments.get(c.req.valid('param').id)
      if (!known) throw new ProblemError(404, 'No such containment', 'it is not known here')
      return c.json(projectContainment(pipeline.state, known), 200)
    })
    app.openapi(liftRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const { reason } = c.req.valid('json')
      return c.json(await controls.lift(caller, { containment: c.req.valid('param').id, reason }), 202)
    })
    app.openapi(proposalsRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ proposals: projectFleet(pipeline.state).proposals }, 200)
    })
    app.openapi(decideRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const { decision } = c.req.valid('json')
      return c.json(await controls.decide(caller, { proposal: c.req.valid('param').id, decision }), 200)
    })
    app.openapi(policiesRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ policies: projectFleet(pipeline.state).policies }, 200)
    })
    app.openapi(setPolicyRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'admin')
      const done = await controls.setPolicy(caller, { policy: c.req.valid('param').name, ...c.req.valid('json') })
      return done.proposal === undefined ? c.json(done, 200) : c.json(done, 202)
    })
  }
}
