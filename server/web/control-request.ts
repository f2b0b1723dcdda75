// The way of a click, whichever door it came through (socket or HTTP): authorise and decide in the writer, append, answer "asked".
import { requestControl } from '../control/request-control.ts'
import type { ControlAction } from '../protocol/control.ts'
import { ControlId, type SessionId } from '../protocol/ids.ts'
import { actorOf, type Caller, roleOf } from './identity.ts'
import type { Clock, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

export type AskControl = (
  caller: Caller,
  ask: { session: SessionId; action: ControlAction; reason?: string | undefined; undoes?: ControlId | undefined },
) => Promise<ControlId>

/** Throws ProblemError when the request is refused; resolves when `control.requested` is durable. */
export function createAskControl(pipeline: PipelinePort, clock: Clock, newId: () => string): AskControl {
  return async (caller, ask) => {
    const control = ControlId.parse(newId())
    const decision = await pipeline.command((state) => {
      const decided = requestControl(state.sessions.get(ask.session), {
        control,
        action: ask.action,
        by: actorOf(caller),
        role: roleOf(caller),
        reason: ask.reason,
        undoes: ask.undoes,
        nowMs: clock.nowMs(),
      })
      return { result: decided, events: decided.ok ? decided.events : [], trust: 'operator' }
    })
    if (!decision.ok) throw new ProblemError(decision.refusal.status, decision.refusal.title, decision.refusal.detail)
    return control
  }
}
