// What a browser is shown when it begins to watch: the same projections for what is live and for a moment of the past.
import { projectDetail } from '../model/project-detail.ts'
import { projectEvent } from '../model/project-event.ts'
import { projectFleet } from '../model/project-fleet.ts'
import { projectHost } from '../model/project-row.ts'
import type { SampleHistory } from '../model/sample-history.ts'
import type { ConsoleState, SessionState } from '../model/state.ts'
import type { SamplePoint, SessionRow, Snapshot } from '../protocol/browser-messages.ts'
import type { StoredEvent } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { ProblemError } from './problem.ts'
import { headSeq, pointsOfLive } from './viewer.ts'

const endedShownMax = 300
/** So many rows go into one snapshot; of more only the newest, and the others after it. */
const rowsAtOnceMax = 400
const rowsOfFirst = 150
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

/** `leaveOut`: takes what is not of the first screenful, to send it behind; without it, all of them are here. */
export function fleetSnapshot(looked: Looked, leaveOut?: (ids: readonly SessionId[]) => void): Snapshot {
  const { state, history, rowOf } = looked
  const ids = liveOrder(state.sessions.values())
  const now = leaveOut && ids.length > rowsAtOnceMax ? ids.slice(0, rowsOfFirst) : ids
  const rows = now.map(rowOf).filter((row) => row !== undefined)
  const series: Snapshot['samples'] = {}
  for (const row of rows) {
    const points = history.sessions.get(row.session)?.points
    if (points) series[row.session] = points.slice(-pointsOfLive)
  }
  const rest = ids.slice(now.length)
  leaveOut?.(rest)
  return { ...common(looked), rows, ...(rest.length > 0 && { toCome: rest.length }), samples: series }
}

/** Newest first, what has ended after all others and only the last of it: the order in which the table opens. */
function liveOrder(sessions: Iterable<SessionState>): SessionId[] {
  const live: SessionState[] = []
  const ended: SessionState[] = []
  for (const session of sessions) (session.endedAtMs === undefined ? live : ended).push(session)
  const newestFirst = (a: SessionState, b: SessionState) => b.startedAtMs - a.startedAtMs
  return [...live.sort(newestFirst), ...ended.slice(-endedShownMax).sort(newestFirst)].map(({ session }) => session)
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
