// Destinations over HTTP, and the allowlists that say which of them are expected. Everybody reads; administrators change, and every change
// is audited. An allowlist tells detection; nothing here opens or closes a network.
import { createRoute, z } from '@hono/zod-openapi'
import {
  AllowlistView,
  AllowRequest,
  DestinationDetail,
  DestinationPage,
  DisallowRequest,
  Listing,
} from '../protocol/destination-view.ts'
import { cutText, shortTextMax } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope } from './identity.ts'
import type { RecordAudit } from './key-routes.ts'
import type { Clock, DestinationsQuery, PastPort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { AtQuery, pastMomentOf, readAt } from './replay-routes.ts'
import { orThrow, type RefusedChange } from './rule-routes.ts'

type Kept = { version: number; note: string }

export type EgressPort = {
  list(query: DestinationsQuery): DestinationPage
  get(key: string): DestinationDetail | undefined
  /** The lists to compare a moment of the past with. */
  listsAt(atMs: number): Promise<{ contexts: object; of: 'then' | 'now' }>
  /** As of that moment; undefined: now. */
  allowlists(atMs?: number): Promise<AllowlistView>
  allow(request: AllowRequest, by: string): Promise<Kept | RefusedChange>
  disallow(request: DisallowRequest, by: string): Promise<Kept | RefusedChange>
}

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const body = <T extends z.ZodType>(schema: T) => ({ body: { required: true, content: json(schema) } })
const lists = { description: 'the lists as they are now', content: json(AllowlistView) }

const listRoute = createRoute({
  method: 'get',
  path: '/api/egress/destinations',
  summary: 'Where sessions connected to, as their hosts saw it; new ones that no allowlist expects first',
  request: {
    query: z.object({
      q: z.string().max(200).optional().describe('text in protocol, address, port, names, session, host or program'),
      listing: Listing.optional(),
      new: z.enum(['yes']).optional(),
      session: z.string().max(256).optional(),
      host: z.string().max(256).optional(),
      protocol: z.enum(['tcp', 'udp']).optional(),
      at: AtQuery,
      offset: z.coerce.number().int().min(0).max(20_000).default(0),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
    }),
  },
  responses: { 200: { description: 'a page', content: json(DestinationPage) } },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/api/egress/destinations/{key}',
  summary: 'One destination: who connected to it, when, with what, and how much',
  request: { params: z.object({ key: z.string().min(1).max(300) }), query: z.object({ at: AtQuery }) },
  responses: { 200: { description: 'the destination', content: json(DestinationDetail) } },
})

const listsRoute = createRoute({
  method: 'get',
  path: '/api/egress/allowlists',
  summary: 'What is expected: for all sessions, for task sets and for runs, with who changed it',
  request: { query: z.object({ at: AtQuery }) },
  responses: { 200: lists },
})

const allowRoute = createRoute({
  method: 'post',
  path: '/api/egress/allowlists/entries',
  summary: 'Expect a destination; detection follows at once, no network is opened by it',
  request: body(AllowRequest),
  responses: { 201: lists },
})

const disallowRoute = createRoute({
  method: 'post',
  path: '/api/egress/allowlists/entries/remove',
  summary: 'Expect a destination no longer; no network is closed by it',
  request: body(DisallowRequest),
  responses: { 200: lists },
})

export function egressRoutes(egress: EgressPort, recordAudit: RecordAudit, looking: { past: PastPort; clock: Clock }) {
  const listsAt = async (at: string | undefined) => {
    const atMs = pastMomentOf(at, looking.clock.nowMs())
    return atMs === undefined ? undefined : await egress.listsAt(atMs)
  }
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { new: onlyNew, at, ...query } = c.req.valid('query')
      const ask = { ...query, onlyNew: onlyNew === 'yes' }
      const lists = await listsAt(at)
      if (lists === undefined) return c.json(egress.list(ask), 200)
      const { contexts, of } = lists
      const then = await readAt(looking, c.req, at, 'destinations', { ask, contexts, of })
      return c.json(then?.answer ?? egress.list(ask), 200)
    })
    app.openapi(oneRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { key } = c.req.valid('param')
      const { at } = c.req.valid('query')
      const lists = await listsAt(at)
      const then =
        lists && (await readAt(looking, c.req, at, 'destination', { key, contexts: lists.contexts, of: lists.of }))
      const found = then ? then.answer : egress.get(key)
      if (!found)
        throw new ProblemError(
          404,
          'No such destination',
          then
            ? 'no session is known to have connected to it by that moment, or its figures of then are not kept'
            : 'no session connected to it, or it was forgotten since',
        )
      return c.json(found, 200)
    })
    app.openapi(listsRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(await egress.allowlists(pastMomentOf(c.req.valid('query').at, looking.clock.nowMs())), 200)
    })
    app.openapi(allowRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { version, note } = orThrow(await egress.allow(c.req.valid('json'), by.name))
      await recordAudit(by, 'allowlist.entry-added', cutText(`${note} (version ${version})`, shortTextMax))
      return c.json(await egress.allowlists(), 201)
    })
    app.openapi(disallowRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { version, note } = orThrow(await egress.disallow(c.req.valid('json'), by.name))
      await recordAudit(by, 'allowlist.entry-removed', cutText(`${note} (version ${version})`, shortTextMax))
      return c.json(await egress.allowlists(), 200)
    })
  }
}
