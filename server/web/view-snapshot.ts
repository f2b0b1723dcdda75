// What a browser is shown when it begins to watch: the same projections for what is live and for a moment of the past.
import { projectDetail } from '../model/project-detail.ts'
import { projectEvent } from '../model/project-event.ts'
import { projectFleet } from '../model/project-fleet.ts'
import { projectHost } from '../model/project-row.ts'
import type { SampleHistory } from '../model/sample-history.ts'
import type { ConsoleState } from '../model/state.ts'
import type { SamplePoint, SessionRow, Snapshot } from '../protocol/browser-messages.ts'
import type { StoredEvent } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { ProblemError } from './problem.ts'
import { headSeq } from './viewer.ts'

const endedShownMax = 300
const pointsOfLive = 60
export const eventsOfSnapshot = 500
export const bytesOfSnapshot = 8 * 1024 * 1024
export const pointsOfSession = 600

export type Looked = {
  watch: number
  serverNowMs: number
  state: ConsoleState
  history: SampleHistory
  rowOf(session: SessionId): SessionRow | undefined
}

export function fleetSnapshot(looked: Looked): Snapshot {
  const { state, history, rowOf } = looked
  const rows: SessionRow[] = []
  const series: Snapshot['samples'] = {}
  const ended: SessionRow[] = []
  for (const session of state.sessions.values()) {
    const row = rowOf(session.session)
    if (!row) continue
    if (row.state === 'ended') ended.push(row)
    else rows.push(row)
  }
  rows.push(...ended.slice(-endedShownMax))
  for (const row of rows) {
    const points = history.sessions.get(row.session)?.points
    if (points) series[row.session] = points.slice(-pointsOfLive)
  }
  return { ...common(looked), rows, samples: series }
}

export type SessionParts = { events: StoredEvent[]; more: boolean; points: SamplePoint[] }

/** `rebuilt`: a state that holds the session, where it has left the other. */
export function sessionSnapshot(
  looked: Looked,
  id: SessionId,
  { events, more, points }: SessionParts,
  rebuilt: ConsoleState | undefined = looked.state,
): Snapshot {
  const session = rebuilt?.sessions.get(id)
  if (!rebuilt || !session)
    throw new ProblemError(404, 'No such session', 'no event of a session with this id is in the log')
  const detail = projectDetail(rebuilt, session, looked.history)
  return {
    ...common(looked),
    rows: [detail.row],
    samples: { [id]: looked.history.sessions.get(id)?.points ?? points },
    detail,
    events: events.map(projectEvent),
    olderEvents: more,
  }
}

function common({ watch, serverNowMs, state, history }: Looked) {
  return {
    watch,
    seq: headSeq(state),
    serverNowMs,
    hosts: [...state.hosts.values()].map((host) => projectHost(host, history)),
    fleet: projectFleet(state),
  }
}
