// What the Live page asks for besides its socket: its figures, and the lanes of the sessions on screen.
import { createRoute, z } from '@hono/zod-openapi'
import { gpuFigures } from '../model/gpu-figures.ts'
import { type LaneFact, laneKinds, marksOf } from '../model/lane-marks.ts'
import { addedSince, type OffTaskNote, withNote } from '../model/off-task-course.ts'
import { projectGpus } from '../model/project-gpu.ts'
import { assumedGpuPrices, type GpuTruthView } from '../protocol/gpu-truth-view.ts'
import { SessionId } from '../protocol/ids.ts'
import { LaneView, LiveFigures } from '../protocol/live-view.ts'
import type { ApiApp } from './api-app.ts'
import { type GpusAtPorts, gpusAt } from './gpus-at.ts'
import { requireScope } from './identity.ts'
import { ProblemError } from './problem.ts'
import { AtQuery, pastMomentOf, readAt } from './replay-routes.ts'

/** Lanes that fit on a screen, and some. */
const lanesMax = 60
const sinceMsMax = 24 * 3_600_000
/** However many browsers ask: the figures are made at most so often. */
const figuresForMs = 1_000

export type LanesPort = (query: {
  sessions: readonly SessionId[]
  sinceMs: number
  untilMs?: number | undefined
  kinds: readonly string[]
}) => Promise<{ facts: (LaneFact & { session: SessionId })[]; cut: ReadonlyMap<SessionId, number> }>

const figuresRoute = createRoute({
  method: 'get',
  path: '/api/live/figures',
  summary: 'GPU use, off-task time and new destinations in a few numbers, as the Live page shows them',
  request: { query: z.object({ at: AtQuery }) },
  responses: { 200: { description: 'figures', content: { 'application/json': { schema: LiveFigures } } } },
})

const lanesRoute = createRoute({
  method: 'get',
  path: '/api/lanes',
  summary: 'The newest marks of some sessions on one time axis: actions, flags, what waited, pauses, gaps',
  request: {
    query: z.object({
      sessions: z.string().max(16_000).describe(`comma separated, each percent-encoded; at most ${lanesMax}`),
      since: z.coerce.number().min(0).describe('epoch milliseconds'),
      until: z.coerce.number().min(0).optional().describe('as it was known then: epoch milliseconds; absent: now'),
    }),
  },
  responses: {
    200: {
      description: 'a lane for each session that was asked for; one that is not known has no marks',
      content: { 'application/json': { schema: z.object({ lanes: z.array(LaneView) }) } },
    },
  },
})

export type LiveRoutesOptions = GpusAtPorts & {
  lanes: LanesPort
  destinations: { figures(nowMs: number): LiveFigures['destinations'] }
}

export function liveRoutes(ports: LiveRoutesOptions) {
  const { pipeline, samples, prices, lanes, destinations, past, clock } = ports
  let made: LiveFigures | undefined
  let notes: OffTaskNote[] = []

  function figures(): LiveFigures {
    const nowMs = clock.nowMs()
    if (made && nowMs - made.serverNowMs < figuresForMs && nowMs >= made.serverNowMs) return made
    const gpus = projectGpus(pipeline.state, samples.history, prices.read() ?? assumedGpuPrices, nowMs)
    const offTask = offTaskOf(gpus)
    const note = { atMs: nowMs, gpuMs: offTask.gpuMs }
    notes = withNote(notes, note)
    const added = addedSince(notes, note)
    made = {
      serverNowMs: nowMs,
      gpus: gpuFigures(gpus, nowMs),
      offTask: { ...offTask, ...(added && { added }) },
      destinations: destinations.figures(nowMs),
    }
    return made
  }

  /** How much came within the last minutes is not told: that would be a second moment to rebuild. */
  async function figuresAt(atMs: number, req: { raw: Request }): Promise<LiveFigures> {
    const [{ all }, then] = await Promise.all([
      gpusAt(ports, { atMs, req, points: 1 }),
      readAt({ past, clock }, req, String(atMs), 'destinationFigures', {}),
    ])
    if (!then) throw new Error('a moment that was named has no answer')
    return { serverNowMs: atMs, gpus: gpuFigures(all, atMs), offTask: offTaskOf(all), destinations: then.answer }
  }

  return (app: ApiApp): void => {
    app.openapi(figuresRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const atMs = pastMomentOf(c.req.valid('query').at, clock.nowMs())
      return c.json(atMs === undefined ? figures() : await figuresAt(atMs, c.req), 200)
    })
    app.openapi(lanesRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { sessions: asked, since, until } = c.req.valid('query')
      const sessions = sessionsOf(asked)
      const sinceMs = Math.max(since, (until ?? clock.nowMs()) - sinceMsMax)
      const { facts, cut } = await lanes({ sessions, sinceMs, untilMs: until, kinds: laneKinds })
      const bySession = new Map<SessionId, LaneFact[]>(sessions.map((session) => [session, []]))
      for (const fact of facts) bySession.get(fact.session)?.push(fact)
      const views = sessions.map((session): LaneView => {
        const fromMs = cut.get(session)
        const view = marksOf(bySession.get(session) ?? [], sinceMs)
        return { session, ...view, ...(fromMs !== undefined && { fromMs }) }
      })
      return c.json({ lanes: views }, 200)
    })
  }
}

function offTaskOf(gpus: readonly GpuTruthView[]): LiveFigures['offTask'] {
  const sum = { gpuMs: 0, costUsd: 0, unpricedGpuMs: 0 }
  for (const gpu of gpus) {
    sum.gpuMs += gpu.offTaskMs
    if (gpu.offTaskCostUsd === undefined) sum.unpricedGpuMs += gpu.offTaskMs
    else sum.costUsd += gpu.offTaskCostUsd
  }
  return sum
}

/** Ids may hold what a URL gives a meaning to: each is encoded by itself. */
function sessionsOf(asked: string): SessionId[] {
  const parts = [...new Set(asked.split(',').filter(Boolean))]
  if (parts.length === 0 || parts.length > lanesMax)
    throw new ProblemError(422, 'Request does not fit', `sessions: name 1 to ${lanesMax}`)
  return parts.map((part) => {
    const id = SessionId.safeParse(decoded(part))
    if (!id.success) throw new ProblemError(422, 'Request does not fit', 'sessions: one of them is no session id')
    return id.data
  })
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
