// Connections of a session: open ones by the kernel's own identity, and the newest closed ones.
import type { EventOf } from '../protocol/event.ts'
import { isRestricted } from './holds.ts'
import { bounds, type SessionState } from './state.ts'

export function applyConnectionOpened(
  session: SessionState,
  data: EventOf<'connection.opened'>['data'],
  atMs: number,
): void {
  if (session.connections.has(data.connection)) return
  session.counts.connections += 1
  if (session.connections.size >= bounds.openConnections) return
  const { connection, protocol, local, remote, direction, state, pid, comm } = data
  session.connections.set(connection, {
    connection,
    protocol,
    local,
    remote,
    direction,
    state,
    pid,
    comm,
    openedAtMs: atMs,
    ...(isCutOff(session) && state === 'SYN-SENT' && { attempt: true }),
  })
}

export function applyConnectionClosed(
  session: SessionState,
  data: EventOf<'connection.closed'>['data'],
  atMs: number,
): void {
  const known = session.connections.get(data.connection)
  if (!known) return
  session.connections.delete(data.connection)
  known.closedAtMs = atMs
  if (isRestricted(session, 'network')) known.cut = isCutOff(session) ? 'yes' : 'maybe'
  known.bytesOut = data.bytesOut
  known.bytesIn = data.bytesIn
  session.closedConnections.push(known)
  if (session.closedConnections.length > bounds.closedConnections * 2) {
    session.closedConnections = session.closedConnections.slice(-bounds.closedConnections)
  }
}

/** The network was just read as taken away: what ended since it was asked for was cut, and not before that is it called so. */
export function confirmCuts(session: SessionState): void {
  for (const closed of session.closedConnections) if (closed.cut === 'maybe') closed.cut = 'yes'
}

/** The network was read as not taken away (any more): what was tried may have come about. */
export function doubtAttempts(session: SessionState): void {
  for (const connection of session.connections.values()) delete connection.attempt
}

/** As the host reads it. What is opened now is an attempt: its packets are dropped, it cannot come about. */
function isCutOff(session: SessionState): boolean {
  return session.readings.get('network')?.restricted === true
}
