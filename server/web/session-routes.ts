// Sessions over HTTP: the list, one session, its events.
import { createRoute, z } from '@hono/zod-openapi'
import { maskedEvent } from '../model/project-event.ts'
import { EventView, SessionDetail, SessionRow } from '../protocol/browser-messages.ts'
import { eventKinds } from '../protocol/event.ts'
import { SessionId } from '../protocol/ids.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { Clock, EventReader, PastPort, PipelinePort, SamplesPort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { AtQuery, readAt } from './replay-routes.ts'
import { sessionDetailOf, sessionPageOf } from './session-page.ts'

/** Event data in one answer; the cursor goes on from there. */
const answerBytesMax = 16 * 1024 * 1024

const listRoute = createRoute({
  method: 'get',
  path: '/api/sessions',
  summary: 'Sessions in memory, newest first',
  request: {
    query: z.object({
      state: z.string().max(200).optional().describe('comma separated: running,paused,ended,…'),
      minRisk: z.coerce.number().min(0).optional().describe('sessions whose risk now is at least so much'),
      q: z.string().max(200).optional().describe('text in id, name, agent, task or host'),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
      at: AtQuery,
      cursor: z.coerce.number().int().min(0).optional().describe('`nextCursor` of the page before'),
    }),
  },
  responses: {
    200: {
      description: 'a page',
      content: {
        'application/json': { schema: z.object({ sessions: z.array(SessionRow), nextCursor: z.number().nullable() }) },
      },
    },
  },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/api/sessions/{id}',
  summary: 'One session; read from the log when it has left memory',
  request: { params: z.object({ id: SessionId }), query: z.object({ at: AtQuery }) },
  responses: { 200: { description: 'the session', content: { 'application/json': { schema: SessionDetail } } } },
})

const eventsRoute = createRoute({
  method: 'get',
  path: '/api/sessions/{id}/events',
  summary: 'Events of a session, ascending; the newest ones unless `after` is given',
  request: {
    params: z.object({ id: SessionId }),
    query: z.object({
      after: z.coerce.number().int().min(0).optional(),
      before: z.coerce.number().int().min(0).optional(),
      kinds: z.string().max(1_000).optional().describe('comma separated'),
      until: z.coerce.number().min(0).optional().describe('epoch milliseconds: none that was seen later'),
      q: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe(
          'text in what they say, whatever its case; 20,000 events are looked at in one answer, so one that holds nothing may have a cursor to go on from',
        ),
      limit: z.coerce.number().int().min(1).max(5_000).default(200),
    }),
  },
  responses: {
    200: {
      description: 'events, with the cursors to go on from',
      content: {
        'application/json': {
          schema: z.object({
            events: z.array(EventView),
            nextAfter: z.number().nullable(),
            nextBefore: z.number().nullable(),
          }),
        },
      },
    },
  },
})

type Ports = { pipeline: PipelinePort; samples: SamplesPort; reader: EventReader; past: PastPort; clock: Clock }

export function sessionRoutes({ pipeline, samples, reader, past, clock }: Ports) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { at, ...query } = c.req.valid('query')
      const then = await readAt({ past, clock }, c.req, at, 'sessions', query)
      return c.json(then ? then.answer : sessionPageOf(pipeline.state, query, clock.nowMs()), 200)
    })

    app.openapi(oneRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const { at } = c.req.valid('query')
      const then = await readAt({ past, clock }, c.req, at, 'session', { id })
      const { history } = samples
      const detail = then
        ? then.answer
        : (sessionDetailOf(pipeline.state, id, history) ??
          sessionDetailOf(await reader.sessionFromLog(id), id, history))
      if (!detail) throw new ProblemError(404, 'No such session', 'no event of a session with this id is in the log')
      return c.json(detail, 200)
    })

    app.openapi(eventsRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const { after, before, kinds, until, q, limit } = c.req.valid('query')
      // It looks into what lies in the log, where nothing is masked: letter by letter it would tell a secret.
      if (q !== undefined) requireScope(c.get('caller'), 'control')
      const wanted = kinds?.split(',').filter((kind) => kind !== '')
      const unknown = wanted?.find((kind) => !eventKinds.some((known) => known === kind))
      if (unknown !== undefined)
        throw new ProblemError(
          422,
          'Unknown kind',
          `kinds: ${JSON.stringify(unknown.slice(0, 60))} is not an event kind`,
        )
      const { events, more, lookedTo } = await reader.sessionEvents({
        session: id,
        afterSeq: after,
        beforeSeq: before,
        kinds: wanted,
        untilMs: until,
        text: q,
        limit,
        bytesMax: answerBytesMax,
      })
      return c.json(
        {
          events: events.map(maskedEvent),
          nextAfter: more ? (events.at(-1)?.seq ?? null) : after === undefined ? null : (lookedTo ?? null),
          nextBefore: more ? (events[0]?.seq ?? null) : after === undefined ? (lookedTo ?? null) : null,
        },
        200,
      )
    })
  }
}
