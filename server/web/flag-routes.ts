// Flags over HTTP, and the rules that raise them.
import { createRoute, z } from '@hono/zod-openapi'
import { FlagSeverity } from '../protocol/flag.ts'
import { FindingView, FlagView } from '../protocol/flag-view.ts'
import { SessionId } from '../protocol/ids.ts'
import { RuleProblemView, RuleView } from '../protocol/rule-view.ts'
import type { ApiApp } from './api-app.ts'
import { requireScope } from './identity.ts'
import type { EventReader } from './ports.ts'

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
}

export type RulesPort = { rules(): RuleView[]; problems(): RuleProblemView[] }

const listRoute = createRoute({
  method: 'get',
  path: '/api/flags',
  summary: 'Newest flags, newest first; of one session all that the log has',
  request: {
    query: z.object({
      session: SessionId.optional(),
      since: z.coerce.number().min(0).optional().describe('epoch milliseconds, by the time at which the server saw it'),
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

const rulesRoute = createRoute({
  method: 'get',
  path: '/api/rules',
  summary: 'Every rule, correlation and detector that runs, how often it fired, and what does not run and why',
  responses: {
    200: {
      description: 'rules and problems',
      content: {
        'application/json': { schema: z.object({ rules: z.array(RuleView), problems: z.array(RuleProblemView) }) },
      },
    },
  },
})

export function flagRoutes(flags: FlagsPort, rules: RulesPort, reader: EventReader) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { session, since, rule, minSeverity, before, limit } = c.req.valid('query')
      const page =
        session === undefined
          ? flags.list({ sinceMs: since, rule, minSeverity, beforeSeq: before, limit })
          : await fromLog(reader, { session, sinceMs: since ?? 0, rule, minSeverity, beforeSeq: before, limit })
      const nextBefore = page.more ? (page.flags.at(-1)?.seq ?? null) : null
      return c.json({ flags: page.flags, nextBefore }, 200)
    })
    app.openapi(findingsRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ findings: flags.findings() }, 200)
    })
    app.openapi(rulesRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      return c.json({ rules: rules.rules(), problems: rules.problems() }, 200)
    })
  }
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
async function fromLog(reader: EventReader, query: LogQuery): Promise<{ flags: FlagView[]; more: boolean }> {
  const { session, beforeSeq, limit } = query
  const page = await reader.sessionEvents({ session, beforeSeq, kinds: ['flag.raised'], limit })
  const from = query.minSeverity === undefined ? 0 : FlagSeverity.options.indexOf(query.minSeverity)
  const flags = page.events
    .flatMap((event) => (event.kind === 'flag.raised' ? [event] : []))
    .filter(({ seenAtMs, data }) => seenAtMs >= query.sinceMs && (query.rule === undefined || data.rule === query.rule))
    .filter(({ data }) => FlagSeverity.options.indexOf(data.severity) >= from)
    .map(({ id, seq, atMs, seenAtMs, host, data }): FlagView => ({ id, seq, atMs, seenAtMs, session, host, ...data }))
    .reverse()
  return { flags, more: page.more && flags.length > 0 }
}
