// What a host must enforce, from the state alone: sent whole after every reconnect, so a missed click is not a missed pause.
import type { ConsoleState, SessionState } from '../model/state.ts'
import { isControlOpen } from '../protocol/control.ts'
import type { HostId } from '../protocol/ids.ts'
import type { Wanted } from '../protocol/probe-messages.ts'

export function wantedOfSession(session: SessionState): Wanted {
  return {
    session: session.session,
    paused: session.wantedPaused,
    // Newest first; the message has room for so many, and older ones are superseded long before.
    pending: session.controls
      .filter((record) => isControlOpen(record.state))
      .slice(0, 100)
      .map((record) => ({ control: record.control, action: record.action })),
  }
}

/** Every session that this host holds and that has not ended. */
export function wantedOfHost(state: ConsoleState, host: HostId): Wanted[] {
  const wanted: Wanted[] = []
  for (const session of state.sessions.values()) {
    if (session.host === host && session.endedAtMs === undefined && session.held !== 'none') {
      wanted.push(wantedOfSession(session))
    }
  }
  return wanted
}
