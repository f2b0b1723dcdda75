// Tool calls, as the agent or its framework reports them: shown, never believed.
import type { EventOf } from '../protocol/event.ts'
import type { Trust } from '../protocol/trust.ts'
import { type ActionState, bounds, type SessionState } from './state.ts'

export function applyActionStarted(
  session: SessionState,
  data: EventOf<'action.started'>['data'],
  trust: Trust,
  atMs: number,
): void {
  session.counts.actions += 1
  const action: ActionState = {
    call: data.call,
    tool: data.tool,
    text: (data.summary ?? data.input).slice(0, bounds.actionText),
    trust,
    startedAtMs: atMs,
  }
  session.newestAction = action
  session.recentActions.push(action)
  if (session.recentActions.length > bounds.recentActions) session.recentActions.shift()
  session.openActions.set(data.call, action)
  if (session.openActions.size > bounds.openActions) {
    for (const oldest of session.openActions.keys()) {
      session.openActions.delete(oldest)
      break
    }
  }
}

export function applyActionEnded(session: SessionState, data: EventOf<'action.ended'>['data'], atMs: number): void {
  const known = session.openActions.get(data.call)
  if (!known) return
  session.openActions.delete(data.call)
  known.endedAtMs = atMs
}
