// `POST /api/ingest/events`: NDJSON of native events, answered only after commit.

import { createRoute, z } from '@hono/zod-openapi'
import { canarySender, type Sender } from '../control/admit-event.ts'
import type { ApiApp } from './api-app.ts'
import type { BodyBudget } from './body-budget.ts'
import { durableInTime } from './durable-in-time.ts'
import { bodyLimitsOf, requireScope, senderOf } from './identity.ts'
import { type LineError, parseNdjson } from './ingest-ndjson.ts'
import type { PipelinePort, SourcesPort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { sourceNameOf } from './source-name.ts'
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

export function ingestRoutes(pipeline: PipelinePort, budget: BodyBudget, sources: SourcesPort) {
  return (app: ApiApp): void => {
    app.openapi(route, async (c) => {
      const caller = requireScope(c.get('caller'), 'ingest')
      const sender = senderOf(caller)
      const answer = await budget.withBody(c.env.incoming, bodyLimitsOf(caller), (body) =>
        ingest(
          body,
          sender,
          sender.type === 'source' && sender.name === canarySender
            ? 'vigil/canary'
            : sources.idOf('events', sourceNameOf(caller)),
        ),
      )
      return c.json(answer, 200)
    })
  }

  async function ingest(body: Buffer, sender: Sender, source: string): Promise<z.infer<typeof IngestAnswer>> {
    const defaults = sender.type === 'source' ? { host: sender.host, session: sender.session } : {}
    const errors: LineError[] = []
    let rejected = 0
    const reasons = new Map<string, number>()
    let newestAtMs: number | undefined
    const reject = (error: LineError) => {
      rejected += 1
      reasons.set(error.reason, (reasons.get(error.reason) ?? 0) + 1)
      if (errors.length < errorsListed) errors.push(error)
    }
    const lines: number[] = []
    const turns = submitInTurns(pipeline, sender, (index, reason) => reject({ line: lines[index] ?? 0, reason }), {
      source,
    })
    let sinceTurn = 0
    for (const parsed of parseNdjson(body, defaults)) {
      if ('reason' in parsed) reject(parsed)
      else {
        lines.push(parsed.line)
        newestAtMs = Math.max(newestAtMs ?? 0, parsed.event.atMs)
        turns.add(parsed.event)
      }
      sinceTurn += 1
      if (sinceTurn < linesPerTurn) continue
      sinceTurn = 0
      await turns.breathe()
    }
    const { accepted, failure } = await durableInTime(turns.finish())
    // Its own test is no source: a console that heard nobody yet says so.
    if (!(sender.type === 'source' && sender.name === canarySender))
      sources.note(
        source,
        {
          records: lines.length + rejected,
          events: accepted,
          duplicates: turns.duplicates(),
          samples: 0,
          skipped: 0,
          refused: rejected,
          bytes: body.length,
          understood: [{ what: 'event', count: accepted }],
          skippedReasons: [],
          refusedReasons: [...reasons].slice(0, 50).map(([reason, count]) => ({ reason, count, example: '' })),
          newestAtMs,
        },
        errors.map(({ line, reason }) => ({ line, reason, raw: '' })),
      )
    errors.sort((a, b) => a.line - b.line)
    if (failure !== undefined) throw new ProblemError(503, 'Not durable yet', failure, { accepted, rejected, errors })
    return { accepted, rejected, errors }
  }
}
