// Which incidents a list shows. Pure: of now and of a moment of the past alike.
import type { IncidentView } from '../protocol/incident.ts'
import type { IncidentsQuery } from './ports.ts'

/** Those that fit, in the order in which they are given. */
export function incidentsPage(
  incidents: readonly IncidentView[],
  { state, session, q, limit }: IncidentsQuery,
): IncidentView[] {
  const words = q?.toLowerCase()
  const isWanted = ({ status }: IncidentView) =>
    state === undefined || (state === 'unresolved' ? status !== 'resolved' : status === state)
  const hasWords = ({ incident, title, sessions, hosts }: IncidentView) =>
    words === undefined || [incident, title, ...sessions, ...hosts].some((text) => text.toLowerCase().includes(words))
  return incidents
    .filter(isWanted)
    .filter(({ sessions }) => session === undefined || sessions.includes(session))
    .filter(hasWords)
    .slice(0, limit)
}
