// A session that ends cancels what was still asked of it: no control is left open for ever.
import type { SessionState } from '../model/state.ts'
import { isControlOpen } from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'

export function cancelOpenControls(session: SessionState, nowMs: number): EventInput[] {
  return session.controls
    .filter((record) => isControlOpen(record.state))
    .map((record) => ({
      v: 1 as const,
      kind: 'control.ended' as const,
      atMs: nowMs,
      session: session.session,
      ...(session.host && { host: session.host }),
      data: { control: record.control, outcome: 'cancelled' as const, detail: 'the session ended first' },
    }))
}
