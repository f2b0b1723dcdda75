// Masked text, shown: only to those who may act, one event or approval at a time, and never before it is on record who saw it.
import { createRoute, z } from '@hono/zod-openapi'
import { unmaskedApproval } from '../model/project-approval.ts'
import type { Actor } from '../protocol/actor.ts'
import type { EventInput } from '../protocol/event.ts'
import { SessionId } from '../protocol/ids.ts'
import { Revealed, RevealRequest } from '../protocol/reveal.ts'
import { maskValue, type SecretCounts } from '../protocol/secrets.ts'
import type { ApiApp } from './api-app.ts'
import { actorOf, requireScope } from './identity.ts'
import type { Clock, EventReader, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

const revealRoute = createRoute({
  method: 'post',
  path: '/api/sessions/{id}/reveal',
  summary: 'The original of what is masked in one event or approval; who saw it is in the audit',
  request: {
    params: z.object({ id: SessionId }),
    body: { required: true, content: { 'application/json': { schema: RevealRequest } } },
  },
  responses: { 200: { description: 'the original', content: { 'application/json': { schema: Revealed } } } },
})

export type RevealPorts = { pipeline: PipelinePort; reader: EventReader; clock: Clock }

export function revealRoutes({ pipeline, reader, clock }: RevealPorts) {
  /** Throws, and nothing is shown, where it cannot be put on record. */
  async function record(by: Actor, session: SessionId, what: string, original: unknown): Promise<void> {
    const counts: SecretCounts = {}
    maskValue(original, counts)
    const detail = Object.entries(counts)
      .map(([kind, count]) => `${count} × ${kind}`)
      .join(', ')
    if (detail === '') throw new ProblemError(409, 'Nothing is masked there', 'it is shown whole already')
    const data = { by, change: 'secret.revealed', subject: `${what} of ${session}`, detail }
    const event: EventInput = { v: 1, kind: 'audit.recorded', atMs: clock.nowMs(), session, data }
    await pipeline.submit({ sender: { type: 'vigil' }, events: [event], trust: 'operator' })
  }

  return (app: ApiApp): void => {
    app.openapi(revealRoute, async (c) => {
      const by = actorOf(requireScope(c.get('caller'), 'control'))
      const { id: session } = c.req.valid('param')
      const request = c.req.valid('json')
      if ('approval' in request) {
        const found = pipeline.state.approvals.get(request.approval)
        if (found?.session !== session)
          throw new ProblemError(404, 'No such approval', 'it is not of this session, or has left memory')
        const { input, cwd, heldFor, decided } = found
        await record(by, session, `approval ${found.approval}`, { input, cwd, heldFor, decided })
        return c.json({ approval: unmaskedApproval(found) }, 200)
      }
      const { seq } = request
      const [event] = (await reader.sessionEvents({ session, afterSeq: seq - 1, limit: 1 })).events
      if (event?.seq !== seq) throw new ProblemError(404, 'No such event', 'this session has no event of this number')
      await record(by, session, `event ${seq}`, event.data)
      return c.json({ seq, data: event.data as Record<string, unknown> }, 200)
    })
  }
}
