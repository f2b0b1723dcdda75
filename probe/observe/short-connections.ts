// Which TCP openings that the packet filter saw never showed up as an open connection. Pure, apart from the memory of openings
// that it is handed. An opening is told once: as an open connection by the socket observer, or here, never both.
import type { SocketLine } from './parse-ss.ts'

export type SynSeen = { firstSeenMs: number; packets: number; told: boolean }
export type Syn = {
  key: string
  packets: number
  ip: { localPort: number; remoteAddress: string; remotePort: number }
  /** A known connection has these very ends right now. */
  open: boolean
  /** Its session is ending: tell it now. */
  hurry: boolean
}
export type ShortConnection = { key: string; sinceMs: number; final: SocketLine | undefined }

/** Long enough for two readings of the sockets. */
const waitMs = 450

export function shortConnections(
  syns: readonly Syn[],
  memory: Map<string, SynSeen>,
  destroyed: readonly SocketLine[],
  nowMs: number,
): ShortConnection[] {
  const found: ShortConnection[] = []
  for (const syn of syns) {
    let seen = memory.get(syn.key)
    if (!seen) {
      seen = { firstSeenMs: nowMs, packets: syn.packets, told: false }
      memory.set(syn.key, seen)
    }
    if (syn.open) seen.told = true
    if (seen.told) continue
    const final = destroyed.find(
      (socket) =>
        socket.local.port === syn.ip.localPort &&
        // A refused connect loses its remote port before it is announced.
        (socket.remote.port === syn.ip.remotePort || socket.remote.port === 0) &&
        socket.remote.address === syn.ip.remoteAddress,
    )
    if (!final && !syn.hurry && nowMs - seen.firstSeenMs < waitMs) continue
    seen.told = true
    found.push({ key: syn.key, sinceMs: seen.firstSeenMs, final })
  }
  return found
}
