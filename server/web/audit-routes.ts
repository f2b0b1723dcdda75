// The audit over HTTP: who did what, newest first, and whether the chain is whole. Everybody who may read may see it; nobody can write it.
import { createRoute, z } from '@hono/zod-openapi'
import {
  AuditChecked,
  type AuditDamage,
  type AuditHead,
  type AuditLink,
  AuditPage,
  type AuditVerdict,
} from '../protocol/audit.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { Clock } from './ports.ts'
import { AtQuery, pastMomentOf } from './replay-routes.ts'

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

/** What the store and its keeper give. */
export type AuditPort = {
  head(): AuditHead
  read(query: {
    beforeN?: number | undefined
    text?: string | undefined
    kind?: string | undefined
    session?: string | undefined
    limit: number
  }): Promise<AuditLink[]>
  readChain(afterN: number, limit: number): Promise<AuditLink[]>
  headAt(atMs: number): Promise<AuditHead>
  verify(): Promise<AuditVerdict>
  damage(): readonly AuditDamage[]
}

const listRoute = createRoute({
  method: 'get',
  path: '/api/audit',
  summary: 'Deeds of operators, keys and the server',
  description:
    'Newest first, or with `after` in the order of the chain, to check it: the hash of an entry is the SHA-256 of ' +
    '"vigil-audit-1\\n" + the hash before + "\\n" + partition + "\\n" + n + "\\n" + body; before the first one stand 64 zeros.',
  request: {
    query: z.object({
      before: z.coerce.number().int().min(1).optional().describe('older than this number'),
      after: z.coerce
        .number()
        .int()
        .min(0)
        .optional()
        .describe('the chain from the one behind this number on, ascending'),
      q: z.string().max(200).optional().describe('found anywhere in an entry'),
      kind: z.string().max(64).optional(),
      session: z.string().max(128).optional(),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      at: AtQuery,
    }),
  },
  responses: { 200: { description: 'entries', content: json(AuditPage) } },
})

const verifyRoute = createRoute({
  method: 'get',
  path: '/api/audit/verify',
  summary: 'Check the whole chain now',
  responses: { 200: { description: 'what was found', content: json(AuditChecked) } },
})

export function auditRoutes(audit: AuditPort, clock: Clock) {
  /** One check at a time: whoever asks meanwhile gets the same answer. */
  let checking: Promise<AuditVerdict> | undefined
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { before, after, q, kind, session, limit, at } = c.req.valid('query')
      const atMs = pastMomentOf(at, clock.nowMs())
      const head = atMs === undefined ? audit.head() : await audit.headAt(atMs)
      const beforeN = atMs === undefined ? before : Math.min(before ?? head.n + 1, head.n + 1)
      const entries =
        after !== undefined
          ? (await audit.readChain(after, limit + 1)).filter(({ n }) => n <= head.n)
          : await audit.read({ beforeN, text: q || undefined, kind, session, limit: limit + 1 })
      const page = { entries: entries.slice(0, limit), more: entries.length > limit }
      return c.json({ ...page, head, damage: [...audit.damage()] }, 200)
    })
    app.openapi(verifyRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      checking ??= audit.verify().finally(() => {
        checking = undefined
      })
      return c.json({ ...(await checking), damage: [...audit.damage()] }, 200)
    })
  }
}
