// Incidents over HTTP: the list, one of them, and what people do with it. Every deed is one POST and is decided in the one writer.
import { createRoute, z } from '@hono/zod-openapi'
import { changeIncident, type IncidentWish } from '../control/incidents.ts'
import { type OffTaskOf, projectIncidentDetail, projectIncidents } from '../model/project-incident.ts'
import { FlagVerdict } from '../protocol/flag.ts'
import { SessionId } from '../protocol/ids.ts'
import { IncidentDetail, IncidentId, IncidentList, IncidentSeverity, IncidentStatus } from '../protocol/incident.ts'
import { LongText, ShortText } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope, roleOf } from './identity.ts'
import type { Clock, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })
const Params = z.object({ id: IncidentId })

const listRoute = createRoute({
  method: 'get',
  path: '/api/incidents',
  summary: 'Incidents: those that are not over, worst first, then the newest that are',
  request: {
    query: z.object({
      state: z
        .enum([...IncidentStatus.options, 'unresolved'])
        .optional()
        .describe('only these'),
      session: SessionId.optional(),
      q: z.string().max(200).optional().describe('in the title, or a session or host of it'),
      limit: z.coerce.number().int().min(1).max(1_000).default(300),
    }),
  },
  responses: { 200: { description: 'incidents', content: json(IncidentList) } },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}',
  summary: 'One incident with its flags and what was done',
  request: { params: Params },
  responses: { 200: { description: 'the incident', content: json(IncidentDetail) } },
})

/** As an operator or a key says it. */
const Wish = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('acknowledge'),
    forMinutes: z.int().min(1).max(1_440).optional().describe('then it is open again; 30 unless said otherwise'),
  }),
  z.strictObject({ type: z.literal('take') }),
  z.strictObject({ type: z.literal('unassign') }),
  z.strictObject({ type: z.literal('retitle'), title: ShortText.trim().min(1).max(160) }),
  z.strictObject({ type: z.literal('grade'), severity: IncidentSeverity }),
  z.strictObject({ type: z.literal('note'), text: LongText.trim().min(1).max(20_000).describe('Markdown') }),
  z.strictObject({ type: z.literal('resolve'), verdict: FlagVerdict, reason: ShortText.trim().optional() }),
  z.strictObject({ type: z.literal('reopen'), reason: ShortText.trim().optional() }),
  z.strictObject({ type: z.literal('merge'), into: IncidentId }),
  z.strictObject({ type: z.literal('split'), sessions: z.array(SessionId).min(1).max(100) }),
])

const changeRoute = createRoute({
  method: 'post',
  path: '/api/incidents/{id}/changes',
  summary: 'Acknowledge, take, retitle, grade, note, resolve, reopen, merge or split',
  description:
    'The answer is the incident as it is afterwards: of a merge the one that goes on, of a split the new one.',
  request: { params: Params, body: { required: true, content: json(Wish) } },
  responses: { 200: { description: 'done, and on record', content: json(IncidentDetail) } },
})

export function incidentRoutes(ports: { pipeline: PipelinePort; clock: Clock; offTaskOf: OffTaskOf }) {
  const { pipeline, clock, offTaskOf } = ports
  const detailOf = (id: IncidentId) => {
    const found = pipeline.state.incidents.get(id)
    if (!found) throw new ProblemError(404, 'No such incident', 'it may have been resolved long ago: it is in the log')
    return projectIncidentDetail(pipeline.state, found, clock.nowMs(), offTaskOf)
  }
  return (app: ApiApp): void => {
    app.openapi(listRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const { state, session, q, limit } = c.req.valid('query')
      const words = q?.toLowerCase()
      const incidents = projectIncidents(pipeline.state, clock.nowMs(), offTaskOf)
        .filter(
          ({ status }) => state === undefined || (state === 'unresolved' ? status !== 'resolved' : status === state),
        )
        .filter(({ sessions }) => session === undefined || sessions.includes(session))
        .filter(({ incident, title, sessions, hosts }) =>
          words === undefined
            ? true
            : [incident, title, ...sessions, ...hosts].some((text) => text.toLowerCase().includes(words)),
        )
      return c.json({ atMs: clock.nowMs(), incidents: incidents.slice(0, limit) }, 200)
    })
    app.openapi(oneRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(detailOf(c.req.valid('param').id), 200)
    })
    app.openapi(changeRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const by = actorOf(caller)
      const { id } = c.req.valid('param')
      const wish = wishOf(c.req.valid('json'), by)
      const outcome = await pipeline.command((state) => {
        const changed = changeIncident(state, { incident: id, wish, by, role: roleOf(caller), nowMs: clock.nowMs() })
        return { result: changed, events: changed.ok ? changed.events : [], trust: 'operator' }
      })
      if (!outcome.ok) throw new ProblemError(outcome.refusal.status, outcome.refusal.title, outcome.refusal.detail)
      return c.json(detailOf(outcome.about), 200)
    })
  }
}

function wishOf(said: z.infer<typeof Wish>, by: ReturnType<typeof actorOf>): IncidentWish {
  switch (said.type) {
    case 'acknowledge':
      return { type: 'acknowledge', forMs: said.forMinutes === undefined ? undefined : said.forMinutes * 60_000 }
    case 'take':
      return { type: 'assign', owner: by }
    case 'unassign':
      return { type: 'assign' }
    case 'resolve':
    case 'reopen': {
      const { reason, ...rest } = said
      return { ...rest, ...(reason && { reason }) }
    }
    default:
      return said
  }
}
