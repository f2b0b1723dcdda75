// What one browser is owed. Rows are states, so a slow browser skips intermediate ones and loses nothing; events of the activity stream
// are a bounded queue whose overflow is counted and said. At most two frames travel unpainted, so a stuck browser costs one bounded set.
import { projectApproval } from '../model/project-approval.ts'
import { projectDetail } from '../model/project-detail.ts'
import { projectEvent, sizeOfEvent } from '../model/project-event.ts'
import { projectFleet } from '../model/project-fleet.ts'
import { projectHost } from '../model/project-row.ts'
import type { SampleHistory } from '../model/sample-history.ts'
import type { ConsoleState } from '../model/state.ts'
import type { EventView, Frame, HostRow, SamplePoint, SessionRow } from '../protocol/browser-messages.ts'
import type { StoredEvent } from '../protocol/event.ts'
import type { ApprovalId, SessionId } from '../protocol/ids.ts'
import { createOwedRows } from './owed-rows.ts'

const unpaintedMax = 2
/** Frames that carry a control travel even to a browser that is behind, up to this many. */
const unpaintedUrgentMax = 20
const eventsQueuedMax = 1_000
/** Characters of queued events: an agent chooses how long its words are. */
const charactersQueuedMax = 2_000_000
const samplesQueuedMax = 20_000
/** Of a sparkline. */
export const pointsOfLive = 60
/** Beyond it a frame only says that they changed. */
const approvalsToldMax = 32
const approvalCharactersMax = 256 * 1024

export type View = { view: 'live' } | { view: 'session'; session: SessionId }

export type ViewerPorts = {
  state: ConsoleState
  history: SampleHistory
  /** Projected once a change, shared by all browsers. */
  rowOf(session: SessionId): SessionRow | undefined
  emitFrame(frame: Frame): void
  nowMs(): number
  /** Milliseconds to leave between two frames: 0 when the server is quiet, up to 100 when it is busy. */
  gapMs(): number
  later(ms: number, run: () => void): () => void
}

export type Viewer = ReturnType<typeof createViewer>

/** One watch of one browser; a new watch makes a new viewer. */
export function createViewer(watch: number, view: View, ports: ViewerPorts) {
  const owed = createOwedRows()
  const removed = new Set<SessionId>()
  const hosts = new Set<string>()
  let samples: Frame['samples'] = []
  let events: { view: EventView; size: number }[] = []
  let characters = 0
  let skipped = 0
  let canary: Frame['canary']
  let detailChanged = false
  let fleetChanged = false
  const approvals = new Set<ApprovalId>()
  let unpainted = 0
  let frameNumber = 0
  let lastSentMs = 0
  let timer: { atMs: number; cancel: () => void } | undefined
  let closed = false

  const isDirty = () =>
    owed.hasAtOnce() ||
    removed.size + hosts.size + samples.length + events.length + skipped > 0 ||
    detailChanged ||
    fleetChanged ||
    canary !== undefined

  function flush(urgent: boolean): void {
    if (closed) return
    const isAtOnce = isDirty()
    const dueMs = isAtOnce ? 0 : owed.dueMs()
    if (dueMs === undefined) return
    if (unpainted >= (urgent ? unpaintedUrgentMax : unpaintedMax)) return
    const nowMs = ports.nowMs()
    const waitMs = urgent && isAtOnce ? 0 : Math.max(dueMs, lastSentMs + ports.gapMs()) - nowMs
    if (waitMs > 0) wake(nowMs + waitMs, waitMs)
    else {
      timer?.cancel()
      timer = undefined
      ports.emitFrame(takeFrame())
    }
  }

  /** The earlier of what is planned and what is asked for now. */
  function wake(atMs: number, waitMs: number): void {
    if (timer !== undefined && timer.atMs <= atMs) return
    timer?.cancel()
    timer = {
      atMs,
      cancel: ports.later(waitMs, () => {
        timer = undefined
        flush(false)
      }),
    }
  }

  /** Whole commits may be skipped for a slow browser, never a control that a person waits for: that is in the row. */
  function queue(event: StoredEvent): void {
    const projected = projectEvent(event)
    const size = sizeOfEvent(projected)
    events.push({ view: projected, size })
    characters += size
    while (events.length > eventsQueuedMax || characters > charactersQueuedMax) {
      characters -= events.shift()?.size ?? 0
      skipped += 1
    }
  }

  function takeFrame(): Frame {
    frameNumber += 1
    unpainted += 1
    lastSentMs = ports.nowMs()
    const session = view.view === 'session' && detailChanged ? ports.state.sessions.get(view.session) : undefined
    const { rows, points, toCome } = owed.take(lastSentMs)
    const frame: Frame = {
      watch,
      n: frameNumber,
      seq: headSeq(ports.state),
      serverNowMs: lastSentMs,
      rows: rows.map((id) => ports.rowOf(id)).filter((row) => row !== undefined),
      removed: [...removed],
      hosts: [...hosts].map((id) => hostRow(ports, id)).filter((row) => row !== undefined),
      ...(fleetChanged && { fleet: projectFleet(ports.state), ...changedApprovals(ports.state, approvals) }),
      samples: points.length === 0 ? samples : [...samples, ...points],
      ...(toCome !== undefined && { toCome }),
      ...(session && { detail: projectDetail(ports.state, session, ports.history) }),
      events: events.map((each) => each.view),
      skipped,
      ...(canary && { canary }),
    }
    removed.clear()
    hosts.clear()
    samples = []
    events = []
    characters = 0
    skipped = 0
    detailChanged = false
    fleetChanged = false
    canary = undefined
    approvals.clear()
    return frame
  }

  return {
    watch,
    view,
    /** Changes of one commit. `urgent`: a control or another thing a person waits for is among them. */
    changed(
      change: {
        sessions: ReadonlySet<SessionId>
        hosts: ReadonlySet<string>
        removed: readonly SessionId[]
        /** Containments, proposals or policies. */
        fleet: boolean
        events: readonly StoredEvent[]
        /** Of these a person waits to hear, or they are new: they do not wait, whoever looks at them. */
        awaited?: ReadonlySet<SessionId>
      },
      urgent: boolean,
    ): void {
      for (const host of change.hosts) hosts.add(host)
      if (change.fleet) fleetChanged = true
      for (const { kind, data } of change.events) {
        if (
          kind === 'approval.requested' ||
          kind === 'approval.endorsed' ||
          kind === 'approval.decided' ||
          kind === 'approval.used'
        )
          approvals.add(data.approval)
      }
      if (view.view === 'live') {
        const nowMs = ports.nowMs()
        for (const id of change.sessions) owed.changed(id, urgent || change.awaited?.has(id) === true, nowMs)
        for (const id of change.removed) {
          owed.removed(id)
          removed.add(id)
        }
      } else {
        if (change.sessions.has(view.session)) {
          owed.changed(view.session, true, ports.nowMs())
          detailChanged = true
        }
        for (const event of change.events) if (event.session === view.session) queue(event)
      }
      flush(urgent)
    },
    sampled(points: readonly { session: SessionId; point: SamplePoint }[], gpuHosts: ReadonlySet<string>): void {
      for (const host of gpuHosts) hosts.add(host)
      for (const each of points) {
        if (view.view === 'session') {
          if (each.session !== view.session) continue
          detailChanged = true
        } else if (!owed.isLooked(each.session)) {
          owed.sampled(each.session, each.point, ports.nowMs())
          continue
        }
        samples.push(each)
      }
      // A stuck browser's sparklines lose their oldest points; the store keeps them.
      if (samples.length > samplesQueuedMax) samples = samples.slice(-samplesQueuedMax)
      flush(false)
    },
    /** Rows that the snapshot left out; they follow in frames, in this order. */
    leaveOut(ids: readonly SessionId[]): void {
      owed.leaveOut(ids)
      flush(false)
    },
    /** What is on the browser's screen now. What came into sight is told at once, with its sparkline. */
    looking(ids: readonly SessionId[]): void {
      if (view.view !== 'live') return
      for (const session of owed.look(ids)) {
        const points = ports.history.sessions.get(session)?.points.slice(-pointsOfLive) ?? []
        for (const point of points) samples.push({ session, point })
      }
      flush(false)
    },
    /** It came out of the log: it waits its turn like any fact, so that its way is theirs. Of a slow browser's the oldest is told. */
    canaryCame(came: NonNullable<Frame['canary']>): void {
      canary ??= came
      flush(false)
    },
    painted(n: number): void {
      unpainted = Math.max(0, Math.min(unpainted, frameNumber - n))
      flush(false)
    },
    close(): void {
      closed = true
      timer?.cancel()
    },
  }
}

/** Whole, so that a card needs no question of its own before it can be read. */
function changedApprovals(state: ConsoleState, changed: ReadonlySet<ApprovalId>): Pick<Frame, 'approvals'> {
  if (changed.size === 0 || changed.size > approvalsToldMax) return {}
  const views = [...changed]
    .map((id) => state.approvals.get(id))
    .filter((each) => each !== undefined)
    .map(projectApproval)
  const characters = views.reduce((sum, { input }) => sum + input.length, 0)
  return characters > approvalCharactersMax ? {} : { approvals: views }
}

export function headSeq(state: ConsoleState): number {
  let head = 0
  for (const seq of state.headSeq.values()) head = Math.max(head, seq)
  return head
}

function hostRow(ports: ViewerPorts, id: string): HostRow | undefined {
  for (const host of ports.state.hosts.values()) if (host.host === id) return projectHost(host, ports.history)
  return undefined
}
