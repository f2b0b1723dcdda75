// What is due because time has passed: holds and containments that were placed for so long, proposals that nobody decided.
import type { ConsoleState, Hold, SessionState } from '../model/state.ts'
import type { Actor } from '../protocol/actor.ts'
import { inverseOf, isControlOpen, stepName } from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ControlId } from '../protocol/ids.ts'
import { liftContainment } from './contain-many.ts'
import { requestControl } from './request-control.ts'
import { policyIsOn } from './second-person.ts'

const clock: Actor = { type: 'server', id: 'clock', name: 'its time was up' }

/** The next moment at which something is due; undefined when nothing is. */
export function nextDueMs(state: ConsoleState): number | undefined {
  let next: number | undefined
  const consider = (atMs: number | undefined) => {
    if (atMs !== undefined && (next === undefined || atMs < next)) next = atMs
  }
  for (const session of state.sessions.values())
    for (const hold of session.holds) if (!isKept(state, hold.action)) consider(hold.expiresAtMs)
  for (const each of state.containments.values())
    if (each.liftedAtMs === undefined && !isKept(state, 'contain')) consider(each.expiresAtMs)
  for (const each of state.proposals.values()) if (each.decision === undefined) consider(each.expiresAtMs)
  return next
}

/** Everything that is due by `nowMs`. What was not enforced by then has expired; what was is lifted like by a person. */
export function eventsDue(state: ConsoleState, nowMs: number, newControlId: () => ControlId): EventInput[] {
  const events: EventInput[] = []
  for (const { containment, liftedAtMs, expiresAtMs } of state.containments.values()) {
    if (liftedAtMs !== undefined || expiresAtMs === undefined || expiresAtMs > nowMs || isKept(state, 'contain'))
      continue
    const lift = liftContainment(state, { containment, by: clock, role: 'admin', nowMs, newControlId })
    if (lift.ok) events.push(...lift.events)
  }
  // What goes with its order must not go, and end, a second time.
  const gone = new Set(events.flatMap((event) => (event.kind === 'control.requested' ? (event.data.lifts ?? []) : [])))
  for (const session of state.sessions.values()) events.push(...holdsDue(state, session, nowMs, newControlId, gone))
  for (const { proposal, decision, expiresAtMs } of state.proposals.values()) {
    if (decision !== undefined || expiresAtMs > nowMs) continue
    events.push({
      v: 1,
      kind: 'proposal.decided',
      atMs: nowMs,
      data: { proposal, by: clock, decision: 'expired' },
    })
  }
  return events
}

/** Letting a contained session go takes two people: a time that was set before that became the rule lets nobody go. */
function isKept(state: ConsoleState, action: Hold['action']): boolean {
  return action === 'contain' && policyIsOn(state, 'two-person-release')
}

/** Holds of one kind go with one control, so that its receipt tells what the host does without all of them. */
function holdsDue(
  state: ConsoleState,
  session: SessionState,
  nowMs: number,
  newControlId: () => ControlId,
  gone: ReadonlySet<ControlId>,
): EventInput[] {
  const due = session.holds.filter(
    (hold) =>
      hold.expiresAtMs !== undefined &&
      hold.expiresAtMs <= nowMs &&
      !gone.has(hold.control) &&
      !isKept(state, hold.action),
  )
  const kinds = new Map<string, Hold[]>()
  for (const hold of due) {
    const kind = `${hold.action} ${hold.capability ?? ''}`
    kinds.set(kind, [...(kinds.get(kind) ?? []), hold])
  }
  const base = { v: 1 as const, atMs: nowMs, session: session.session, ...(session.host && { host: session.host }) }
  const events: EventInput[] = []
  for (const holds of kinds.values()) {
    const [first] = holds
    const action = first && inverseOf(first.action)
    if (!first || action === undefined) continue
    const lifts = holds.map((hold) => hold.control)
    for (const control of lifts) {
      const record = session.controls.find((each) => each.control === control)
      const isOpen = record !== undefined && isControlOpen(record.state)
      events.push(
        isOpen
          ? {
              ...base,
              kind: 'control.ended',
              data: { control, outcome: 'expired', detail: 'its time was up before it was confirmed' },
            }
          : { ...base, kind: 'control.step', data: { control, name: stepName.expired, detail: 'its time was up' } },
      )
    }
    const { capability } = first
    const ask = { control: newControlId(), action, capability, by: clock, role: 'admin' as const, lifts, nowMs }
    const lift = requestControl(state, session.session, ask)
    // What has expired has its one end already.
    const isEnded = (event: EventInput) => event.kind === 'control.ended' && lifts.includes(event.data.control)
    if (lift.ok) events.push(...lift.events.filter((event) => !isEnded(event)))
  }
  return events
}
