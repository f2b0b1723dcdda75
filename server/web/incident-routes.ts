// Incidents over HTTP: the list, one of them, and what people do with it. Every deed is one POST and is decided in the one writer.
import { createRoute, z } from '@hono/zod-openapi'
import { type Account, changeIncident, type IncidentWish, mayOwn, ownerOf } from '../control/incidents.ts'
import { projectIncidentDetail, projectIncidents } from '../model/project-incident.ts'
import type { Actor } from '../protocol/actor.ts'
import { FlagVerdict } from '../protocol/flag.ts'
import { assumedGpuPrices } from '../protocol/gpu-truth-view.ts'
import { SessionId } from '../protocol/ids.ts'
import { IncidentDetail, IncidentId, IncidentList, IncidentSeverity, IncidentStatus } from '../protocol/incident.ts'
import { PostmortemSection, sectionTextMax, type WrittenSection } from '../protocol/postmortem-section.ts'
import { ResponderList } from '../protocol/responder-list.ts'
import { withoutSecrets } from '../protocol/secrets.ts'
import { cutText, LongText, ShortText } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope, roleOf } from './identity.ts'
import { type GroundPorts, groundOf } from './incident-ground.ts'
import { incidentsPage } from './incidents-page.ts'
import { ProblemError } from './problem.ts'
import { AtQuery, readAt } from './replay-routes.ts'

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
      at: AtQuery,
    }),
  },
  responses: { 200: { description: 'incidents', content: json(IncidentList) } },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}',
  summary: 'One incident with its flags and what was done',
  request: { params: Params, query: z.object({ at: AtQuery }) },
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
  z.strictObject({
    type: z.literal('assign'),
    operator: z.string().min(1).max(64).describe('an id of GET /api/responders'),
  }),
  z.strictObject({ type: z.literal('retitle'), title: ShortText.trim().min(1).max(160) }),
  z.strictObject({ type: z.literal('grade'), severity: IncidentSeverity }),
  z.strictObject({ type: z.literal('note'), text: LongText.trim().min(1).max(20_000).describe('Markdown') }),
  z.strictObject({
    type: z.literal('write'),
    section: PostmortemSection,
    text: z
      .string()
      .max(sectionTextMax)
      .describe(
        'Markdown, the whole section; what looks like a secret is masked before it is kept; empty takes it away',
      ),
    basedOn: z
      .int()
      .min(0)
      .describe('the version that it goes on from, 0 where nobody wrote it yet; refused with 409 where another stands'),
  }),
  z.strictObject({ type: z.literal('resolve'), verdict: FlagVerdict, reason: ShortText.trim().optional() }),
  z.strictObject({ type: z.literal('reopen'), reason: ShortText.trim().optional() }),
  z.strictObject({ type: z.literal('merge'), into: IncidentId }),
  z.strictObject({ type: z.literal('split'), sessions: z.array(SessionId).min(1).max(100) }),
])

const changeRoute = createRoute({
  method: 'post',
  path: '/api/incidents/{id}/changes',
  summary: 'Acknowledge, take, assign, retitle, grade, note, write the postmortem, resolve, reopen, merge or split',
  description:
    'The answer is the incident as it is afterwards: of a merge the one that goes on, of a split the new one.',
  request: { params: Params, body: { required: true, content: json(Wish) } },
  responses: { 200: { description: 'done, and on record', content: json(IncidentDetail) } },
})

const respondersRoute = createRoute({
  method: 'get',
  path: '/api/responders',
  summary: 'To whom an incident can be given: operators who joined and may contain',
  responses: { 200: { description: 'their ids and names', content: json(ResponderList) } },
})

export function incidentRoutes(ports: GroundPorts & { accounts(): Promise<(Account & { email: string })[]> }) {
  const { pipeline, clock, offTaskOf } = ports
  const pricesNow = () => ports.prices.read() ?? assumedGpuPrices
  const accounts = async (): Promise<Account[]> =>
    (await ports.accounts()).map((each) => ({ ...each, name: each.name || each.email }))
  const ownerOfId = async (id: string): Promise<Actor> => {
    const owner = ownerOf((await accounts()).find((each) => each.id === id))
    if (!owner.ok) throw new ProblemError(owner.refusal.status, owner.refusal.title, owner.refusal.detail)
    return owner.owner
  }
  const detailOf = (id: IncidentId) => {
    const found = pipeline.state.incidents.get(id)
    if (!found) throw new ProblemError(404, 'No such incident', 'it may have been resolved long ago: it is in the log')
    return projectIncidentDetail(pipeline.state, found, clock.nowMs(), offTaskOf)
  }
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { at, ...ask } = c.req.valid('query')
      const then = await readAt(ports, c.req, at, 'incidents', { ask, prices: pricesNow() })
      if (then) return c.json({ atMs: then.atMs, incidents: then.answer }, 200)
      const all = projectIncidents(pipeline.state, clock.nowMs(), offTaskOf)
      return c.json({ atMs: clock.nowMs(), incidents: incidentsPage(all, ask) }, 200)
    })
    app.openapi(oneRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { detail } = await groundOf(ports, c.req, c.req.valid('param').id, c.req.valid('query').at)
      return c.json(detail, 200)
    })
    app.openapi(changeRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const by = actorOf(caller)
      const { id } = c.req.valid('param')
      const said = c.req.valid('json')
      const wish =
        said.type === 'assign' ? { type: said.type, owner: await ownerOfId(said.operator) } : wishOf(said, by)
      const outcome = await pipeline.command((state) => {
        const changed = changeIncident(state, { incident: id, wish, by, role: roleOf(caller), nowMs: clock.nowMs() })
        return { result: changed, events: changed.ok ? changed.events : [], trust: 'operator' }
      })
      if (!outcome.ok) {
        const { status, title, detail } = outcome.refusal
        // Who comes too late is told what stands, so that nothing of either is lost.
        const stands =
          wish.type === 'write' ? pipeline.state.incidents.get(id)?.written?.find(isOf(wish.section)) : undefined
        throw new ProblemError(status, title, detail, stands && { stands })
      }
      return c.json(detailOf(outcome.about), 200)
    })
    app.openapi(respondersRoute, async (c) => {
      requireScope(c.get('caller'), 'control')
      const responders = (await accounts()).filter(mayOwn).map(({ id, name }) => ({ id, name }))
      return c.json({ responders }, 200)
    })
  }
}

const isOf = (wanted: PostmortemSection) => (written: WrittenSection) => written.section === wanted

function wishOf(said: Exclude<z.infer<typeof Wish>, { type: 'assign' }>, by: Actor): IncidentWish {
  switch (said.type) {
    case 'write':
      return { ...said, text: cutText(withoutSecrets(said.text), sectionTextMax) }
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
