// What an incident keeps from being dropped: every reading of its sessions, and of the GPUs of its hosts around the time of it. Pure.
import type { HostId, SessionId } from '../protocol/ids.ts'
import type { IncidentState } from './incident-state.ts'

/** Of a host: what led to it, and what came of it. */
const beforeMs = 3_600_000
const afterMs = 3_600_000

export type RetentionHolds = {
  incidents: number
  sessions: SessionId[]
  /** At most one span for a host: from the first of its incidents to the last. */
  hosts: { host: HostId; fromMs: number; toMs: number }[]
}

/** Of every incident that the console still knows, resolved or not: a postmortem is read long after. Drills hold nothing. */
export function holdsOf(incidents: Iterable<IncidentState>): RetentionHolds {
  const sessions = new Set<SessionId>()
  const hosts = new Map<HostId, { fromMs: number; toMs: number }>()
  let count = 0
  for (const incident of incidents) {
    if (incident.isDrill) continue
    count += 1
    for (const session of incident.sessions) sessions.add(session)
    const fromMs = incident.firstAtMs - beforeMs
    const toMs = incident.newestAtMs + afterMs
    for (const host of incident.hosts) {
      const known = hosts.get(host)
      hosts.set(host, {
        fromMs: Math.min(fromMs, known?.fromMs ?? fromMs),
        toMs: Math.max(toMs, known?.toMs ?? toMs),
      })
    }
  }
  return { incidents: count, sessions: [...sessions], hosts: [...hosts].map(([host, span]) => ({ host, ...span })) }
}
