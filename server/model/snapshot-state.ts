// The state as plain JSON and back, so that a restart or a replay need not read the whole log. One line for all but the sessions, then one
// line for each of them: what is large is read piece by piece, so that looking back does not hold up what is live. What is long in a session
// and seldom looked at (what has exited and closed: nine tenths of it) is a text of its own, read when somebody first asks for it.
// Raise `snapshotVersion` whenever `ConsoleState` changes: an older snapshot is then ignored and the log is read from its start.
import type { GpuState } from './gpu-state.ts'
import { type LongField, lend, longFields, newestClosed, type PlainLong, plainLong } from './long-parts.ts'
import { type ConnectionState, type ConsoleState, emptyState, type SessionState } from './state.ts'

export const snapshotVersion = 12
/** Versions whose state is today's. */
export const readableSnapshots: readonly number[] = [snapshotVersion]

const mapFields = ['processes', 'connections', 'openActions', 'gpuProcesses', 'readings'] as const
type PlainSession = Omit<SessionState, (typeof mapFields)[number] | LongField> &
  Record<(typeof mapFields)[number], [string, unknown][]> &
  Partial<PlainLong> & { newestClosed?: ConnectionState[] }
type PlainState = {
  headSeq: [number, number][]
  newestFactAtMs: number
  gpus: [
    string,
    Omit<GpuState, 'users' | 'offTaskMsOf'> & { users: [number, unknown][]; offTaskMsOf: [string, number][] },
  ][]
  sessions: PlainSession[]
  hosts: ConsoleState['hosts'] extends Map<infer K, infer V> ? [K, V][] : never
  containments: [unknown, unknown][]
  proposals: [unknown, unknown][]
  policies: [unknown, unknown][]
  approvals: [unknown, unknown][]
  webhooks: [unknown, unknown][]
  incidents: [unknown, unknown][]
  incidentOfSession: [unknown, unknown][]
  incidentCount: number
  reportedCount: number
  endedSessions: ConsoleState['endedSessions']
}

/** Everything as one text. */
export function stateToJson(state: ConsoleState): string {
  const sessions = [...state.sessions.values()].map((session) =>
    JSON.stringify({ ...plainSession(session), ...plainLong(session) }),
  )
  return [plainRest(state), ...sessions].join('\n')
}

/** A line of the snapshot; of a session, what is long in it apart. */
export type SnapshotLine = { line: string; session?: SessionState; long?: string }

/** Line by line, so that a state that nobody changes meanwhile can be written with pauses. `isKept`: its long text is at hand already. */
export function* snapshotLines(
  state: ConsoleState,
  isKept: (session: SessionState) => boolean,
): Generator<SnapshotLine, void> {
  yield { line: plainRest(state) }
  for (const session of state.sessions.values()) {
    const line = JSON.stringify({ ...plainSession(session), newestClosed: newestClosed(session) })
    yield isKept(session) ? { line, session } : { line, session, long: JSON.stringify(plainLong(session)) }
  }
}

function plainRest(state: ConsoleState): string {
  return JSON.stringify({
    headSeq: [...state.headSeq],
    newestFactAtMs: state.newestFactAtMs,
    gpus: [...state.gpus].map(([key, gpu]) => [
      key,
      { ...gpu, users: [...gpu.users], offTaskMsOf: [...gpu.offTaskMsOf] },
    ]),
    sessions: [],
    hosts: [...state.hosts],
    containments: [...state.containments],
    proposals: [...state.proposals],
    policies: [...state.policies],
    approvals: [...state.approvals],
    webhooks: [...state.webhooks],
    incidents: [...state.incidents],
    incidentOfSession: [...state.incidentOfSession],
    incidentCount: state.incidentCount,
    reportedCount: state.reportedCount,
    endedSessions: state.endedSessions,
  } satisfies PlainState)
}

/** Without what is long: naming that would read it. */
function plainSession(session: SessionState): PlainSession {
  const plain: Record<string, unknown> = {}
  for (const key of Object.keys(session) as (keyof SessionState)[]) {
    if (longFields.some((field) => field === key)) continue
    const value = session[key]
    plain[key] = value instanceof Map ? [...value] : value
  }
  return plain as PlainSession
}

/** Inverse of `stateToJson`. The text comes from our own store and is trusted; a broken one throws. */
export function stateFromJson(text: string): ConsoleState {
  const pieces = stateInPieces(text)
  for (;;) {
    const { done, value } = pieces.next()
    if (done) return value
  }
}

/** Characters that are read between two pauses: some milliseconds. */
const pieceCharacters = 256 * 1024

/** The same, with a pause offered after every piece. `longOf`: asked in their order, how to read what is long in a session, where it is not in its line. */
export function* stateInPieces(
  text: string,
  longOf?: (session: SessionState) => () => string,
): Generator<undefined, ConsoleState> {
  const firstEnd = text.indexOf('\n')
  const plain = JSON.parse(firstEnd < 0 ? text : text.slice(0, firstEnd)) as PlainState
  const state = emptyState()
  state.headSeq = new Map(plain.headSeq)
  state.newestFactAtMs = plain.newestFactAtMs
  for (const [key, gpu] of plain.gpus) {
    const users = new Map(gpu.users) as GpuState['users']
    const offTaskMsOf = new Map(gpu.offTaskMsOf) as GpuState['offTaskMsOf']
    state.gpus.set(key, { ...gpu, users, offTaskMsOf })
  }
  state.hosts = new Map(plain.hosts)
  state.containments = new Map(plain.containments) as ConsoleState['containments']
  state.proposals = new Map(plain.proposals) as ConsoleState['proposals']
  state.policies = new Map(plain.policies) as ConsoleState['policies']
  state.approvals = new Map(plain.approvals) as ConsoleState['approvals']
  state.webhooks = new Map(plain.webhooks) as ConsoleState['webhooks']
  state.incidents = new Map(plain.incidents) as ConsoleState['incidents']
  state.incidentOfSession = new Map(plain.incidentOfSession) as ConsoleState['incidentOfSession']
  state.incidentCount = plain.incidentCount
  state.reportedCount = plain.reportedCount
  state.endedSessions = plain.endedSessions
  const take = ({ newestClosed: closed = [], ...flat }: PlainSession) => {
    const session: SessionState = {
      ...(flat as PlainSession & PlainLong),
      processes: new Map(flat.processes) as SessionState['processes'],
      connections: new Map(flat.connections) as SessionState['connections'],
      openActions: new Map(flat.openActions) as SessionState['openActions'],
      gpuProcesses: new Map(flat.gpuProcesses) as SessionState['gpuProcesses'],
      readings: new Map(flat.readings) as SessionState['readings'],
    }
    if (longOf) lend(session, { read: longOf(session), newestClosed: closed })
    relink(session)
    state.sessions.set(session.session, session)
    for (const control of session.controls) state.sessionOfControl.set(control.control, session.session)
  }
  // Snapshots of before hold their sessions in the first line.
  for (const flat of plain.sessions) take(flat)
  let pausedAt = firstEnd
  for (let start = firstEnd < 0 ? text.length : firstEnd + 1; start < text.length; ) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    take(JSON.parse(text.slice(start, end)) as PlainSession)
    start = end + 1
    if (start - pausedAt < pieceCharacters) continue
    pausedAt = start
    yield undefined
  }
  return state
}

/** `newestAction` and `newestProcess` are the same objects as in their maps while they live: JSON cannot say so. What is over never changes. */
function relink(session: SessionState): void {
  session.recentActions = session.recentActions.map((recent) => sameAction(session, recent))
  const action = session.newestAction
  if (action) session.newestAction = sameAction(session, action)
  const process = session.newestProcess
  if (process) {
    const key = `${process.pid}:${process.startTicks}`
    session.newestProcess = session.processes.get(key) ?? process
  }
}

function sameAction(session: SessionState, action: NonNullable<SessionState['newestAction']>) {
  const open = session.openActions.get(action.call)
  if (open && open.startedAtMs === action.startedAtMs && action.endedAtMs === undefined) return open
  return (
    session.recentActions.find((recent) => recent.call === action.call && recent.startedAtMs === action.startedAtMs) ??
    action
  )
}
