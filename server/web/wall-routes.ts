// Links of wallboards over HTTP: made once, shown once, kept as a hash, revoked at once. An admin's matter.
import { createRoute, z } from '@hono/zod-openapi'
import { WallLinkView } from '../protocol/wall-messages.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope } from './identity.ts'
import type { RecordAudit } from './key-routes.ts'
import { ProblemError } from './problem.ts'

type Link = Omit<WallLinkView, 'open'> & { hash: string }
export type WallLinkStore = {
  list(): Link[]
  create(wanted: { name: string; createdBy: string }): Promise<{ token: string; link: Link }>
  revoke(id: string): Promise<boolean>
}
/** Links that are not revoked, at once. */
const linksMax = 100

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

const listRoute = createRoute({
  method: 'get',
  path: '/api/wall-links',
  summary: 'Links of wallboards, without their secrets',
  responses: { 200: { description: 'links', content: json(z.object({ links: z.array(WallLinkView) })) } },
})

const makeRoute = createRoute({
  method: 'post',
  path: '/api/wall-links',
  summary: 'Make a link that opens the wallboard and nothing else; its token is in this answer and never again',
  request: {
    body: { required: true, content: json(z.strictObject({ name: z.string().trim().min(1).max(100) })) },
  },
  responses: {
    201: { description: 'made', content: json(z.object({ token: z.string(), link: WallLinkView })) },
  },
})

const revokeRoute = createRoute({
  method: 'delete',
  path: '/api/wall-links/{id}',
  summary: 'Revoke a link; screens that show it go dark',
  request: { params: z.object({ id: z.string().max(64) }) },
  responses: { 200: { description: 'revoked', content: json(z.object({ revoked: z.string() })) } },
})

export function wallRoutes(
  links: WallLinkStore,
  sockets: { openOf(link: string): number; drop(link: string): void },
  recordAudit: RecordAudit,
) {
  const shown = ({ hash: _hash, ...rest }: Link): WallLinkView => ({ ...rest, open: sockets.openOf(rest.id) })
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'admin')
      return c.json({ links: links.list().map(shown) }, 200)
    })
    app.openapi(makeRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      if (links.list().filter((each) => each.revokedAtMs === undefined).length >= linksMax)
        throw new ProblemError(409, 'Too many links', `at most ${linksMax} at once: revoke one that is not used`)
      const { name } = c.req.valid('json')
      const { token, link } = await links.create({ name, createdBy: by.name })
      await recordAudit(by, 'wall-link.created', `${link.name} (…${link.hint})`)
      return c.json({ token, link: shown(link) }, 201)
    })
    app.openapi(revokeRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { id } = c.req.valid('param')
      const known = links.list().find((each) => each.id === id)
      if (!known || !(await links.revoke(id))) throw new ProblemError(404, 'No such link', 'see GET /api/wall-links')
      sockets.drop(id)
      await recordAudit(by, 'wall-link.revoked', `${known.name} (…${known.hint})`)
      return c.json({ revoked: id }, 200)
    })
  }
}
