// Facts that name no session of their own, over HTTP: what they were tied to, and what could not be tied.
import { createRoute, z } from '@hono/zod-openapi'
import { projectEvent } from '../model/project-event.ts'
import { EventView } from '../protocol/browser-messages.ts'
import type { StoredEvent } from '../protocol/event.ts'
import { EventId } from '../protocol/ids.ts'
import { maskText } from '../protocol/secrets.ts'
import { type SignalGroup, SignalView, signalGroups, TieView } from '../protocol/signal-view.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { Clock, PastPort, SignalCounts, SignalQuery } from './ports.ts'
import { ProblemError } from './problem.ts'
import { AtQuery, readAt } from './replay-routes.ts'

export type SignalsPort = {
  list(query: SignalQuery): { signals: SignalView[]; more: boolean }
  get(id: EventId): StoredEvent | undefined
  tieOf(id: EventId): TieView | undefined
  counts(): SignalCounts
}

const groupNames = Object.keys(signalGroups) as SignalGroup[]
const Counts = z.record(z.string(), z.object({ kept: z.number(), untied: z.number() }))

const listRoute = createRoute({
  method: 'get',
  path: '/api/signals',
  summary: 'Newest alerts, flows and lookups, and the session and call that caused each; newest first',
  request: {
    query: z.object({
      groups: z
        .string()
        .max(100)
        .optional()
        .describe(`comma separated: ${groupNames.join(', ')}; default alerts`),
      tied: z.enum(['yes', 'no']).optional(),
      q: z.string().max(200).optional().describe('text in title, addresses, names, source or session'),
      before: z.coerce.number().int().min(0).optional().describe('`nextBefore` of the page before'),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
      at: AtQuery,
    }),
  },
  responses: {
    200: {
      description: 'a page',
      content: {
        'application/json': {
          schema: z.object({
            signals: z.array(SignalView),
            nextBefore: z.number().nullable(),
            counts: Counts,
            sinceMs: z.number().optional().describe('of a past moment: only what was seen since then was looked at'),
          }),
        },
      },
    },
  },
})

const oneRoute = createRoute({
  method: 'get',
  path: '/api/signals/{id}',
  summary: 'One of them, whole',
  request: { params: z.object({ id: EventId }), query: z.object({ at: AtQuery }) },
  responses: {
    200: {
      description: 'the event, and its tie',
      content: { 'application/json': { schema: z.object({ event: EventView, tie: TieView.optional() }) } },
    },
  },
})

export function signalRoutes(signals: SignalsPort, looking: { past: PastPort; clock: Clock }) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { groups, tied, q, before, limit, at } = c.req.valid('query')
      const chosen = (groups ?? 'alerts')
        .split(',')
        .filter((each): each is SignalGroup => groupNames.some((name) => name === each))
      if (chosen.length === 0)
        throw new ProblemError(422, 'Request does not fit', `groups: one of ${groupNames.join(', ')}`)
      const query = { groups: chosen, tied: tied && tied === 'yes', q, beforeSeq: before, limit }
      const then = (await readAt(looking, c.req, at, 'signals', query))?.answer
      const page = then ?? signals.list(query)
      const nextBefore = page.more ? (page.signals.at(-1)?.seq ?? null) : null
      const masked = page.signals.map((signal) => ({ ...signal, title: maskText(signal.title).text }))
      const counts = then?.counts ?? signals.counts()
      const since = then?.sinceMs === undefined ? {} : { sinceMs: then.sinceMs }
      return c.json({ signals: masked, nextBefore, counts, ...since }, 200)
    })
    app.openapi(oneRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { id } = c.req.valid('param')
      const then = await readAt(looking, c.req, c.req.valid('query').at, 'signal', { id })
      const event = then ? then.answer?.event : signals.get(id)
      if (!event) throw new ProblemError(404, 'Not in memory', 'the newest are kept here; the log has the others')
      return c.json({ event: projectEvent(event), tie: then ? then.answer?.tie : signals.tieOf(id) }, 200)
    })
  }
}
