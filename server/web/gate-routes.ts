// `POST /api/gate`: may this tool call run? Decided in the one writer and durable before it is answered. Whatever goes wrong on the
// way, the answer is never "allow"; a problem answer carries `decision: "deny"` too, for clients that read only that.
import { createRoute, z } from '@hono/zod-openapi'
import { decideAtGate } from '../control/gate-decision.ts'
import type { ConsoleState } from '../model/state.ts'
import type { EventInput } from '../protocol/event.ts'
import { CallId, ControlId, SessionId } from '../protocol/ids.ts'
import { ShortText } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, type Caller } from './identity.ts'
import type { Clock, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

/** Longest wait for the database; a call that waits is not running. */
const waitMsMax = 10_000
/** Asks that the writer has not settled yet: an agent may ask as often as it likes, but not fill the way of everybody else. */
const inFlightOfSessionMax = 8
const inFlightMax = 256

const GateAsk = z.object({
  session: SessionId,
  callId: CallId,
  tool: ShortText.min(1),
  input: z.unknown().optional().describe('JSON of any shape; the whole body may have 64 KiB'),
  cwd: z.string().max(4_096).optional(),
  deadlineMs: z
    .int()
    .min(1)
    .max(600_000)
    .optional()
    .describe('from now; without an answer by then, do not run the call'),
})
type GateAsk = z.infer<typeof GateAsk>

const GateAnswer = z.object({
  decision: z.enum(['allow', 'deny']),
  reason: z.string(),
  control: ControlId.optional().describe('the hold that denies it'),
})

const route = createRoute({
  method: 'post',
  path: '/api/gate',
  summary: 'May this tool call run?',
  description:
    'Honours holds only: a revoked shell or files, revoked network tools, and containment. There are no approvals or policies ' +
    'behind it yet. Unknown and ended sessions are denied. Run the call only on status 200 with decision "allow".',
  request: { body: { required: true, content: { 'application/json': { schema: GateAsk } } } },
  responses: {
    200: { description: 'decided, and on record', content: { 'application/json': { schema: GateAnswer } } },
    503: { description: 'not decided (in time), or too many are waiting: do not run the call' },
  },
})

export function gateRoutes(pipeline: PipelinePort, clock: Clock) {
  const inFlight = new Map<SessionId, number>()
  let inFlightOfAll = 0

  /** Throws when there is no room. What it returns gives the place back. */
  function takePlace(session: SessionId): () => void {
    const own = inFlight.get(session) ?? 0
    if (own >= inFlightOfSessionMax) throw notDecided(`${own} calls of this session are waiting for a decision already`)
    if (inFlightOfAll >= inFlightMax) throw notDecided('too many calls are waiting for a decision')
    inFlight.set(session, own + 1)
    inFlightOfAll += 1
    return () => {
      const left = (inFlight.get(session) ?? 1) - 1
      if (left > 0) inFlight.set(session, left)
      else inFlight.delete(session)
      inFlightOfAll -= 1
    }
  }

  return (app: ApiApp): void => {
    app.openapi(route, async (c) => {
      const caller = requireGateRight(c.get('caller'))
      const ask = c.req.valid('json')
      requireOwnSession(caller, ask.session, pipeline.state)
      return c.json(await decideInTime(caller, ask), 200)
    })
  }

  async function decideInTime(caller: Caller, ask: GateAsk): Promise<z.infer<typeof GateAnswer>> {
    let late = false
    const givePlaceBack = takePlace(ask.session)
    const decided = pipeline.command((state) => {
      if (late) return { result: undefined, events: [], trust: 'vigil' as const }
      const { decision, capability, control, reason } = decideAtGate(state.sessions.get(ask.session), ask)
      const data = { call: ask.callId, tool: ask.tool, decision, reason, ...(capability && { capability }) }
      return {
        result: { decision, reason, ...(control && { control }) },
        events: [recordOf(caller, state, ask, { ...data, ...(control && { control }) })],
        trust: 'vigil' as const,
      }
    }, ordinary)
    // The place is kept until the writer is done with it, answered or not.
    decided.catch(() => undefined).finally(givePlaceBack)
    let timer: ReturnType<typeof setTimeout> | undefined
    const timeUp = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.min(ask.deadlineMs ?? waitMsMax, waitMsMax))
    })
    try {
      const answer = await Promise.race([decided, timeUp])
      if (answer) return answer
    } catch {
      throw notDecided('the decision could not be recorded')
    } finally {
      clearTimeout(timer)
    }
    late = true
    decided.then((missed) => missed && recordMissed(ask)).catch(() => undefined) // refused by the database: nothing is on record
    throw notDecided('the decision was not on record in time')
  }

  /** It became durable after all, but nobody was told: the log must not say that the call was allowed. */
  async function recordMissed(ask: GateAsk): Promise<void> {
    await pipeline.command((state) => {
      const data = {
        call: ask.callId,
        tool: ask.tool,
        decision: 'deny' as const,
        reason: 'decided too late to be answered',
      }
      const session = state.sessions.get(ask.session)
      return { result: undefined, events: session ? [gateDecided(session, data)] : [], trust: 'vigil' }
    }, ordinary)
  }

  type Decided = Extract<EventInput, { kind: 'gate.decided' }>['data']

  function gateDecided(session: { session: SessionId; host?: EventInput['host'] }, data: Decided): EventInput {
    const { session: id, host } = session
    return { v: 1, kind: 'gate.decided', atMs: clock.nowMs(), session: id, ...(host && { host }), data }
  }

  /** An event about a session makes it known; an unknown one must stay unknown, so its denial is a line of the audit instead. */
  function recordOf(caller: Caller, state: ConsoleState, ask: GateAsk, data: Decided): EventInput {
    const session = state.sessions.get(ask.session)
    if (session) return gateDecided(session, data)
    return {
      v: 1,
      kind: 'audit.recorded',
      atMs: clock.nowMs(),
      data: { by: actorOf(caller), change: 'gate.denied', subject: ask.session, detail: data.reason },
    }
  }
}

/** Whatever an agent can cause as often as it likes goes after what a person asked. */
const ordinary = { lane: 'ordinary' } as const

/** A person does not ask the gate; neither does a key that only reads. */
function requireGateRight(caller: Caller | undefined): Caller {
  if (caller?.type === 'session-token') return caller
  if (caller?.type === 'key' && caller.key.scopes.some((scope) => scope === 'ingest' || scope === 'control'))
    return caller
  throw refused(`this ${caller?.type ?? 'caller'} may not ask the gate: use a session's token or a key with "ingest"`)
}

function requireOwnSession(caller: Caller, id: SessionId, state: ConsoleState): void {
  if (caller.type === 'operator') return
  if (caller.type === 'session-token' && caller.session !== id) throw refused('a session asks for itself only')
  const only = caller.type === 'key' ? caller.key.session : undefined
  if (only !== undefined && only !== id) throw refused(`this key speaks for session ${only} only`)
  const session = state.sessions.get(id)
  const { host } = caller.key
  if (host !== undefined && session && session.held !== 'none' && session.host !== host) {
    throw refused(`this key speaks for host ${host} only`)
  }
}

function refused(detail: string): ProblemError {
  return new ProblemError(403, 'Not allowed', detail, { decision: 'deny', reason: detail })
}

function notDecided(why: string): ProblemError {
  return new ProblemError(503, 'Not decided', `${why}: do not run the call`, { decision: 'deny', reason: why })
}
