// What was not seen of a session, over HTTP: asked when its page is open, and as of a past moment too.
import { createRoute, z } from '@hono/zod-openapi'
import { gapSpansOf, type SilentSource } from '../model/gap-spans.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { GapsView } from '../protocol/gap-view.ts'
import { AtMs, type HostId, SessionId } from '../protocol/ids.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { Clock, EventReader, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

/** However old the session is, no more is looked at. */
const lookedAtMs = 24 * 3_600_000
const spansMax = 200
export const gapFactsMax = 1_000

export type ReadGapFacts = (query: {
  hosts: readonly HostId[]
  sessions: readonly SessionId[]
  fromMs: number
  toMs: number
  limit: number
}) => Promise<{ facts: StoredEvent[]; more: boolean }>

const gapsRoute = createRoute({
  method: 'get',
  path: '/api/sessions/{id}/gaps',
  summary:
    'What is known to be missing of a session: facts and samples, its host unheard, sensors silent; of the last 24 hours',
  request: {
    params: z.object({ id: SessionId }),
    query: z.object({
      until: z.coerce.number().pipe(AtMs).optional().describe('as it was known then: epoch milliseconds; absent: now'),
    }),
  },
  responses: { 200: { description: 'spans', content: { 'application/json': { schema: GapsView } } } },
})

export function gapRoutes(ports: {
  pipeline: PipelinePort
  reader: EventReader
  clock: Clock
  readGapFacts: ReadGapFacts
  sources: { list(): SilentSource[] }
}) {
  const { pipeline, reader, clock, readGapFacts, sources } = ports
  return (app: ApiApp): void => {
    app.openapi(gapsRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const { until } = c.req.valid('query')
      const state = pipeline.state.sessions.has(id) ? pipeline.state : await reader.sessionFromLog(id)
      const session = state?.sessions.get(id)
      if (!session) throw new ProblemError(404, 'No such session', 'no event of a session with this id is in the log')
      const toMs = Math.min(
        until ?? Number.POSITIVE_INFINITY,
        session.endedAtMs ?? Number.POSITIVE_INFINITY,
        clock.nowMs(),
      )
      const fromMs = Math.max(0, Math.min(toMs, Math.max(session.startedAtMs, toMs - lookedAtMs)))
      const { host } = session
      const { facts, more } = await readGapFacts({
        hosts: host === undefined ? [] : [host],
        sessions: [id],
        fromMs,
        // What is told after the end may be of the time before it.
        toMs: Math.min(until ?? clock.nowMs(), toMs + lookedAtMs),
        limit: gapFactsMax,
      })
      const spans = gapSpansOf({ facts, sources: sources.list(), fromMs, toMs, session: id })
      return c.json(
        {
          session: id,
          ...(host !== undefined && { host }),
          fromMs,
          toMs,
          spans: spans.slice(-spansMax),
          leftOut: Math.max(more ? 1 : 0, spans.length - spansMax),
        },
        200,
      )
    })
  }
}
