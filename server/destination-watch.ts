// Which destinations were seen for the first time, and when: for the one figure on Live. In memory alone, so it begins with the server.
import type { StoredEvent } from './protocol/event.ts'
import { type LiveFigures, newForMs } from './protocol/live-view.ts'

/** An agent that scans a network must cost us a bounded map. */
const keptMax = 50_000

export type DestinationWatch = { take(event: StoredEvent): void; figures(nowMs: number): LiveFigures['destinations'] }

export function watchDestinations(sinceMs: number): DestinationWatch {
  /** By `address:port`, in the order of first sight. */
  const first = new Map<string, { atMs: number; isDenied: boolean }>()
  let isFull = false

  function see(address: string, port: number | undefined, atMs: number, isDenied: boolean): void {
    const key = `${address}:${port ?? ''}`
    if (first.has(key)) return
    if (first.size >= keptMax) {
      isFull = true
      return
    }
    first.set(key, { atMs, isDenied })
  }

  return {
    take(event) {
      const { seenAtMs } = event
      if (event.kind === 'connection.opened') {
        const { direction, remote } = event.data
        if (direction !== 'in') see(remote.address, remote.port, seenAtMs, false)
      } else if (event.kind === 'flow.observed') {
        const { direction, traffic, verdict } = event.data
        if (direction !== 'in')
          see(traffic.destination.address, traffic.destination.port, seenAtMs, verdict === 'denied')
      }
    },
    figures(nowMs) {
      const fresh = [...first.values()].filter(({ atMs }) => nowMs - atMs <= newForMs)
      const newestAtMs = fresh.at(-1)?.atMs
      return {
        fresh: fresh.length,
        denied: fresh.filter(({ isDenied }) => isDenied).length,
        seen: first.size,
        ...(newestAtMs !== undefined && { newestAtMs }),
        sinceMs,
        isFull,
      }
    },
  }
}
