// The part of the evidence that only the server has: what the agent said it did last. Its own words, kept beside what the host reads.
import type { SessionState } from '../model/state.ts'
import type { ControlAction } from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ControlId } from '../protocol/ids.ts'
import { cutText, shortTextMax } from '../protocol/text.ts'

/** One event for a control that takes evidence; none for any other. */
export function evidenceOfServer(
  session: SessionState,
  action: ControlAction,
  control: ControlId,
  nowMs: number,
): EventInput[] {
  if (action !== 'snapshot' && action !== 'contain') return []
  return [
    {
      v: 1,
      kind: 'evidence.recorded',
      atMs: nowMs,
      session: session.session,
      ...(session.host && { host: session.host }),
      data: {
        snapshot: control,
        control,
        evidence: {
          part: 'actions',
          items: session.recentActions.map(({ call, tool, text, startedAtMs, endedAtMs }) => ({
            call: call.slice(0, 256),
            tool: cutText(tool, shortTextMax),
            text: cutText(text, shortTextMax),
            running: endedAtMs === undefined,
            startedAtMs,
          })),
        },
      },
    },
  ]
}
