// What the browser knows, and the pure steps by which it learns: a snapshot replaces all, a frame changes some.
// Everything is immutable: an unchanged row keeps its identity, so that only changed rows are drawn again,
// and holding the view is nothing but keeping an older state on screen.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import type {
  EventView,
  Frame,
  HostRow,
  SamplePoint,
  SessionDetail,
  SessionRow,
  Snapshot,
  Watch,
} from '../../server/protocol/browser-messages.ts'
import type { FleetView } from '../../server/protocol/control-views.ts'
import { withNewer } from './newer-approvals.ts'

export type ViewState = {
  /** What was asked for; undefined until the first snapshot. */
  asked: Watch | undefined
  /** Identity of the watch whose frames count; frames of another one are ignored. */
  watch: number | undefined
  seq: number
  rows: ReadonlyMap<string, SessionRow>
  /** Rows that the snapshot had no room for and that did not come yet. */
  toCome: number
  hosts: ReadonlyMap<string, HostRow>
  /** Containments, proposals, policies: of the whole console, whatever is watched. Undefined until the server told them. */
  fleet: FleetView | undefined
  /** Of the whole console too: the newest of those that frames told, and how often a change was not told. Then the list is to be read. */
  approvals: { told: readonly ApprovalView[]; untold: number }
  /** Oldest first. */
  samples: ReadonlyMap<string, readonly SamplePoint[]>
  detail: SessionDetail | undefined
  /** Ascending by `seq`, without repeats. */
  events: readonly EventView[]
  olderEvents: boolean
  /** Events left out of the stream since the snapshot because this browser was slow. */
  skipped: number
}

export const emptyView: ViewState = {
  asked: undefined,
  watch: undefined,
  seq: 0,
  rows: new Map(),
  toCome: 0,
  hosts: new Map(),
  fleet: undefined,
  approvals: { told: [], untold: 0 },
  samples: new Map(),
  detail: undefined,
  events: [],
  olderEvents: false,
  skipped: 0,
}

const livePoints = 60
const sessionPoints = 600
const approvalsTold = 1_000
/** Newest events kept in the browser; older ones come back over HTTP when asked for. */
export const eventsKept = 5_000

export function takeSnapshot(asked: Watch, snapshot: Snapshot, before = emptyView): ViewState {
  return {
    asked,
    watch: snapshot.watch,
    seq: snapshot.seq,
    rows: new Map(snapshot.rows.map((row) => [row.session, row])),
    toCome: snapshot.toCome ?? 0,
    hosts: new Map(snapshot.hosts.map((host) => [host.host, host])),
    fleet: snapshot.fleet,
    approvals: approvalsAfter(before, snapshot.fleet, undefined),
    samples: new Map(Object.entries(snapshot.samples)),
    detail: snapshot.detail,
    events: snapshot.events ?? [],
    olderEvents: snapshot.olderEvents ?? false,
    skipped: 0,
  }
}

/** Applies one frame; of a frame that belongs to another watch only what concerns the whole console. */
export function applyFrame(state: ViewState, frame: Frame): ViewState {
  const fleet = fleetAfter(state, frame)
  const approvals = approvalsAfter(state, fleet, frame.approvals)
  if (state.watch === undefined || frame.watch !== state.watch)
    return fleet === state.fleet ? state : { ...state, fleet, approvals }
  const events = withEvents(state, frame)
  return {
    ...state,
    seq: Math.max(state.seq, frame.seq),
    rows: withRows(state.rows, frame),
    toCome: frame.toCome ?? state.toCome,
    hosts: frame.hosts.length === 0 ? state.hosts : withHosts(state.hosts, frame.hosts),
    fleet,
    approvals,
    samples: withSamples(state, frame),
    detail: frame.detail ?? state.detail,
    events,
    olderEvents: state.olderEvents || (state.events[0] !== undefined && events[0] !== state.events[0]),
    skipped: state.skipped + frame.skipped,
  }
}

/** A frame that was on its way before the snapshot was taken must not bring an older fleet back. */
function fleetAfter(state: ViewState, frame: Frame): ViewState['fleet'] {
  return frame.fleet !== undefined && frame.seq >= state.seq ? frame.fleet : state.fleet
}

function approvalsAfter(
  { fleet, approvals }: Pick<ViewState, 'fleet' | 'approvals'>,
  next: ViewState['fleet'],
  told: readonly ApprovalView[] | undefined,
): ViewState['approvals'] {
  if (next === undefined || next.approvals.mark === fleet?.approvals.mark) return approvals
  if (told === undefined) return { ...approvals, untold: approvals.untold + 1 }
  return { ...approvals, told: withNewer(approvals.told, told).slice(-approvalsTold) }
}

/** How many facts a frame carries: what "312 changes waiting" counts. */
export function changesIn(frame: Frame): number {
  return frame.rows.length + frame.removed.length + frame.events.length + frame.hosts.length + frame.skipped
}

/** Puts older events, fetched over HTTP, in front; repeats are harmless. */
export function withOlderEvents(state: ViewState, older: readonly EventView[], more: boolean): ViewState {
  const first = state.events[0]?.seq ?? Number.POSITIVE_INFINITY
  const fresh = older.filter((event) => event.seq < first)
  return { ...state, events: fresh.length === 0 ? state.events : [...fresh, ...state.events], olderEvents: more }
}

function withRows(rows: ViewState['rows'], frame: Frame): ViewState['rows'] {
  if (frame.rows.length === 0 && frame.removed.length === 0) return rows
  const next = new Map(rows)
  for (const row of frame.rows) {
    // Frames are ordered, but a snapshot may be newer than a frame that was already on its way.
    const known = next.get(row.session)
    if (known === undefined || known.lastSeq <= row.lastSeq) next.set(row.session, row)
  }
  for (const session of frame.removed) next.delete(session)
  return next
}

function withHosts(hosts: ViewState['hosts'], changed: readonly HostRow[]): ViewState['hosts'] {
  const next = new Map(hosts)
  for (const host of changed) next.set(host.host, host)
  return next
}

function withSamples(state: ViewState, frame: Frame): ViewState['samples'] {
  if (frame.samples.length === 0 && frame.removed.length === 0) return state.samples
  const keep = state.asked?.view === 'session' ? sessionPoints : livePoints
  const next = new Map(state.samples)
  const bySession = new Map<string, SamplePoint[]>()
  for (const { session, point } of frame.samples) {
    const fresh = bySession.get(session)
    if (fresh) fresh.push(point)
    else bySession.set(session, [point])
  }
  for (const [session, fresh] of bySession) {
    const points = next.get(session) ?? []
    const joined = withPoints(points, fresh, keep)
    if (joined !== points) next.set(session, joined)
  }
  for (const session of frame.removed) next.delete(session)
  return next
}

/** In the order of time, each moment once: of a row that came into sight the server tells also what was left out before. */
function withPoints(
  points: readonly SamplePoint[],
  fresh: readonly SamplePoint[],
  keep: number,
): readonly SamplePoint[] {
  const newestMs = points.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY
  const [first] = fresh
  if (first === undefined) return points
  if (fresh.length === 1) return first.atMs > newestMs ? [...points, first].slice(-keep) : points
  const byTime = new Map([...points, ...fresh].map((point) => [point.atMs, point]))
  if (byTime.size === points.length) return points
  return [...byTime.values()].sort((a, b) => a.atMs - b.atMs).slice(-keep)
}

function withEvents(state: ViewState, frame: Frame): readonly EventView[] {
  const last = state.events.at(-1)?.seq ?? -1
  const fresh = frame.events.filter((event) => event.seq > last)
  if (fresh.length === 0) return state.events
  const joined = [...state.events, ...fresh]
  // Cut in large bites, so that a long tail is not copied and trimmed on every frame.
  return joined.length > eventsKept * 1.2 ? joined.slice(-eventsKept) : joined
}
