// What is kept of incidents. Bounded: an agent that raises flags without end costs counters.
import type { Actor } from '../protocol/actor.ts'
import type { FlagVerdict } from '../protocol/flag.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import type { IncidentFlagView, IncidentId, IncidentLogEntry, IncidentSeverity } from '../protocol/incident.ts'
import type { WrittenSection } from '../protocol/postmortem-section.ts'

export const incidentBounds = {
  /** Flags kept of one; the mildest leave. */
  flags: 300,
  log: 300,
  sessions: 200,
  hosts: 100,
  /** Resolved ones that stay in memory; the log keeps all. */
  resolved: 300,
} as const

export type IncidentState = {
  incident: IncidentId
  because: string
  isDrill: boolean
  follows?: IncidentId | undefined
  from?: IncidentId | undefined
  /** As a person wrote it; otherwise it is made of the flags. */
  title?: string | undefined
  /** As a person graded it. */
  graded?: IncidentSeverity | undefined
  sessions: SessionId[]
  /** It has others beyond the bound: then nobody can say that all are held. */
  moreSessions: boolean
  hosts: HostId[]
  destinations: string[]
  flags: IncidentFlagView[]
  flagCount: number
  firstAtMs: number
  /** By our clock. */
  detectedAtMs: number
  newestAtMs: number
  owner?: Actor | undefined
  acknowledged?: { by: Actor; atMs: number; untilMs: number } | undefined
  /** The first acknowledgement, for how long that took. */
  acknowledgedAtMs?: number | undefined
  /** When every session of it was first seen to be held or ended. */
  containedAtMs?: number | undefined
  resolved?: { by: Actor; atMs: number; verdict: FlagVerdict; reason?: string | undefined } | undefined
  mergedInto?: IncidentId | undefined
  log: IncidentLogEntry[]
  /** Sections of the postmortem that people wrote, each as it stands; what stood there before is in the log of events. */
  written?: WrittenSection[] | undefined
  /** Of the event that changed it last. */
  seq: number
}

export function newIncident(incident: IncidentId, atMs: number, seq: number): IncidentState {
  return {
    incident,
    because: '',
    isDrill: false,
    sessions: [],
    moreSessions: false,
    hosts: [],
    destinations: [],
    flags: [],
    flagCount: 0,
    firstAtMs: atMs,
    detectedAtMs: atMs,
    newestAtMs: atMs,
    log: [],
    seq,
  }
}

export function isOver(incident: IncidentState): boolean {
  return incident.resolved !== undefined || incident.mergedInto !== undefined
}
