// Sessions over HTTP: the list, one session, its events.
import { createRoute, z } from '@hono/zod-openapi'
import { projectDetail } from '../model/project-detail.ts'
import { maskedEvent } from '../model/project-event.ts'
import { projectRow } from '../model/project-row.ts'
import { emptySampleHistory, type SampleHistory } from '../model/sample-history.ts'
import type { ConsoleState } from '../model/state.ts'
import { EventView, SessionDetail, SessionRow } from '../protocol/browser-messages.ts'
import { eventKinds } from '../protocol/event.ts'
import { riskNow } from '../protocol/flag.ts'
import { SessionId } from '../protocol/ids.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { Clock, EventReader, PastPort, PipelinePort, SamplesPort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { AtQuery, withStateAt } from './replay-routes.ts'

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
  const looking = () => ({ past, clock, live: pipeline.state })
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { at, ...query } = c.req.valid('query')
      return c.json(await withStateAt(looking(), c.req, at, (state, nowMs) => pageOf(state, query, nowMs)), 200)
    })

    app.openapi(oneRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const { at } = c.req.valid('query')
      const history = at === undefined ? samples.history : emptySampleHistory()
      const known = await withStateAt(looking(), c.req, at, (state) => detailOf(state, id, history))
      const rebuilt = known || at !== undefined ? undefined : await reader.sessionFromLog(id)
      const detail = known ?? (rebuilt && detailOf(rebuilt, id, history))
      if (!detail) throw new ProblemError(404, 'No such session', 'no event of a session with this id is in the log')
      return c.json(detail, 200)
    })

    app.openapi(eventsRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const { after, before, kinds, q, limit } = c.req.valid('query')
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

type PageQuery = {
  state?: string | undefined
  minRisk?: number | undefined
  q?: string | undefined
  limit: number
  cursor?: number | undefined
}

function pageOf(from: ConsoleState, { state, minRisk = 0, q, limit, cursor }: PageQuery, nowMs: number) {
  const states = state === undefined ? undefined : new Set(state.split(','))
  const needle = q?.toLowerCase()
  const page: SessionRow[] = []
  let nextCursor: number | null = null
  // Newest first by the log's order: a source's clock cannot move a session up or down.
  const all = [...from.sessions.values()].sort((a, b) => b.firstSeq - a.firstSeq)
  for (const session of all) {
    if (cursor !== undefined && session.firstSeq >= cursor) continue
    const row = projectRow(from, session)
    if (states && !states.has(row.state)) continue
    if (minRisk > 0 && (row.risk === undefined || riskNow(row.risk, nowMs) < minRisk)) continue
    if (needle && !textOf(row).includes(needle)) continue
    if (page.length === limit) {
      nextCursor = from.sessions.get(page[page.length - 1]?.session as SessionId)?.firstSeq ?? 0
      break
    }
    page.push(row)
  }
  return { sessions: page, nextCursor }
}

function detailOf(state: ConsoleState, id: SessionId, history: SampleHistory): SessionDetail | undefined {
  const session = state.sessions.get(id)
  return session && projectDetail(state, session, history)
}

function textOf(row: SessionRow): string {
  return [row.session, row.name, row.agent, row.task, row.host].join('\n').toLowerCase()
}
