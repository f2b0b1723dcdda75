// `POST /api/ingest/events`: NDJSON of native events, answered only after commit.

import { setImmediate as turn } from 'node:timers/promises'
import { createRoute, z } from '@hono/zod-openapi'
import type { EventInput } from '../protocol/event.ts'
import type { ApiApp } from './api-app.ts'
import { durableInTime } from './durable-in-time.ts'
import { requireScope, senderOf } from './identity.ts'
import { type LineError, parseNdjson } from './ingest-ndjson.ts'
import type { PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { readBody } from './request-body.ts'

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

export function ingestRoutes(pipeline: PipelinePort) {
  return (app: ApiApp): void => {
    app.openapi(route, async (c) => {
      const caller = requireScope(c.get('caller'), 'ingest')
      const sender = senderOf(caller)
      const body = await readBody(c.env.incoming)
      const defaults = sender.type === 'source' ? { host: sender.host, session: sender.session } : {}

      const errors: LineError[] = []
      let rejected = 0
      const reject = (error: LineError) => {
        rejected += 1
        if (errors.length < errorsListed) errors.push(error)
      }
      const pending: Promise<number>[] = []
      let events: EventInput[] = []
      let lines: number[] = []
      const send = () => {
        const [sent, sentLines] = [events, lines]
        events = []
        lines = []
        pending.push(
          pipeline.submit({ sender, events: sent }).then((submitted) => {
            for (const { index, reason } of submitted.rejected) reject({ line: sentLines[index] ?? 0, reason })
            return submitted.accepted
          }),
        )
      }
      let sinceTurn = 0
      for (const parsed of parseNdjson(body, defaults)) {
        if ('reason' in parsed) reject(parsed)
        else {
          events.push(parsed.event)
          lines.push(parsed.line)
        }
        sinceTurn += 1
        if (sinceTurn < linesPerTurn) continue
        sinceTurn = 0
        if (events.length > 0) send()
        await turn()
      }
      if (events.length > 0) send()

      const { accepted, failure } = await durableInTime(pending)
      errors.sort((a, b) => a.line - b.line)
      if (failure !== undefined) {
        throw new ProblemError(503, 'Not durable yet', failure, { accepted, rejected, errors })
      }
      return c.json({ accepted, rejected, errors }, 200)
    })
  }
}
