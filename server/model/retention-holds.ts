// What an incident keeps from being dropped: every reading of its sessions, and of the GPUs of its hosts around the time of it. Pure.
import type { HostId, SessionId } from '../protocol/ids.ts'
import type { IncidentState } from './incident-state.ts'

/** Of a host: what led to it, and what came of it. */
const beforeMs = 3_600_000
const afterMs = 3_600_000
/** Evidence is by its source's clock, which may be an agent's, and detection by ours: further apart than this is no delay but a clock. */
const evidenceBeforeMs = 7 * 86_400_000

export type RetentionHolds = {
  incidents: number
  /** Of these incidents: such that have more sessions than are kept by name, whose readings nobody holds. */
  withMore: number
  sessions: SessionId[]
  /** At most one span for a host: from the first of its incidents to the last. */
  hosts: { host: HostId; fromMs: number; toMs: number }[]
}

/** Of every incident that the console still knows, resolved or not: a postmortem is read long after. Drills hold nothing. */
export function holdsOf(incidents: Iterable<IncidentState>): RetentionHolds {
  const sessions = new Set<SessionId>()
  const hosts = new Map<HostId, { fromMs: number; toMs: number }>()
  let count = 0
  let withMore = 0
  for (const incident of incidents) {
    if (incident.isDrill) continue
    count += 1
    if (incident.moreSessions) withMore += 1
    for (const session of incident.sessions) sessions.add(session)
    const { firstAtMs, detectedAtMs } = incident
    const fromMs = Math.min(detectedAtMs, Math.max(firstAtMs, detectedAtMs - evidenceBeforeMs)) - beforeMs
    const toMs = incident.newestAtMs + afterMs
    for (const host of incident.hosts) {
      const known = hosts.get(host)
      hosts.set(host, {
        fromMs: Math.min(fromMs, known?.fromMs ?? fromMs),
        toMs: Math.max(toMs, known?.toMs ?? toMs),
      })
    }
  }
  return {
    incidents: count,
    withMore,
    sessions: [...sessions],
    hosts: [...hosts].map(([host, span]) => ({ host, ...span })),
  }
}
