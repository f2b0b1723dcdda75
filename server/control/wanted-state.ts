// What a host must enforce, from the state alone: sent whole after every reconnect, so a missed click is not a missed pause.
import { isRestricted } from '../model/holds.ts'
import { meansOf } from '../model/project-capability.ts'
import type { ConsoleState, ControlRecord, SessionState } from '../model/state.ts'
import { type HostRestriction, isControlOpen, isLift } from '../protocol/control.ts'
import type { HostId } from '../protocol/ids.ts'
import type { Wanted } from '../protocol/probe-messages.ts'

const hostRestrictions: readonly HostRestriction[] = ['network', 'gpu', 'pause']

/** This control's effect is the host's to enforce and to tell. */
export function isHostControl(state: ConsoleState, session: SessionState, record: ControlRecord): boolean {
  if (session.held === 'none') return false
  if (record.capability === undefined) return true
  if (record.capability !== 'network' && record.capability !== 'gpu') return false
  // A restore goes to whoever could have revoked: to the host, unless it said that it cannot.
  if (isLift(record.action)) {
    return session.abilities.some((each) => each.name === record.capability && each.can !== 'no')
  }
  return meansOf(state, session, record.capability).by === 'probe'
}

export function wantedOfSession(state: ConsoleState, session: SessionState): Wanted {
  return {
    session: session.session,
    restrict: hostRestrictions.filter((each) => isRestricted(session, each)),
    // Newest first in the state; the message has room for so many, and older ones are superseded long before.
    pending: session.controls
      .filter((record) => isControlOpen(record.state) && isHostControl(state, session, record))
      .slice(0, 100)
      .map(({ control, action, capability }) => ({ control, action, ...(capability && { capability }) }))
      .reverse(),
  }
}

/** Every session that this host holds and that has not ended. */
export function wantedOfHost(state: ConsoleState, host: HostId): Wanted[] {
  const wanted: Wanted[] = []
  for (const session of state.sessions.values()) {
    if (session.host === host && session.endedAtMs === undefined && session.held !== 'none') {
      wanted.push(wantedOfSession(state, session))
    }
  }
  return wanted
}
