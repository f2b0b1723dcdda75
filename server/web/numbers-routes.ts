// The numbers over time over HTTP, and their tables for a spreadsheet.
import { createRoute, z } from '@hono/zod-openapi'
import { numbersCsv } from '../model/numbers/numbers-csv.ts'
import { type NumbersDays, NumbersView, numbersDays, numbersTables } from '../protocol/numbers-view.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { Clock } from './ports.ts'
import { AtQuery, pastMomentOf } from './replay-routes.ts'
import { problemOfPast } from './replay-socket.ts'

const Query = z.object({
  days: z
    .enum(numbersDays.map(String) as [string, ...string[]])
    .default('30')
    .transform((text) => Number(text) as NumbersDays)
    .describe('days that end with today (UTC); 90 are thirteen whole weeks'),
  drills: z.enum(['yes', 'no']).default('no').describe('rehearsals are counted too'),
  at: AtQuery,
})

const numbersRoute = createRoute({
  method: 'get',
  path: '/api/numbers',
  summary:
    'How long incidents took to detect, acknowledge and contain, flags by rule, precision by verdicts, and approvals with their wait, by day or week',
  description: 'What was not measured is absent or null. What is still open is counted as open and is in no span.',
  request: { query: Query },
  responses: { 200: { description: 'the numbers', content: { 'application/json': { schema: NumbersView } } } },
})

const csvRoute = createRoute({
  method: 'get',
  path: '/api/numbers/csv/{table}',
  summary: 'One of their tables, for a spreadsheet; an empty cell is what is not known',
  request: { params: z.object({ table: z.enum(numbersTables) }), query: Query },
  responses: { 200: { description: 'a row a step or a rule', content: { 'text/csv': { schema: z.string() } } } },
})

type Read = (query: { days: NumbersDays; drills: boolean; atMs: number | undefined }) => Promise<NumbersView>

export function numbersRoutes(read: Read, clock: Clock) {
  async function asked({ days, drills, at }: z.infer<typeof Query>): Promise<NumbersView> {
    const atMs = pastMomentOf(at, clock.nowMs())
    try {
      return await read({ days, drills: drills === 'yes', atMs })
    } catch (error) {
      throw problemOfPast(error)
    }
  }
  return (app: ApiApp): void => {
    app.openapi(numbersRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(await asked(c.req.valid('query')), 200)
    })
    app.openapi(csvRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { table } = c.req.valid('param')
      const query = c.req.valid('query')
      const text = numbersCsv(await asked(query), table)
      return c.body(text, 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="vigil-${table}-${query.days}-days.csv"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
    })
  }
}
