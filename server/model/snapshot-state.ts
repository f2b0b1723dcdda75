// The state as plain JSON and back, so that a restart or a replay need not read the whole log.
// Raise `snapshotVersion` whenever `ConsoleState` changes: an older snapshot is then ignored and the log is read from its start.
import { type ConsoleState, emptyState, type SessionState } from './state.ts'

export const snapshotVersion = 3

const mapFields = ['processes', 'connections', 'openActions', 'gpuProcesses'] as const

type PlainSession = Omit<SessionState, (typeof mapFields)[number]> &
  Record<(typeof mapFields)[number], [string, unknown][]>
type PlainState = {
  headSeq: [number, number][]
  newestFactAtMs: number
  sessions: PlainSession[]
  hosts: ConsoleState['hosts'] extends Map<infer K, infer V> ? [K, V][] : never
  reportedCount: number
  endedSessions: ConsoleState['endedSessions']
}

export function stateToJson(state: ConsoleState): string {
  const plain: PlainState = {
    headSeq: [...state.headSeq],
    newestFactAtMs: state.newestFactAtMs,
    sessions: [...state.sessions.values()].map((session) => ({
      ...session,
      processes: [...session.processes],
      connections: [...session.connections],
      openActions: [...session.openActions],
      gpuProcesses: [...session.gpuProcesses],
    })),
    hosts: [...state.hosts],
    reportedCount: state.reportedCount,
    endedSessions: state.endedSessions,
  }
  return JSON.stringify(plain)
}

/** Inverse of `stateToJson`. The text comes from our own store and is trusted; a broken one throws. */
export function stateFromJson(text: string): ConsoleState {
  const plain = JSON.parse(text) as PlainState
  const state = emptyState()
  state.headSeq = new Map(plain.headSeq)
  state.newestFactAtMs = plain.newestFactAtMs
  state.hosts = new Map(plain.hosts)
  state.reportedCount = plain.reportedCount
  state.endedSessions = plain.endedSessions
  for (const flat of plain.sessions) {
    const session: SessionState = {
      ...flat,
      processes: new Map(flat.processes) as SessionState['processes'],
      connections: new Map(flat.connections) as SessionState['connections'],
      openActions: new Map(flat.openActions) as SessionState['openActions'],
      gpuProcesses: new Map(flat.gpuProcesses) as SessionState['gpuProcesses'],
    }
    relink(session)
    state.sessions.set(session.session, session)
    for (const control of session.controls) state.sessionOfControl.set(control.control, session.session)
  }
  return state
}

/** `newestAction` and `newestProcess` are the same objects as in their maps while they live: JSON cannot say so. */
function relink(session: SessionState): void {
  const action = session.newestAction
  if (action) session.newestAction = sameAction(session, action)
  const process = session.newestProcess
  if (process) {
    const key = `${process.pid}:${process.startTicks}`
    session.newestProcess =
      session.processes.get(key) ??
      session.exitedProcesses.find(
        (exited) => exited.pid === process.pid && exited.startTicks === process.startTicks,
      ) ??
      process
  }
}

function sameAction(session: SessionState, action: NonNullable<SessionState['newestAction']>) {
  const open = session.openActions.get(action.call)
  return open && open.startedAtMs === action.startedAtMs && action.endedAtMs === undefined ? open : action
}
