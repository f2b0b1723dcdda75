// Approvals over HTTP: what waits for a person and what became of it, and the decision.
import { createRoute, z } from '@hono/zod-openapi'
import { decideApproval } from '../control/approvals.ts'
import { canonicalJson } from '../control/canonical-action.ts'
import { projectApproval, projectApprovals } from '../model/project-approval.ts'
import type { ApprovalState, ConsoleState } from '../model/state.ts'
import { ApprovalDecisionRequest, ApprovalView } from '../protocol/approval.ts'
import { ApprovalReading, type ShapeHistory } from '../protocol/approval-reading.ts'
import { ApprovalId, SessionId } from '../protocol/ids.ts'
import { maskMark, maskValue } from '../protocol/secrets.ts'
import { longTextMax } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import { digestOf, type Gate } from './gate.ts'
import { actorOf, requireScope, roleOf } from './identity.ts'
import type { Clock, PastPort, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { AtQuery, readAt } from './replay-routes.ts'

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

const listRoute = createRoute({
  method: 'get',
  path: '/api/approvals',
  summary: 'What waits for a person, soonest to expire first, then the newest that were decided',
  request: {
    query: z.object({
      state: z.enum(['waiting', 'decided']).optional(),
      session: SessionId.optional(),
      at: AtQuery,
      limit: z.coerce.number().int().min(1).max(1_000).default(300),
    }),
  },
  responses: {
    200: { description: 'approvals', content: json(z.object({ atMs: z.number(), approvals: z.array(ApprovalView) })) },
  },
})

const Params = z.object({ id: ApprovalId })

const oneRoute = createRoute({
  method: 'get',
  path: '/api/approvals/{id}',
  summary: 'One approval',
  request: { params: Params },
  responses: { 200: { description: 'the approval', content: json(ApprovalView) } },
})

const readingRoute = createRoute({
  method: 'get',
  path: '/api/approvals/{id}/reading',
  summary:
    'How the action is understood: its commands word by word, what it could do, and how others of its shape were decided. No promise that nothing else happens',
  request: { params: Params },
  responses: { 200: { description: 'the reading, worked out now', content: json(ApprovalReading) } },
})

/** How an action is understood; handed in, because rules and contexts are not known here. */
export type ReadAction = (state: ConsoleState, approval: ApprovalState, nowMs: number) => ApprovalReading

const decideRoute = createRoute({
  method: 'post',
  path: '/api/approvals/{id}/decision',
  summary: 'Approve, edit or deny; the first decision counts, and it is bound to the digest',
  request: { params: Params, body: { required: true, content: json(ApprovalDecisionRequest) } },
  responses: { 200: { description: 'decided, and on record', content: json(ApprovalView) } },
})

export type ApprovalPorts = {
  pipeline: PipelinePort
  past: PastPort
  clock: Clock
  readAction: ReadAction
  /** How others of its shape were decided. */
  before(approval: ApprovalState, nowMs: number): ShapeHistory | undefined
  /** What the caller that waits is answered goes on record with the decision. */
  gate: Pick<Gate, 'answerWith'>
}

export function approvalRoutes({ pipeline, past, clock, readAction, before, gate }: ApprovalPorts) {
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { state, session, limit, at } = c.req.valid('query')
      const then = await readAt({ past, clock }, c.req, at, 'approvals', {})
      const approvals = (then ? then.answer : projectApprovals(pipeline.state))
        .filter((each) => state === undefined || (each.decided === undefined) === (state === 'waiting'))
        .filter((each) => session === undefined || each.session === session)
      return c.json({ atMs: then?.atMs ?? clock.nowMs(), approvals: approvals.slice(0, limit) }, 200)
    })
    app.openapi(oneRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const found = pipeline.state.approvals.get(c.req.valid('param').id)
      if (!found) throw notHere()
      return c.json(projectApproval(found), 200)
    })
    app.openapi(readingRoute, (c) => {
      requireScope(c.get('caller'), 'read')
      const found = pipeline.state.approvals.get(c.req.valid('param').id)
      if (!found) throw notHere()
      const nowMs = clock.nowMs()
      const history = before(found, nowMs)
      const reading = maskValue(readAction(pipeline.state, found, nowMs), {}) as ApprovalReading
      return c.json({ ...reading, ...(history && { before: history }) }, 200)
    })
    app.openapi(decideRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'control')
      const { id } = c.req.valid('param')
      const { input, ...request } = c.req.valid('json')
      if (request.decision === 'edit' && JSON.stringify(input ?? null).includes(maskMark))
        throw new ProblemError(422, 'A mask is in it', 'a mask does not run: show the original first, and edit that')
      const outcome = await inWriter(() =>
        pipeline.command((state) => {
          const edited = request.decision === 'edit' ? editOf(state.approvals.get(id), input) : undefined
          const decided = decideApproval(state, {
            ...request,
            approval: id,
            by: actorOf(caller),
            role: roleOf(caller),
            ...(edited && { edited }),
            nowMs: clock.nowMs(),
          })
          const events = decided.ok ? decided.events : []
          return { result: decided, events, trust: 'operator', own: gate.answerWith(state, events) }
        }),
      )
      if (!outcome.ok) throw new ProblemError(outcome.refusal.status, outcome.refusal.title, outcome.refusal.detail)
      const found = pipeline.state.approvals.get(id)
      if (!found) throw new ProblemError(404, 'No such approval', 'it was decided and has left memory since')
      return c.json(projectApproval(found), 200)
    })
  }
}

function notHere(): ProblemError {
  return new ProblemError(404, 'No such approval', 'it may have been decided long ago: it is in its session’s events')
}

/** A click that could not be recorded is no decision, and says so. */
async function inWriter<R>(decide: () => Promise<R>): Promise<R> {
  try {
    return await decide()
  } catch (error) {
    if (error instanceof ProblemError) throw error
    throw new ProblemError(503, 'Not decided', 'the decision could not be recorded: it still waits, decide it again')
  }
}

/** An edited action is another action: it gets a digest of its own. */
function editOf(
  approval: { session: string; tool: string; cwd?: string | undefined } | undefined,
  input: unknown,
): { input: string; digest: string } | undefined {
  if (!approval || input === undefined) return undefined
  const text = canonicalJson(input)
  if (text.length > longTextMax)
    throw new ProblemError(422, 'Too long', `an edited input has at most ${longTextMax} characters`)
  const { session, tool, cwd } = approval
  return { input: text, digest: digestOf({ session, tool, input, cwd }) }
}
