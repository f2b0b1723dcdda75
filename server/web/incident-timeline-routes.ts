// What happened around an incident, over HTTP. Reading is bounded: by facts, by bytes and by sessions, and the answer says
// what is left out. What names no session (a probe that is lost, samples that were shed, a GPU's readings) is `incident-surroundings.ts`.
import { createRoute, z } from '@hono/zod-openapi'
import type { IncidentState } from '../model/incident-state.ts'
import { postmortemMarkdown } from '../model/postmortem.ts'
import { projectPostmortem } from '../model/postmortem-facts.ts'
import { projectTimeline, timelineCommonKinds, timelineRareKinds } from '../model/project-timeline.ts'
import { timelineCsv } from '../model/timeline-csv.ts'
import type { EventKind, StoredEvent } from '../protocol/event.ts'
import { earliestAtMs, type SessionId } from '../protocol/ids.ts'
import { IncidentId } from '../protocol/incident.ts'
import { IncidentTimeline, timelineItemsMax } from '../protocol/incident-timeline.ts'
import { Postmortem } from '../protocol/postmortem.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import { type GroundPorts, groundOf, type IncidentGround } from './incident-ground.ts'
import type { AroundIncident } from './incident-surroundings.ts'
import type { EventReader } from './ports.ts'
import { AtQuery } from './replay-routes.ts'
import { shareReadings } from './shared-readings.ts'

/** What led to the first evidence. */
const beforeMs = 5 * 60_000
const sessionsMax = 20
const bytesMax = 32 * 1024 * 1024
/** Every flag that joins makes each open page ask again: whatever an agent does, an incident is read no more often. */
const readEveryMs = 2_000

const timelineRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}/timeline',
  summary:
    'What happened in the sessions of an incident, from five minutes before its first evidence until its end or now',
  request: { params: z.object({ id: IncidentId }), query: z.object({ at: AtQuery }) },
  responses: {
    200: { description: 'spans and moments', content: { 'application/json': { schema: IncidentTimeline } } },
  },
})

const csvRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}/timeline.csv',
  summary: 'The same timeline as a table, for a spreadsheet',
  request: { params: z.object({ id: IncidentId }), query: z.object({ at: AtQuery }) },
  responses: { 200: { description: 'a row a fact', content: { 'text/csv': { schema: z.string() } } } },
})

const postmortemRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}/postmortem',
  summary: 'A postmortem: what the facts can say, and the sections that people wrote, each with its version',
  request: { params: z.object({ id: IncidentId }), query: z.object({ at: AtQuery }) },
  responses: {
    200: { description: 'the document', content: { 'application/json': { schema: Postmortem } } },
  },
})

const markdownRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}/postmortem.md',
  summary: 'The same postmortem as Markdown, to take along',
  request: { params: z.object({ id: IncidentId }), query: z.object({ at: AtQuery }) },
  responses: { 200: { description: 'Markdown', content: { 'text/markdown': { schema: z.string() } } } },
})

export function incidentTimelineRoutes(
  ports: GroundPorts & {
    reader: EventReader
    firstSeqSince(sinceMs: number): Promise<number>
    around: AroundIncident
    /** Where people open the console. */
    consoleUrl(): string
  },
) {
  const { pipeline, reader, firstSeqSince, around, consoleUrl } = ports

  async function read(ground: IncidentGround): Promise<IncidentTimeline> {
    const { incident, hosts, nowMs } = ground
    // Evidence is by the clock of its source, events are looked for by ours: a clock that is ahead hides nothing.
    const fromMs = Math.max(earliestAtMs, Math.min(incident.firstAtMs, incident.detectedAtMs) - beforeMs)
    const toMs = Math.max(fromMs, incident.resolved?.atMs ?? nowMs)
    const sessions = incident.sessions.slice(0, sessionsMax)
    const afterSeq = (await firstSeqSince(fromMs)) - 1
    const found: StoredEvent[] = []
    const leftOut = new Map<SessionId, number>()
    const share = Math.floor(timelineItemsMax / Math.max(1, sessions.length))
    const readKinds = async (session: SessionId, kinds: readonly EventKind[], limit: number) => {
      const page = await reader.sessionEvents({
        session,
        afterSeq,
        kinds: [...kinds],
        untilMs: toMs,
        limit,
        bytesMax: Math.floor(bytesMax / 2 / sessions.length),
      })
      found.push(...page.events.filter((event) => event.seenAtMs <= toMs))
      const last = page.events.at(-1)?.seenAtMs ?? fromMs
      if (page.more && last <= toMs) leftOut.set(session, Math.min(last, leftOut.get(session) ?? last))
      return page.events.length
    }
    for (const session of sessions) {
      const rare = await readKinds(session, timelineRareKinds, Math.ceil(share / 2))
      await readKinds(session, timelineCommonKinds, Math.max(1, share - rare))
    }
    const { stands, used } = await ground.weigh(found, sessions)
    const events = found.filter(stands)
    const { items, ...gpus } = await around({ events, hosts, used, nowMs, fromMs, toMs })
    const told = new Set(events.map(({ id }) => id as string))
    return {
      incident: incident.incident,
      fromMs,
      toMs,
      items: [...projectTimeline(events), ...items.filter(({ id }) => !told.has(id))]
        .sort((a, b) => a.atMs - b.atMs)
        .slice(0, timelineItemsMax),
      ...gpus,
      leftOut: [...leftOut].map(([session, afterMs]) => ({ session, afterMs })),
      sessionsLeftOut: incident.sessions.length - sessions.length,
    }
  }

  const shared = shareReadings<IncidentTimeline>({ everyMs: readEveryMs, nowMs: ports.clock.nowMs })
  /** What people write changes nothing of it. */
  const versionOf = ({ flagCount, sessions, resolved, mergedInto, containedAtMs }: IncidentState): string =>
    JSON.stringify([flagCount, sessions.length, resolved?.atMs, mergedInto, containedAtMs])
  type Asked = { id: IncidentId; at: string | undefined; req: { raw: Request } }
  const timelineOf = async ({ id, at, req }: Asked): Promise<IncidentTimeline> => {
    const inMemory = at === undefined ? pipeline.state.incidents.get(id) : undefined
    if (inMemory)
      return await shared(
        id,
        () => versionOf(pipeline.state.incidents.get(id) ?? inMemory),
        async () => await read(await groundOf(ports, req, id, undefined)),
      )
    // Of what is over it is the same whoever asks.
    const ground = await groundOf(ports, req, id, at)
    return await shared(
      `${id} ${ground.nowMs}`,
      () => 'it is over',
      () => read(ground),
    )
  }

  async function postmortemOf(asked: Asked): Promise<Postmortem> {
    const timeline = await timelineOf(asked)
    // What people did while the log was read is in it.
    const { incident, detail, nowMs } = await groundOf(ports, asked.req, asked.id, asked.at)
    const written = incident.written ?? []
    return projectPostmortem({ incident: detail, timeline, written, consoleUrl: consoleUrl(), nowMs })
  }

  const asFile = (name: string, type: string) => ({
    'content-type': `${type}; charset=utf-8`,
    'content-disposition': `attachment; filename="${name}"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })

  return (app: ApiApp): void => {
    app.openapi(timelineRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(await timelineOf({ ...c.req.valid('param'), at: c.req.valid('query').at, req: c.req }), 200)
    })
    app.openapi(csvRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const timeline = await timelineOf({ id, at: c.req.valid('query').at, req: c.req })
      return c.body(timelineCsv(timeline), 200, asFile(`${id}-timeline.csv`, 'text/csv'))
    })
    app.openapi(postmortemRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(await postmortemOf({ ...c.req.valid('param'), at: c.req.valid('query').at, req: c.req }), 200)
    })
    app.openapi(markdownRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const text = postmortemMarkdown(await postmortemOf({ id, at: c.req.valid('query').at, req: c.req }))
      return c.body(text, 200, asFile(`${id}-postmortem.md`, 'text/markdown'))
    })
  }
}
