// What changed among a session's connections between two readings of the kernel's sockets. Pure. A connection opens once and
// closes once; bytes only grow.
import type { KnownConnection } from '../session.ts'
import type { SocketLine } from './parse-ss.ts'

export type SeenConnection = { id: string; socket: SocketLine }
export type ConnectionDiff = {
  opened: SeenConnection[]
  closed: KnownConnection[]
  /** Still open: newest reading. */
  kept: { known: KnownConnection; socket: SocketLine }[]
}

/** `missingMax`: readings in a row without it after which it counts as closed. */
export function diffConnections(
  known: Iterable<KnownConnection>,
  seen: readonly SeenConnection[],
  missingMax: number,
): ConnectionDiff {
  const byId = new Map<string, SeenConnection>()
  for (const connection of seen) byId.set(connection.id, connection)
  const diff: ConnectionDiff = { opened: [], closed: [], kept: [] }
  for (const before of known) {
    const now = byId.get(before.id)
    if (now) {
      diff.kept.push({ known: before, socket: now.socket })
      byId.delete(before.id)
    } else if (before.missing + 1 >= missingMax) diff.closed.push(before)
  }
  diff.opened.push(...byId.values())
  return diff
}

/** Listening and finished sockets are not connections. A UDP socket without a peer is one only where flows are not counted. */
export function isConnection(socket: SocketLine, udpFlowsCounted: boolean): boolean {
  if (socket.protocol === 'udp') return socket.remote.port !== 0 || !udpFlowsCounted
  return socket.state !== 'LISTEN' && socket.state !== 'TIME-WAIT' && socket.remote.port !== 0
}
