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
  known.cut = isRestricted(session, 'network')
  known.bytesOut = data.bytesOut
  known.bytesIn = data.bytesIn
  session.closedConnections.push(known)
  if (session.closedConnections.length > bounds.closedConnections * 2) {
    session.closedConnections = session.closedConnections.slice(-bounds.closedConnections)
  }
}
