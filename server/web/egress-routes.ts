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
import { ProblemError } from './problem.ts'
import { orThrow, type RefusedChange } from './rule-routes.ts'

type Kept = { version: number; note: string }

export type EgressPort = {
  list(query: {
    q?: string | undefined
    listing?: Listing | undefined
    onlyNew: boolean
    session?: string | undefined
    host?: string | undefined
    protocol?: string | undefined
    offset: number
    limit: number
  }): DestinationPage
  get(key: string): DestinationDetail | undefined
  allowlists(): Promise<AllowlistView>
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
  request: { params: z.object({ key: z.string().min(1).max(300) }) },
  responses: { 200: { description: 'the destination', content: json(DestinationDetail) } },
})

const listsRoute = createRoute({
  method: 'get',
  path: '/api/egress/allowlists',
  summary: 'What is expected: for all sessions, for task sets and for runs, with who changed it',
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

export function egressRoutes(egress: EgressPort, recordAudit: RecordAudit) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const { new: onlyNew, ...query } = c.req.valid('query')
      return c.json(egress.list({ ...query, onlyNew: onlyNew === 'yes' }), 200)
    })
    app.openapi(oneRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const found = egress.get(c.req.valid('param').key)
      if (!found)
        throw new ProblemError(404, 'No such destination', 'no session connected to it, or it was forgotten since')
      return c.json(found, 200)
    })
    app.openapi(listsRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(await egress.allowlists(), 200)
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
