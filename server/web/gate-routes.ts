// `POST /api/gate`: may this tool call run? Whatever goes wrong on the way, the answer is never "allow"; a problem answer carries
// `decision: "deny"` too, for clients that read only that.
import { createRoute, z } from '@hono/zod-openapi'
import { DoorClaim } from '../protocol/gate-health.ts'
import { ApprovalId, CallId, ControlId, SessionId } from '../protocol/ids.ts'
import { ShortText } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import type { Gate } from './gate.ts'

/** A caller that names no deadline waits so long for a person. */
const usualDeadlineMs = 120_000

const Ask = z.object({
  session: SessionId,
  callId: CallId,
  tool: ShortText.min(1),
  input: z.unknown().optional().describe('JSON of any shape; the whole body may have 64 KiB'),
  cwd: z.string().max(4_096).optional(),
  door: DoorClaim.optional().describe('who asks: a name and a version, shown to operators as a claim'),
  deadlineMs: z
    .int()
    .min(1)
    .max(3_600_000)
    .optional()
    .describe('from now; we answer deny before it passes. Without an answer by then, do not run the call'),
})

const Answer = z.object({
  decision: z.enum(['allow', 'deny', 'edit']),
  reason: z.string(),
  input: z.unknown().optional().describe('with edit: what may run instead'),
  control: ControlId.optional().describe('the hold that denies it'),
  approval: ApprovalId.optional(),
})

const route = createRoute({
  method: 'post',
  path: '/api/gate',
  summary: 'May this tool call run?',
  description:
    'Holds deny first (a revoked capability, a containment), then the policy allows, denies, or holds the call for a person, and the answer ' +
    'waits as long as the deadline lets it. The same callId asked again finds the same approval, also after a restart. An approval lets ' +
    'exactly this action through, once. Run the call only on status 200 with decision "allow", or with "edit" and its input.',
  request: { body: { required: true, content: { 'application/json': { schema: Ask } } } },
  responses: {
    200: { description: 'decided, and on record', content: { 'application/json': { schema: Answer } } },
    503: { description: 'not decided (in time), or too many are waiting: do not run the call' },
  },
})

export function gateRoutes(gate: Gate) {
  return (app: ApiApp): void => {
    app.openapi(route, async (c) => {
      const { deadlineMs = usualDeadlineMs, ...call } = c.req.valid('json')
      const caller = gate.requireMayAsk(c.get('caller'), call.session)
      return c.json(await gate.ask(caller, { ...call, deadlineMs, gone: c.req.raw.signal }), 200)
    })
  }
}
