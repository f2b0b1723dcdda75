// What happened around an incident, over HTTP. Reading is bounded: by facts, by bytes and by sessions, and the answer says
// what is left out. What names no session (a probe that is lost, samples that were shed, a GPU's readings) is `incident-surroundings.ts`.
import { createRoute, z } from '@hono/zod-openapi'
import type { IncidentState } from '../model/incident-state.ts'
import { postmortemMarkdown } from '../model/postmortem.ts'
import { projectPostmortem } from '../model/postmortem-facts.ts'
import { type OffTaskOf, projectIncidentDetail } from '../model/project-incident.ts'
import { projectTimeline, timelineCommonKinds, timelineRareKinds } from '../model/project-timeline.ts'
import { timelineCsv } from '../model/timeline-csv.ts'
import type { EventKind, StoredEvent } from '../protocol/event.ts'
import { type EventId, earliestAtMs, type SessionId } from '../protocol/ids.ts'
import { IncidentId } from '../protocol/incident.ts'
import { IncidentTimeline, timelineItemsMax } from '../protocol/incident-timeline.ts'
import { Postmortem } from '../protocol/postmortem.ts'
import type { TieView } from '../protocol/signal-view.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { AroundIncident } from './incident-surroundings.ts'
import type { Clock, EventReader, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { shareReadings } from './shared-readings.ts'

/** What led to the first evidence. */
const beforeMs = 5 * 60_000
const sessionsMax = 20
const bytesMax = 32 * 1024 * 1024
/** Every flag that joins makes each open page ask again: whatever an agent does, an incident is read no more often. */
const readEveryMs = 2_000

/** Of the newest part of the log it is known in memory which ties stand; an older conclusion is taken as the log has it. */
const rememberedSeqs = 100_000

const timelineRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}/timeline',
  summary:
    'What happened in the sessions of an incident, from five minutes before its first evidence until its end or now',
  request: { params: z.object({ id: IncidentId }) },
  responses: {
    200: { description: 'spans and moments', content: { 'application/json': { schema: IncidentTimeline } } },
  },
})

const csvRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}/timeline.csv',
  summary: 'The same timeline as a table, for a spreadsheet',
  request: { params: z.object({ id: IncidentId }) },
  responses: { 200: { description: 'a row a fact', content: { 'text/csv': { schema: z.string() } } } },
})

const postmortemRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}/postmortem',
  summary: 'A postmortem: what the facts can say, and the sections that people wrote, each with its version',
  request: { params: z.object({ id: IncidentId }) },
  responses: {
    200: { description: 'the document', content: { 'application/json': { schema: Postmortem } } },
  },
})

const markdownRoute = createRoute({
  method: 'get',
  path: '/api/incidents/{id}/postmortem.md',
  summary: 'The same postmortem as Markdown, to take along',
  request: { params: z.object({ id: IncidentId }) },
  responses: { 200: { description: 'Markdown', content: { 'text/markdown': { schema: z.string() } } } },
})

export function incidentTimelineRoutes(ports: {
  pipeline: PipelinePort
  clock: Clock
  reader: EventReader
  firstSeqSince(sinceMs: number): Promise<number>
  tieOf(id: EventId): TieView | undefined
  offTaskOf: OffTaskOf
  around: AroundIncident
  /** Where people open the console. */
  consoleUrl(): string
}) {
  const { pipeline, clock, reader, firstSeqSince, tieOf, offTaskOf, around, consoleUrl } = ports
  /** A tie that was taken back names no session any more, so no reading of the session's facts meets that: it is asked for here. */
  const stands = (event: StoredEvent): boolean => {
    const subject = event.kind === 'attribution.made' ? event.data.subjects[0] : undefined
    if (!subject) return true
    const current = tieOf(subject.event)
    return current
      ? current.event === event.id
      : event.seq < (pipeline.state.headSeq.get(event.partition) ?? 0) - rememberedSeqs
  }
  const incidentOf = (id: IncidentId): IncidentState => {
    const incident = pipeline.state.incidents.get(id)
    if (!incident)
      throw new ProblemError(404, 'No such incident', 'it may have been resolved long ago: it is in the log')
    return incident
  }

  async function read(incident: IncidentState): Promise<IncidentTimeline> {
    // Evidence is by the clock of its source, events are looked for by ours: a clock that is ahead hides nothing.
    const fromMs = Math.max(earliestAtMs, Math.min(incident.firstAtMs, incident.detectedAtMs) - beforeMs)
    const toMs = Math.max(fromMs, incident.resolved?.atMs ?? clock.nowMs())
    const sessions = incident.sessions.slice(0, sessionsMax)
    const afterSeq = (await firstSeqSince(fromMs)) - 1
    const events: StoredEvent[] = []
    const leftOut = new Map<SessionId, number>()
    const share = Math.floor(timelineItemsMax / Math.max(1, sessions.length))
    const readKinds = async (session: SessionId, kinds: readonly EventKind[], limit: number) => {
      const page = await reader.sessionEvents({
        session,
        afterSeq,
        kinds: [...kinds],
        limit,
        bytesMax: Math.floor(bytesMax / 2 / sessions.length),
      })
      events.push(...page.events.filter((event) => event.seenAtMs <= toMs && stands(event)))
      const last = page.events.at(-1)?.seenAtMs ?? fromMs
      if (page.more && last <= toMs) leftOut.set(session, Math.min(last, leftOut.get(session) ?? last))
      return page.events.length
    }
    for (const session of sessions) {
      const rare = await readKinds(session, timelineRareKinds, Math.ceil(share / 2))
      await readKinds(session, timelineCommonKinds, Math.max(1, share - rare))
    }
    const { items, ...gpus } = await around({ events, sessions, fromMs, toMs })
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

  const shared = shareReadings<IncidentTimeline>({ everyMs: readEveryMs, nowMs: clock.nowMs })
  /** What people write changes nothing of it. */
  const versionOf = ({ flagCount, sessions, resolved, mergedInto, containedAtMs }: IncidentState): string =>
    JSON.stringify([flagCount, sessions.length, resolved?.atMs, mergedInto, containedAtMs])
  const timelineOf = (id: IncidentId): Promise<IncidentTimeline> =>
    shared(
      id,
      () => versionOf(incidentOf(id)),
      () => read(incidentOf(id)),
    )

  async function postmortemNow(id: IncidentId): Promise<Postmortem> {
    const timeline = await timelineOf(id)
    // What people did while the log was read is in it.
    const state = incidentOf(id)
    const nowMs = clock.nowMs()
    const incident = projectIncidentDetail(pipeline.state, state, nowMs, offTaskOf)
    return projectPostmortem({ incident, timeline, written: state.written ?? [], consoleUrl: consoleUrl(), nowMs })
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
      return c.json(await timelineOf(c.req.valid('param').id), 200)
    })
    app.openapi(csvRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      return c.body(timelineCsv(await timelineOf(id)), 200, asFile(`${id}-timeline.csv`, 'text/csv'))
    })
    app.openapi(postmortemRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json(await postmortemNow(c.req.valid('param').id), 200)
    })
    app.openapi(markdownRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const text = postmortemMarkdown(await postmortemNow(id))
      return c.body(text, 200, asFile(`${id}-postmortem.md`, 'text/markdown'))
    })
  }
}
