// What a scrubber asks for: the marks of a span, and the next one to step to.
import { createRoute, z } from '@hono/zod-openapi'
import { SessionId } from '../protocol/ids.ts'
import { MarkWhat, momentOf, ReplayMarks, ReplayStep } from '../protocol/replay-messages.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { Clock, PastPort, PastReading, PastReadings } from './ports.ts'
import { ProblemError } from './problem.ts'
import { problemOfPast } from './replay-socket.ts'

const spanMsMax = 31 * 24 * 3_600_000
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

const marksRoute = createRoute({
  method: 'get',
  path: '/api/replay/marks',
  summary: 'Flags, held actions and controls of a span by the server’s clock, counted in equal parts of it',
  request: {
    query: z.object({
      from: z.coerce.number().min(0).describe('epoch milliseconds'),
      to: z.coerce.number().min(0).describe('epoch milliseconds; at most 31 days later'),
      session: SessionId.optional(),
      bins: z.coerce.number().int().min(1).max(1_000).default(300),
    }),
  },
  responses: { 200: { description: 'marks, ascending', content: json(ReplayMarks) } },
})

const stepRoute = createRoute({
  method: 'get',
  path: '/api/replay/step',
  summary: 'The nearest flag, held action or control after or before a moment',
  request: {
    query: z.object({
      at: z.coerce.number().min(0).describe('epoch milliseconds'),
      direction: z.enum(['next', 'previous']),
      what: MarkWhat.optional(),
      session: SessionId.optional(),
    }),
  },
  responses: { 200: { description: 'where to step; `step` is absent where there is none', content: json(ReplayStep) } },
})

export function replayRoutes(past: PastPort) {
  return (app: ApiApp): void => {
    app.openapi(marksRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { from, to, session, bins } = c.req.valid('query')
      if (to < from || to - from > spanMsMax)
        throw new ProblemError(422, 'Request does not fit', 'to: after `from`, by at most 31 days')
      const [marks, firstAtMs] = await Promise.all([
        past.marks({ fromMs: from, toMs: to, session, bins }),
        past.firstSeenAt(),
      ])
      return c.json({ fromMs: from, toMs: to, marks, ...(firstAtMs !== undefined && { firstAtMs }) }, 200)
    })
    app.openapi(stepRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { at, direction, what, session } = c.req.valid('query')
      const step = await past.step({ atMs: at, direction, what, session })
      return c.json(step ? { step } : {}, 200)
    })
  }
}

/** `?at=` of a list: absent means now. */
export const AtQuery = z
  .string()
  .max(40)
  .optional()
  .describe('as it was known at that moment of the server’s clock: epoch milliseconds or ISO 8601; absent: now')

/** Reads of that moment; undefined where none was asked for. Not rebuilt for a browser that has gone away. */
export async function readAt<N extends PastReading>(
  { past, clock }: { past: PastPort; clock: Clock },
  { raw }: { raw: Request },
  at: string | undefined,
  reading: N,
  query: PastReadings[N]['query'],
): Promise<{ answer: PastReadings[N]['answer']; atMs: number } | undefined> {
  const atMs = pastMomentOf(at, clock.nowMs())
  if (atMs === undefined) return undefined
  try {
    return { answer: await past.read(reading, query, atMs, () => !raw.signal.aborted), atMs }
  } catch (error) {
    throw problemOfPast(error)
  }
}

/** Undefined: now. */
export function pastMomentOf(at: string | undefined, nowMs: number): number | undefined {
  if (at === undefined) return undefined
  const atMs = momentOf(at)
  if (atMs === undefined)
    throw new ProblemError(422, 'Request does not fit', 'at: epoch milliseconds, or ISO 8601 with its zone')
  if (atMs > nowMs) throw new ProblemError(422, 'That moment has not come', 'at: it is in the future')
  return atMs
}
