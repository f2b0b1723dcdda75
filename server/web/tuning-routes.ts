// What people said of a rule's flags becomes an exception that is proposed, and any exception can be tried on the log before it stands.
import { createRoute, z } from '@hono/zod-openapi'
import { ExceptionBacktestRequest, ProposalView } from '../protocol/proposal-view.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope } from './identity.ts'
import { ProblemError } from './problem.ts'
import type { BacktestWatch } from './rule-document-routes.ts'

export type TuningPort = {
  /** Undefined: no such rule. */
  propose(rule: string): Promise<ProposalView | undefined>
  backtest(
    rule: string,
    request: ExceptionBacktestRequest,
    by: string,
  ): Promise<{ id: string } | { not: 'no-such-rule' | 'too-many' } | { wrong: string }>
}

const Rule = z.object({ id: z.string().min(1).max(500) })

const proposalRoute = createRoute({
  method: 'get',
  path: '/api/rules/{id}/proposal',
  summary: 'An exception that its noise has in common and no flag that was judged true; nothing is changed by it',
  request: { params: Rule },
  responses: {
    200: {
      description: 'the proposal, or why there is none',
      content: { 'application/json': { schema: ProposalView } },
    },
  },
})

const backtestRoute = createRoute({
  method: 'post',
  path: '/api/rules/{id}/exceptions/backtest',
  summary: 'What an exception would have hidden of the last hours; nothing is kept or raised',
  request: {
    params: Rule,
    body: { required: true, content: { 'application/json': { schema: ExceptionBacktestRequest } } },
  },
  responses: {
    202: {
      description: 'it runs: GET /api/backtests/{id}',
      content: { 'application/json': { schema: z.object({ id: z.string() }) } },
    },
  },
})

export function tuningRoutes({ propose, backtest }: TuningPort, watch: BacktestWatch) {
  return (app: ApiApp): void => {
    app.openapi(proposalRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const found = await propose(c.req.valid('param').id)
      if (!found) throw new ProblemError(404, 'No such rule', 'see GET /api/rules')
      return c.json(found, 200)
    })
    app.openapi(backtestRoute, async (c) => {
      // It costs the processor that sessions are judged with.
      const by = actorOf(requireScope(c.get('caller'), 'control'))
      const { id } = c.req.valid('param')
      const started = await backtest(id, c.req.valid('json'), by.name)
      if ('wrong' in started) throw new ProblemError(422, 'Malformed exception', started.wrong)
      if ('id' in started) {
        await watch.started(started.id, by, `/rules/rule?${new URLSearchParams({ id })}`)
        return c.json({ id: started.id }, 202)
      }
      if (started.not === 'no-such-rule') throw new ProblemError(404, 'No such rule', 'see GET /api/rules')
      throw new ProblemError(
        409,
        'Too many backtests',
        'two run already: wait for one or cancel it (GET /api/backtests)',
      )
    })
  }
}
