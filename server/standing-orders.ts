// Orders that act later: containments that also mean sessions which start afterwards, and holds whose time is up.
// The level is kept by the log; this only looks when something may have become due, also after a restart.
import { containLater } from './control/contain-many.ts'
import { cancelOpenControls } from './control/session-end.ts'
import { eventsDue, nextDueMs } from './control/times-up.ts'
import type { ConsoleState } from './model/state.ts'
import type { Pipeline } from './pipeline.ts'
import { isControlOpen } from './protocol/control.ts'
import type { StoredEvent } from './protocol/event.ts'
import type { ControlId, SessionId } from './protocol/ids.ts'

/** Longest wait of one timer: a clock that was set meanwhile is noticed within it. */
const waitMaxMs = 60_000

export type StandingOrdersOptions = {
  pipeline: Pick<Pipeline, 'state' | 'command' | 'onCommit'>
  nowMs: () => number
  newControlId: () => ControlId
  onError: (context: string, error: unknown) => void
}

export function keepStandingOrders({ pipeline, nowMs, newControlId, onError }: StandingOrdersOptions): {
  close(): void
} {
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function decide(context: string, events: (state: ConsoleState) => ReturnType<typeof eventsDue>): Promise<void> {
    return pipeline
      .command((state) => ({ result: undefined, events: events(state), trust: 'vigil' }))
      .catch((error: unknown) => onError(context, error))
  }

  /** A session is looked at when it starts, and when something becomes known by which a selector could mean it. */
  function meet(id: SessionId): void {
    void decide('contain a session that started later', (state) => containLater(state, id, nowMs(), newControlId))
  }

  function setTimer(): void {
    if (closed) return
    clearTimeout(timer)
    timer = undefined
    const dueMs = nextDueMs(pipeline.state)
    if (dueMs === undefined) return
    timer = setTimeout(
      () => {
        if ((nextDueMs(pipeline.state) ?? Number.POSITIVE_INFINITY) > nowMs()) return setTimer()
        void decide('lift what is due', (state) => eventsDue(state, nowMs(), newControlId)).then(() => {
          // A failure must not become a busy loop.
          if (!closed) timer = setTimeout(setTimer, 1_000).unref()
        })
      },
      Math.min(waitMaxMs, Math.max(0, dueMs - nowMs())),
    ).unref()
  }

  pipeline.onCommit(({ events }) => {
    let isTimed = false
    const met = new Set<SessionId>()
    for (const event of events) {
      isTimed ||= setsTime(event)
      if (event.session !== undefined && introduces(event)) met.add(event.session)
    }
    if (isTimed) setTimer()
    if (met.size > 0 && hasStanding(pipeline.state)) for (const id of met) meet(id)
  })
  setTimer()
  // What came due between the last commit of the server before this one and its end.
  for (const session of pipeline.state.sessions.values()) {
    if (session.endedAtMs === undefined) {
      if (hasStanding(pipeline.state)) meet(session.session)
    } else if (session.controls.some((record) => isControlOpen(record.state))) {
      void decide('cancel what was still asked of an ended session', (state) => {
        const ended = state.sessions.get(session.session)
        return ended ? cancelOpenControls(ended, nowMs()) : []
      })
    }
  }

  return {
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

function setsTime(event: StoredEvent): boolean {
  switch (event.kind) {
    case 'control.requested':
    case 'containment.requested':
      return event.data.expiresAtMs !== undefined
    case 'hold.extended':
    case 'proposal.made':
    case 'approval.requested':
    case 'policy.changed':
      return true
    default:
      return false
  }
}

function introduces(event: StoredEvent): boolean {
  return event.kind === 'session.started' || event.kind === 'model.called'
}

function hasStanding(state: ConsoleState): boolean {
  for (const each of state.containments.values()) if (each.liftedAtMs === undefined) return true
  return false
}
