// The numbers over time over HTTP, and their tables for a spreadsheet.
import { createRoute, z } from '@hono/zod-openapi'
import { numbersCsv } from '../model/numbers/numbers-csv.ts'
import { type NumbersDays, NumbersView, numbersDays, numbersTables } from '../protocol/numbers-view.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'

const Query = z.object({
  days: z
    .enum(numbersDays.map(String) as [string, ...string[]])
    .default('30')
    .transform((text) => Number(text) as NumbersDays)
    .describe('days that end with today (UTC); 90 are thirteen whole weeks'),
  drills: z.enum(['yes', 'no']).default('no').describe('rehearsals are counted too'),
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

export function numbersRoutes(read: (query: { days: NumbersDays; drills: boolean }) => Promise<NumbersView>) {
  return (app: ApiApp): void => {
    app.openapi(numbersRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { days, drills } = c.req.valid('query')
      return c.json(await read({ days, drills: drills === 'yes' }), 200)
    })
    app.openapi(csvRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { table } = c.req.valid('param')
      const { days, drills } = c.req.valid('query')
      const text = numbersCsv(await read({ days, drills: drills === 'yes' }), table)
      return c.body(text, 200, {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="vigil-${table}-${days}-days.csv"`,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      })
    })
  }
}
