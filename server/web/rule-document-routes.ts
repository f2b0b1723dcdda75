// Texts of rules and contexts over HTTP: read, check, keep as a new version, take away; and backtests of a text on the log.
import { createRoute, z } from '@hono/zod-openapi'
import type { Actor } from '../protocol/actor.ts'
import {
  BacktestRequest,
  BacktestView,
  RuleCheckView,
  RuleDocumentName,
  RuleDocumentRequest,
  RuleDocumentView,
  RuleText,
} from '../protocol/rule-view.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope, roleOf } from './identity.ts'
import type { RecordAudit } from './key-routes.ts'
import { ProblemError } from './problem.ts'
import { orThrow, type RefusedChange } from './rule-routes.ts'

type Changed = { name: string; version: number; rules: string[] }

export type RuleDocumentsPort = {
  document(name: string, version?: number): Promise<RuleDocumentView | undefined>
  check(name: string, text: string): RuleCheckView
  save(
    change: { name: string; text: string; base: number; note?: string | undefined },
    by: string,
  ): Promise<Changed | RefusedChange>
  remove(name: string, base: number, by: string): Promise<Changed | RefusedChange>
}

/** What somebody started is cancelled by whoever started it, or by an admin. */
export type BacktestWatch = {
  /** `page`: where it is looked at, unless in the editor of its text. */
  started(id: string, by: Actor, page?: string): Promise<void>
  cancel(id: string, by: Actor, isAdmin: boolean): Promise<'asked' | 'unknown' | 'ended' | 'not-yours'>
}

export type BacktestsPort = {
  /** Undefined where too many run already. */
  start(request: z.infer<typeof BacktestRequest>, by: string): Promise<string | undefined>
  get(id: string): BacktestView | undefined
  list(): BacktestView[]
  cancel(id: string): boolean
}

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const body = <T extends z.ZodType>(schema: T) => ({ body: { required: true, content: json(schema) } })

const readRoute = createRoute({
  method: 'get',
  path: '/api/rule-documents/text',
  summary: 'A text of rules (pack/…, folder/…, console/…) or context.yml, with its versions',
  request: { query: z.object({ name: RuleDocumentName, version: z.coerce.number().int().min(1).optional() }) },
  responses: { 200: { description: 'the text', content: json(RuleDocumentView) } },
})

const checkRoute = createRoute({
  method: 'post',
  path: '/api/rule-documents/check',
  summary: 'What a text would be: its rules, its mistakes by line and column, its examples played; nothing is kept',
  request: body(z.strictObject({ name: RuleDocumentName, text: RuleText })),
  responses: { 200: { description: 'what it would be', content: json(RuleCheckView) } },
})

const saveRoute = createRoute({
  method: 'put',
  path: '/api/rule-documents',
  summary: 'Keep a text as its newest version; it is in force at once',
  request: body(RuleDocumentRequest),
  responses: {
    200: {
      description: 'kept',
      content: json(z.object({ name: z.string(), version: z.number(), rules: z.array(z.string()) })),
    },
  },
})

const removeRoute = createRoute({
  method: 'delete',
  path: '/api/rule-documents',
  summary: 'Take the console’s text away: the file’s own runs again, or nothing',
  request: { query: z.object({ name: RuleDocumentName, base: z.coerce.number().int().min(0) }) },
  responses: {
    200: { description: 'taken away', content: json(z.object({ name: z.string(), version: z.number() })) },
  },
})

const startRoute = createRoute({
  method: 'post',
  path: '/api/backtests',
  summary: 'What a text would have said of the last hours, beside what runs now; nothing is kept or raised',
  request: body(BacktestRequest),
  responses: { 202: { description: 'it runs', content: json(z.object({ id: z.string() })) } },
})

const listBacktestsRoute = createRoute({
  method: 'get',
  path: '/api/backtests',
  summary: 'Backtests that run, and the newest that ended',
  responses: { 200: { description: 'backtests', content: json(z.object({ backtests: z.array(BacktestView) })) } },
})

const Backtest = z.object({ id: z.string().min(1).max(64) })

const readBacktestRoute = createRoute({
  method: 'get',
  path: '/api/backtests/{id}',
  summary: 'How far a backtest is, and what it found',
  request: { params: Backtest },
  responses: { 200: { description: 'the backtest', content: json(BacktestView) } },
})

const cancelRoute = createRoute({
  method: 'delete',
  path: '/api/backtests/{id}',
  summary: 'Cancel a backtest',
  request: { params: Backtest },
  responses: { 200: { description: 'cancelled', content: json(z.object({ cancelled: z.string() })) } },
})

export function ruleDocumentRoutes(
  documents: RuleDocumentsPort,
  backtests: BacktestsPort,
  recordAudit: RecordAudit,
  watch: BacktestWatch,
) {
  return (app: ApiApp): void => {
    app.openapi(readRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { name, version } = c.req.valid('query')
      const found = await documents.document(name, version)
      if (!found)
        throw new ProblemError(404, 'No such text', `there is no ${name}${version ? ` version ${version}` : ''}`)
      return c.json(found, 200)
    })
    app.openapi(checkRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const { name, text } = c.req.valid('json')
      return c.json(documents.check(name, text), 200)
    })
    app.openapi(saveRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { note, ...change } = c.req.valid('json')
      const saved = orThrow(await documents.save({ ...change, ...(note && { note }) }, by.name))
      await recordAudit(by, 'rule-text.saved', `${saved.name} version ${saved.version}${note ? `: ${note}` : ''}`)
      return c.json(saved, 200)
    })
    app.openapi(removeRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'admin'))
      const { name, base } = c.req.valid('query')
      const { version } = orThrow(await documents.remove(name, base, by.name))
      await recordAudit(by, 'rule-text.removed', `${name} version ${version}`)
      return c.json({ name, version }, 200)
    })
    app.openapi(startRoute, async (c) => {
      // It costs the processor that sessions are judged with.
      const by = actorOf(requireScope(c.get('caller'), 'control'))
      const id = await backtests.start(c.req.valid('json'), by.name)
      if (id === undefined)
        throw new ProblemError(
          409,
          'Too many backtests',
          'two run already: wait for one or cancel it (GET /api/backtests)',
        )
      await watch.started(id, by)
      return c.json({ id }, 202)
    })
    app.openapi(listBacktestsRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ backtests: backtests.list() }, 200)
    })
    app.openapi(readBacktestRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const found = backtests.get(c.req.valid('param').id)
      if (!found)
        throw new ProblemError(404, 'No such backtest', 'it ended long ago, or the server was restarted: run it again')
      return c.json(found, 200)
    })
    app.openapi(cancelRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const { id } = c.req.valid('param')
      const answer = await watch.cancel(id, actorOf(caller), roleOf(caller) === 'admin')
      if (answer === 'not-yours')
        throw new ProblemError(403, 'Not yours', 'somebody else started it: ask them, or an admin')
      if (answer !== 'asked') throw new ProblemError(409, 'Nothing to cancel', 'it has ended already')
      return c.json({ cancelled: id }, 200)
    })
  }
}
