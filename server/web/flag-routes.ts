// Flags over HTTP, what operators say of them, and findings about policies.
import { createRoute, z } from '@hono/zod-openapi'
import type { EventInput } from '../protocol/event.ts'
import { FlagSeverity, FlagVerdict } from '../protocol/flag.ts'
import { FindingView, FlagView } from '../protocol/flag-view.ts'
import { EventId, SessionId } from '../protocol/ids.ts'
import { maskValue } from '../protocol/secrets.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope } from './identity.ts'
import type { Clock, EventReader, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

export type FlagsPort = {
  list(query: {
    session?: SessionId | undefined
    sinceMs?: number | undefined
    rule?: string | undefined
    minSeverity?: FlagSeverity | undefined
    beforeSeq?: number | undefined
    limit: number
  }): { flags: FlagView[]; more: boolean }
  findings(): FindingView[]
  verdictOf(id: EventId): FlagView['verdict']
  /** Out of the log, newest first: also what left memory. */
  ofRule(query: {
    rule: string
    fromMs: number
    toMs: number
    beforeSeq?: number | undefined
    limit: number
  }): Promise<{ flags: FlagView[]; more: boolean }>
  /** Also of flags that left memory. */
  find(id: EventId): Promise<FlagView | undefined>
}

const listRoute = createRoute({
  method: 'get',
  path: '/api/flags',
  summary: 'Newest flags, newest first; of one session, or of one rule in a span, all that the log has',
  request: {
    query: z.object({
      session: SessionId.optional(),
      since: z.coerce.number().min(0).optional().describe('epoch milliseconds, by the time at which the server saw it'),
      until: z.coerce
        .number()
        .min(0)
        .optional()
        .describe('epoch milliseconds, not part of the span; with `rule` and `since`: all of that span, from the log'),
      rule: z.string().max(64).optional(),
      minSeverity: FlagSeverity.optional(),
      before: z.coerce.number().int().min(0).optional().describe('`nextBefore` of the page before'),
      limit: z.coerce.number().int().min(1).max(1_000).default(200),
    }),
  },
  responses: {
    200: {
      description: 'a page',
      content: {
        'application/json': { schema: z.object({ flags: z.array(FlagView), nextBefore: z.number().nullable() }) },
      },
    },
  },
})

const findingsRoute = createRoute({
  method: 'get',
  path: '/api/findings',
  summary:
    'What policies have learned: the same flag in three or more episodes of one run within an hour; newest first',
  responses: {
    200: {
      description: 'findings',
      content: { 'application/json': { schema: z.object({ findings: z.array(FindingView) }) } },
    },
  },
})

const verdictRoute = createRoute({
  method: 'post',
  path: '/api/flags/{id}/verdict',
  summary:
    'What an operator says of a flag: it is so, it is noise, it was a drill; null takes it back. Rules are measured by it',
  request: {
    params: z.object({ id: EventId }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.strictObject({ verdict: FlagVerdict.nullable(), note: z.string().trim().max(500).optional() }),
        },
      },
    },
  },
  responses: {
    200: { description: 'recorded', content: { 'application/json': { schema: z.object({ done: z.literal(true) }) } } },
  },
})

export type FlagRoutesOptions = {
  flags: FlagsPort
  reader: EventReader
  pipeline: PipelinePort
  clock: Clock
}

export function flagRoutes({ flags, reader, pipeline, clock }: FlagRoutesOptions) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { session, since, until, rule, minSeverity, before, limit } = c.req.valid('query')
      if (until !== undefined && (session !== undefined || rule === undefined || since === undefined || minSeverity))
        throw new ProblemError(422, 'Request does not fit', 'until: only with rule and since, and nothing else')
      const page =
        until !== undefined && rule !== undefined
          ? await flags.ofRule({ rule, fromMs: since ?? 0, toMs: until, beforeSeq: before, limit })
          : session === undefined
            ? flags.list({ sinceMs: since, rule, minSeverity, beforeSeq: before, limit })
            : await fromLog(reader, flags, {
                session,
                sinceMs: since ?? 0,
                rule,
                minSeverity,
                beforeSeq: before,
                limit,
              })
      const nextBefore = page.more ? (page.flags.at(-1)?.seq ?? null) : null
      return c.json({ flags: page.flags.map(masked), nextBefore }, 200)
    })
    app.openapi(findingsRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ findings: flags.findings() }, 200)
    })
    app.openapi(verdictRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'control'))
      const { verdict, note } = c.req.valid('json')
      const flag = await flags.find(c.req.valid('param').id)
      if (!flag) throw new ProblemError(404, 'No such flag', 'see GET /api/flags')
      const data = { flag: flag.id, rule: flag.rule, by, ...(verdict && { verdict }), ...(note && { note }) }
      const about = { ...(flag.session && { session: flag.session }), ...(flag.host && { host: flag.host }) }
      const event: EventInput = { v: 1, kind: 'flag.judged', atMs: clock.nowMs(), ...about, data }
      await pipeline.submit({ sender: { type: 'vigil' }, events: [event], trust: 'operator' })
      return c.json({ done: true }, 200)
    })
  }
}

/** What matched is the agent's text: what looks like a secret in it is masked. */
function masked(flag: FlagView): FlagView {
  return { ...flag, matched: maskValue(flag.matched, {}) as FlagView['matched'] }
}

type LogQuery = {
  session: SessionId
  sinceMs: number
  rule: string | undefined
  minSeverity: FlagSeverity | undefined
  beforeSeq: number | undefined
  limit: number
}

/** A page of the log may hold fewer than asked once it is filtered; the cursor goes on. */
async function fromLog(
  reader: EventReader,
  known: FlagsPort,
  query: LogQuery,
): Promise<{ flags: FlagView[]; more: boolean }> {
  const { session, beforeSeq, limit } = query
  const page = await reader.sessionEvents({ session, beforeSeq, kinds: ['flag.raised'], limit })
  const from = query.minSeverity === undefined ? 0 : FlagSeverity.options.indexOf(query.minSeverity)
  const flags = page.events
    .flatMap((event) => (event.kind === 'flag.raised' ? [event] : []))
    .filter(({ seenAtMs, data }) => seenAtMs >= query.sinceMs && (query.rule === undefined || data.rule === query.rule))
    .filter(({ data }) => FlagSeverity.options.indexOf(data.severity) >= from)
    .map(({ id, seq, atMs, seenAtMs, host, data }): FlagView => {
      const verdict = known.verdictOf(id)
      return { id, seq, atMs, seenAtMs, session, host, ...data, ...(verdict && { verdict }) }
    })
    .reverse()
  return { flags, more: page.more && flags.length > 0 }
}
