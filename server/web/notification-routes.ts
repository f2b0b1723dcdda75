// Reaching people, over HTTP: routes and their log belong to administrators; what waits now is everybody's who may read.
import { createRoute, z } from '@hono/zod-openapi'
import { policyIsOn } from '../control/second-person.ts'
import type { ConsoleState } from '../model/state.ts'
import {
  ConsoleAddress,
  DeliveryState,
  DeliveryView,
  NotificationRouteChange,
  NotificationRouteRequest,
  NotificationRouteView,
  NotificationTested,
  OccasionsView,
} from '../protocol/notification-view.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope } from './identity.ts'
import type { RecordAudit } from './key-routes.ts'
import { ProblemError } from './problem.ts'

export type NotificationsPort = {
  occasions(): z.infer<typeof OccasionsView>
  routes(): NotificationRouteView[]
  add(request: NotificationRouteRequest): Promise<{ route: NotificationRouteView; secret?: string }>
  /** Undefined where there is no such route. */
  change(id: string, change: NotificationRouteChange): Promise<NotificationRouteView | undefined>
  remove(id: string): Promise<void>
  test(id: string, by: string): Promise<NotificationTested | undefined>
  /** Newest first. */
  deliveries(query: {
    state?: DeliveryState | undefined
    route?: string | undefined
    beforeMs?: number | undefined
    limit: number
  }): Promise<DeliveryView[]>
  /** False where there is nothing to try again. */
  retry(id: string): Promise<boolean>
  address(): ConsoleAddress
  setAddress(address: ConsoleAddress): Promise<void>
}

const routesMax = 20
const Params = z.object({ id: z.string().min(1).max(64) })
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const body = <T extends z.ZodType>(schema: T) => ({ required: true, content: json(schema) })
const RouteAnswer = z.object({ route: NotificationRouteView })

const occasionsRoute = createRoute({
  method: 'get',
  path: '/api/occasions',
  summary: 'What waits for somebody now: how many, and the worst of them',
  responses: { 200: { description: 'what waits', content: json(OccasionsView) } },
})

const listRoute = createRoute({
  method: 'get',
  path: '/api/notification-routes',
  summary: 'Routes to people, without their secrets',
  responses: { 200: { description: 'routes', content: json(z.object({ routes: z.array(NotificationRouteView) })) } },
})

const addRoute = createRoute({
  method: 'post',
  path: '/api/notification-routes',
  summary: "Add a route; a signed webhook's secret is in this answer and never again",
  request: { body: body(NotificationRouteRequest) },
  responses: {
    201: { description: 'added', content: json(RouteAnswer.extend({ secret: z.string().optional() })) },
  },
})

const changeRoute = createRoute({
  method: 'post',
  path: '/api/notification-routes/{id}',
  summary: 'Change what a route is told of, or turn it off; where it leads stays',
  request: { params: Params, body: body(NotificationRouteChange) },
  responses: { 200: { description: 'changed', content: json(RouteAnswer) } },
})

const removeRoute = createRoute({
  method: 'delete',
  path: '/api/notification-routes/{id}',
  summary: 'Remove a route; what it was told stays in the log',
  request: { params: Params },
  responses: { 200: { description: 'removed', content: json(z.object({ removed: z.string() })) } },
})

const testRoute = createRoute({
  method: 'post',
  path: '/api/notification-routes/{id}/test',
  summary: 'Send a test and say what came back',
  request: { params: Params },
  responses: { 200: { description: 'what came back', content: json(NotificationTested) } },
})

const logRoute = createRoute({
  method: 'get',
  path: '/api/notification-deliveries',
  summary: 'What was said to whom and what came of it, newest first',
  request: {
    query: z.object({
      state: DeliveryState.optional(),
      route: z.string().max(64).optional(),
      beforeMs: z.coerce.number().int().positive().optional(),
      limit: z.coerce.number().int().min(1).max(500).default(100),
    }),
  },
  responses: {
    200: { description: 'deliveries', content: json(z.object({ deliveries: z.array(DeliveryView) })) },
  },
})

const retryRoute = createRoute({
  method: 'post',
  path: '/api/notification-deliveries/{id}/retry',
  summary: 'Try a delivery again now',
  request: { params: Params },
  responses: { 200: { description: 'it is tried', content: json(z.object({ retried: z.string() })) } },
})

const addressRoute = createRoute({
  method: 'get',
  path: '/api/notification-address',
  summary: 'Under which address people reach the console',
  responses: { 200: { description: 'the address', content: json(ConsoleAddress) } },
})

const setAddressRoute = createRoute({
  method: 'put',
  path: '/api/notification-address',
  summary: 'Say under which address people reach the console: messages link to it',
  request: { body: body(ConsoleAddress) },
  responses: { 200: { description: 'set', content: json(ConsoleAddress) } },
})

export type NotificationRoutesOptions = {
  notifications: NotificationsPort
  state: ConsoleState
  recordAudit: RecordAudit
}

export function notificationRoutes({ notifications, state, recordAudit }: NotificationRoutesOptions) {
  return (app: ApiApp): void => {
    app.openapi(occasionsRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(notifications.occasions(), 200)
    })
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'admin')
      return c.json({ routes: notifications.routes() }, 200)
    })
    app.openapi(addRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      requireOnePerson(state)
      if (notifications.routes().length >= routesMax) {
        throw new ProblemError(409, 'Too many routes', `${routesMax} at most: remove one first`)
      }
      const made = await notifications.add(c.req.valid('json'))
      await recordAudit(by, 'notification-route.added', named(made.route))
      return c.json(made, 201)
    })
    app.openapi(changeRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      requireOnePerson(state)
      const change = c.req.valid('json')
      const route = found(await notifications.change(c.req.valid('param').id, change))
      await recordAudit(by, 'notification-route.changed', `${named(route)}: ${JSON.stringify(change)}`)
      return c.json({ route }, 200)
    })
    app.openapi(removeRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      requireOnePerson(state)
      const { id } = c.req.valid('param')
      const route = found(notifications.routes().find((each) => each.id === id))
      await notifications.remove(id)
      await recordAudit(by, 'notification-route.removed', named(route))
      return c.json({ removed: id }, 200)
    })
    app.openapi(testRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { id } = c.req.valid('param')
      const { ok, status, detail, tookMs } = found(await notifications.test(id, by.name))
      await recordAudit(by, 'notification-route.tested', id)
      return c.json({ ok, ...(status !== undefined && { status }), detail, tookMs }, 200)
    })
    app.openapi(logRoute, async (c) => {
      requireScope(c.get('caller'), 'admin')
      return c.json({ deliveries: await notifications.deliveries(c.req.valid('query')) }, 200)
    })
    app.openapi(retryRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { id } = c.req.valid('param')
      if (!(await notifications.retry(id)))
        throw new ProblemError(409, 'Nothing to try again', 'it was delivered, or what it was about is over')
      await recordAudit(by, 'notification.retried', id)
      return c.json({ retried: id }, 200)
    })
    app.openapi(addressRoute, (c) => {
      requireScope(c.get('caller'), 'admin')
      return c.json(notifications.address(), 200)
    })
    app.openapi(setAddressRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      requireOnePerson(state)
      const address = c.req.valid('json')
      await notifications.setAddress(address)
      await recordAudit(by, 'notification-address.changed', address.consoleUrl ?? 'none')
      return c.json(address, 200)
    })
  }
}

function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw new ProblemError(404, 'No such route', 'see GET /api/notification-routes')
  return thing
}

function named({ name, id, kind }: NotificationRouteView): string {
  return `${name} (${kind}, ${id})`
}

function requireOnePerson(state: ConsoleState): void {
  if (!policyIsOn(state, 'two-person-policy')) return
  throw new ProblemError(
    409,
    'Takes two people',
    'while changing settings takes two people, notifications stay as they are: turn it off with a second person first',
  )
}
