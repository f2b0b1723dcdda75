// API keys: made once, shown once, kept as a hash, revoked at once.
import { createRoute, z } from '@hono/zod-openapi'
import type { Actor } from '../protocol/actor.ts'
import { HostId, SessionId } from '../protocol/ids.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, type KeyRecord, requireScope, type Scope, scopes } from './identity.ts'
import { ProblemError } from './problem.ts'

export type KeyStore = {
  list(): KeyRecord[]
  create(key: {
    name: string
    scopes: Scope[]
    host?: HostId | undefined
    session?: SessionId | undefined
    createdBy: string
  }): Promise<{
    key: string
    record: KeyRecord
  }>
  /** False when there is no such key. */
  revoke(id: string): Promise<boolean>
}

const Key = z.object({
  id: z.string(),
  name: z.string(),
  hint: z.string().describe('last four characters'),
  scopes: z.array(z.enum(scopes)),
  host: z.string().optional(),
  session: z.string().optional(),
  createdAtMs: z.number(),
  revokedAtMs: z.number().optional(),
})

const listRoute = createRoute({
  method: 'get',
  path: '/api/keys',
  summary: 'API keys, without their secrets',
  responses: {
    200: { description: 'keys', content: { 'application/json': { schema: z.object({ keys: z.array(Key) }) } } },
  },
})

const createRoute_ = createRoute({
  method: 'post',
  path: '/api/keys',
  summary: 'Make an API key; its text is in this answer and never again',
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.object({
            name: z.string().trim().min(1).max(100),
            scopes: z.array(z.enum(scopes)).min(1),
            host: HostId.optional(),
            session: SessionId.optional(),
          }),
        },
      },
    },
  },
  responses: {
    201: {
      description: 'made',
      content: { 'application/json': { schema: z.object({ key: z.string(), record: Key }) } },
    },
  },
})

const revokeRoute = createRoute({
  method: 'delete',
  path: '/api/keys/{id}',
  summary: 'Revoke an API key; requests with it are refused from now on',
  request: { params: z.object({ id: z.string().max(64) }) },
  responses: {
    200: { description: 'revoked', content: { 'application/json': { schema: z.object({ revoked: z.string() }) } } },
  },
})

export type RecordAudit = (by: Actor, change: string, subject: string) => Promise<void>

export function keyRoutes(keys: KeyStore, recordAudit: RecordAudit, onRevoked: (id: string) => void) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'admin')
      return c.json({ keys: keys.list().map(shown) }, 200)
    })
    app.openapi(createRoute_, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const wanted = c.req.valid('json')
      if (wanted.scopes.includes('probe') && wanted.host === undefined) {
        throw new ProblemError(422, 'A probe key needs its host', 'give "host": a probe speaks for one host only')
      }
      const made = await keys.create({ ...wanted, createdBy: by.id })
      await recordAudit(
        by,
        'key.created',
        `${made.record.name} (…${made.record.hint}): ${made.record.scopes.join(', ')}`,
      )
      return c.json({ key: made.key, record: shown(made.record) }, 201)
    })
    app.openapi(revokeRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { id } = c.req.valid('param')
      if (!(await keys.revoke(id))) throw new ProblemError(404, 'No such key', 'see GET /api/keys')
      onRevoked(id)
      await recordAudit(by, 'key.revoked', id)
      return c.json({ revoked: id }, 200)
    })
  }
}

function shown({ hash: _hash, ...rest }: KeyRecord): z.infer<typeof Key> {
  return rest
}
