// Questions about what is wanted of a session: answered from its standing holds alone.
import type { Restriction } from '../protocol/control.ts'
import type { Hold, SessionState } from './state.ts'

/** Some hold restricts it. A hold on all actions restricts what passes the gate: shell and files. */
export function isRestricted(session: SessionState, restriction: Restriction): boolean {
  return session.holds.some((hold) => hold.restricts.includes(restriction))
}

export function holdsOn(session: SessionState, restriction: Restriction): Hold[] {
  return session.holds.filter((hold) => hold.restricts.includes(restriction))
}

export function isContained(session: SessionState): boolean {
  return session.holds.some((hold) => hold.action === 'contain')
}
