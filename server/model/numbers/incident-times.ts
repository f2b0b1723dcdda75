// When an incident was detected, acknowledged and contained: from the state where it is still known, from its events where memory has let go
// of it. The same reducer reads both; only what hosts showed is not among an incident's own events, so of those nobody can say when they were
// contained.
import type { StoredEvent } from '../../protocol/event.ts'
import type { IncidentId } from '../../protocol/incident.ts'
import { type IncidentState, isOver } from '../incident-state.ts'
import { applyIncident, isContainedAsSeen } from '../reduce-incident.ts'
import { type ConsoleState, emptyState } from '../state.ts'

export type IncidentTimes = {
  incident: IncidentId
  isDrill: boolean
  isMerged: boolean
  isOver: boolean
  /** Absent where no flag of it is known. */
  firstAtMs: number | undefined
  detectedAtMs: number
  acknowledgedAtMs: number | undefined
  containedAtMs: number | undefined
  /** Seen contained, whether or not it is known since when; `unknown`: memory has let go of it; `forgotten`: of a session of it. */
  isContained: boolean | 'unknown' | 'forgotten'
}

function timesOf(incident: IncidentState, isContained: IncidentTimes['isContained']): IncidentTimes {
  return {
    incident: incident.incident,
    isDrill: incident.isDrill,
    isMerged: incident.mergedInto !== undefined,
    isOver: isOver(incident),
    firstAtMs: incident.flagCount > 0 ? incident.firstAtMs : undefined,
    detectedAtMs: incident.detectedAtMs,
    acknowledgedAtMs: incident.acknowledgedAtMs,
    containedAtMs: incident.containedAtMs,
    isContained,
  }
}

export function incidentTimesOf(state: ConsoleState): IncidentTimes[] {
  return [...state.incidents.values()].map((each) => timesOf(each, containedNow(state, each)))
}

/** Of one that goes on everything is in memory that can still be contained. */
function containedNow(state: ConsoleState, incident: IncidentState): IncidentTimes['isContained'] {
  if (incident.containedAtMs !== undefined || isContainedAsSeen(state, incident)) return true
  return isOver(incident) && incident.sessions.some((each) => !state.sessions.has(each)) ? 'forgotten' : false
}

/** `events`: of incidents, oldest first. One whose opening is not among them is left out. */
export function incidentTimesInLog(events: readonly StoredEvent[]): IncidentTimes[] {
  const state = emptyState()
  const times = new Map<IncidentId, IncidentTimes>()
  const note = (id: IncidentId) => {
    const incident = state.incidents.get(id)
    // Noted after each event: the state forgets what is long over.
    if (incident) times.set(id, timesOf(incident, 'unknown'))
  }
  for (const event of events) {
    if (!applyIncident(state, event)) continue
    if (event.kind !== 'incident.opened' && event.kind !== 'incident.joined' && event.kind !== 'incident.changed')
      continue
    note(event.data.incident)
    if (event.kind === 'incident.changed' && 'into' in event.data.change) note(event.data.change.into)
  }
  return [...times.values()]
}
