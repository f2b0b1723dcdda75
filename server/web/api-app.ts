// The HTTP API: one Hono app, whose schemas are validation and OpenAPI document at once.

import type { HttpBindings } from '@hono/node-server'
import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context, MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { answerDenial, isHookPath } from './claude-code-hook-answer.ts'
import { type Caller, type Identify, mayDo, type Scope } from './identity.ts'
import { answerProblem, ProblemError } from './problem.ts'
import { type BodyLimits, ruleBody, smallBody } from './request-body.ts'

export type ApiEnv = { Bindings: HttpBindings; Variables: { caller: Caller | undefined } }
export type ApiApp = OpenAPIHono<ApiEnv>
export type ApiContext = Context<ApiEnv>

/** Paths that the API answers; everything else belongs to Next. */
export function isApiPath(path: string): boolean {
  return /^\/(api|v1|hooks)(\/|$)/.test(path) || path === '/healthz' || path === '/readyz' || path === '/metrics'
}

export type ApiAppOptions = {
  identify: Identify
  onError: (context: string, error: unknown) => void
  /** False while PostgreSQL does not answer: what fails then is no fault of ours, and worth another try. */
  isDatabaseConnected?: () => boolean
  /** Why nothing may be changed here; absent: it may. */
  readOnly?: string | undefined
  /** Each adds its routes; order does not matter. */
  routes: ((app: ApiApp) => void)[]
}

export function createApiApp(options: ApiAppOptions): ApiApp {
  const app: ApiApp = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return
      const issue = result.error.issues[0]
      const where = issue?.path.join('.') || 'request'
      throw new ProblemError(422, 'Request does not fit', `${where}: ${issue?.message ?? 'invalid'}`)
    },
  })
  app.onError((error, c) => {
    return answer(
      c,
      problemOf(error, options.isDatabaseConnected?.() ?? true, () =>
        options.onError(`${c.req.method} ${c.req.path}`, error),
      ),
    )
  })
  app.notFound((c) => answer(c, new ProblemError(404, 'No such path', 'see /api/openapi.json for what there is')))
  app.use('*', identifyCaller(options.identify))
  app.use('*', refuseStrangers)
  app.use('*', limitSmallBodies)
  if (options.readOnly !== undefined) app.use('*', refuseChanges(options.readOnly))
  for (const add of options.routes) add(app)
  app.doc31('/api/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Vigil',
      version: '1',
      description: 'Live incident console for AI agents. Errors are RFC 9457 problem+json.',
    },
  })
  return app
}

/** A hook that failed must deny, which its caller does not read from a status. */
function answer(c: Context, problem: ProblemError): Response {
  return isHookPath(c.req.path) ? answerDenial(c, problem) : answerProblem(c, problem)
}

function problemOf(error: unknown, isDatabaseConnected: boolean, report: () => void): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof SyntaxError || (error instanceof HTTPException && error.status === 400))
    return new ProblemError(400, 'Malformed request', 'the body is not valid JSON')
  if (!isDatabaseConnected)
    return new ProblemError(503, 'Database away', 'PostgreSQL does not answer: ask again in a moment')
  report()
  return new ProblemError(500, 'Internal error', 'this is our fault; the server log has the details')
}

/** better-auth looks after itself under /api/auth; everywhere else the caller is known before the handler runs. */
function identifyCaller(identify: Identify): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (c.req.path.startsWith('/api/auth/')) return await next()
    const caller = await identify(c.req.raw.headers)
    if (caller?.type === 'operator' && c.req.method !== 'GET' && c.req.method !== 'HEAD') requireSameOrigin(c)
    c.set('caller', caller)
    return await next()
  }
}

/** Open to everyone: signing in, being set up, being asked how one is. */
const openPath = /^\/(healthz|readyz|api\/(auth\/.*|me|setup|sign-in|openapi\.json))$/
/** Bodies that their own routes bound, because they are large or not ours to parse. */
const ownLimit = /^\/(v1|api\/ingest|api\/auth|hooks)\//

/** Also a bundle of a bundle: it would be signed by whoever only shows it. */
function refuseChanges(why: string): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const isRead = c.req.method === 'GET' || c.req.method === 'HEAD'
    if (c.req.path.startsWith('/api/auth/') || (isRead && !/^\/api\/bundle(-key)?$/.test(c.req.path)))
      return await next()
    throw new ProblemError(403, 'Read only', why)
  }
}

/** Before a body is read or parsed: who says nothing of himself sends nothing. */
const refuseStrangers: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.get('caller') === undefined && !openPath.test(c.req.path)) {
    throw new ProblemError(401, 'Not signed in', 'send "authorization: Bearer KEY", or sign in')
  }
  return await next()
}

/** Texts of rules are large: from whoever may do with them what is asked, which is looked at before the body is. */
const ruleTexts: ReadonlyMap<string, Scope> = new Map([
  ['POST /api/rule-documents/check', 'control'],
  ['PUT /api/rule-documents', 'admin'],
  ['POST /api/backtests', 'control'],
])

function limitsOf(c: ApiContext): BodyLimits {
  const scope = ruleTexts.get(`${c.req.method} ${c.req.path}`)
  const caller = c.get('caller')
  return scope !== undefined && caller && mayDo(caller, scope) ? ruleBody : smallBody
}

const limitSmallBodies: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD' || ownLimit.test(c.req.path)) return await next()
  if (c.req.header('transfer-encoding') !== undefined) {
    throw new ProblemError(411, 'Length needed', 'send the body with content-length')
  }
  const { wireBytes } = limitsOf(c)
  if (Number(c.req.header('content-length') ?? 0) > wireBytes) {
    throw new ProblemError(413, 'Body too large', `at most ${wireBytes} bytes here`)
  }
  return await next()
}

/** A cookie travels with requests that other sites make; the Origin header says so. */
function requireSameOrigin(c: ApiContext): void {
  const origin = c.req.header('origin')
  if (origin === undefined || !isSameOrigin(origin, c.req.header('host'))) {
    throw new ProblemError(
      403,
      'Foreign origin',
      'a signed-in request that changes something must come from this console',
    )
  }
}

export function isSameOrigin(origin: string, host: string | undefined): boolean {
  try {
    return host !== undefined && new URL(origin).host === host
  } catch {
    return false
  }
}
