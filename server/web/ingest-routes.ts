// `POST /api/ingest/events`: NDJSON of native events, answered only after commit.

import { createRoute, z } from '@hono/zod-openapi'
import type { Sender } from '../control/admit-event.ts'
import type { ApiApp } from './api-app.ts'
import type { BodyBudget } from './body-budget.ts'
import { durableInTime } from './durable-in-time.ts'
import { bodyLimitsOf, requireScope, senderOf } from './identity.ts'
import { type LineError, parseNdjson } from './ingest-ndjson.ts'
import type { PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { submitInTurns } from './submit-in-turns.ts'

/** Lines parsed before others get a turn of the event loop: about 5 ms of work. */
const linesPerTurn = 500
const errorsListed = 100

const IngestAnswer = z.object({
  accepted: z.number().describe('events that are durable now, repeats of known ids included'),
  rejected: z.number(),
  errors: z.array(z.object({ line: z.number(), reason: z.string() })).describe(`the first ${errorsListed}`),
})

const route = createRoute({
  method: 'post',
  path: '/api/ingest/events',
  summary: 'Append native events (NDJSON, gzip allowed)',
  responses: {
    200: { description: 'every accepted line is durable', content: { 'application/json': { schema: IngestAnswer } } },
    503: { description: 'not all lines could be made durable: send again with the same ids' },
  },
})

export function ingestRoutes(pipeline: PipelinePort, budget: BodyBudget) {
  return (app: ApiApp): void => {
    app.openapi(route, async (c) => {
      const caller = requireScope(c.get('caller'), 'ingest')
      const sender = senderOf(caller)
      const answer = await budget.withBody(c.env.incoming, bodyLimitsOf(caller), (body) => ingest(body, sender))
      return c.json(answer, 200)
    })
  }

  async function ingest(body: Buffer, sender: Sender): Promise<z.infer<typeof IngestAnswer>> {
    const defaults = sender.type === 'source' ? { host: sender.host, session: sender.session } : {}
    const errors: LineError[] = []
    let rejected = 0
    const reject = (error: LineError) => {
      rejected += 1
      if (errors.length < errorsListed) errors.push(error)
    }
    const lines: number[] = []
    const turns = submitInTurns(pipeline, sender, (index, reason) => reject({ line: lines[index] ?? 0, reason }))
    let sinceTurn = 0
    for (const parsed of parseNdjson(body, defaults)) {
      if ('reason' in parsed) reject(parsed)
      else {
        lines.push(parsed.line)
        turns.add(parsed.event)
      }
      sinceTurn += 1
      if (sinceTurn < linesPerTurn) continue
      sinceTurn = 0
      await turns.breathe()
    }
    const { accepted, failure } = await durableInTime(turns.finish())
    errors.sort((a, b) => a.line - b.line)
    if (failure !== undefined) throw new ProblemError(503, 'Not durable yet', failure, { accepted, rejected, errors })
    return { accepted, rejected, errors }
  }
}
