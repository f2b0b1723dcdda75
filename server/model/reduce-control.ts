// Controls: asked, delivered, seen step by step, ended exactly once. Only an observation changes what a session "is".
import { isControlOpen } from '../protocol/control.ts'
import type { EventOf } from '../protocol/event.ts'
import { displayTimeMs } from './reduce.ts'
import { bounds, type ConsoleState, type ControlRecord, type SessionState } from './state.ts'

type ControlEvent =
  | EventOf<'control.requested'>
  | EventOf<'control.delivered'>
  | EventOf<'control.step'>
  | EventOf<'control.ended'>

export function applyControl(state: ConsoleState, session: SessionState, event: ControlEvent): void {
  const known = session.controls.find((record) => record.control === event.data.control)
  if (event.kind === 'control.requested') {
    if (!known) applyRequested(state, session, event)
    return
  }
  // Exactly one end: whatever arrives after it changes nothing.
  if (!known || !isControlOpen(known.state)) return
  const atMs = displayTimeMs(event)
  switch (event.kind) {
    case 'control.delivered':
      known.state = 'delivered'
      addStep(known, { name: 'delivered', atMs, detail: 'received by the probe' })
      return
    case 'control.step':
      addStep(known, { name: event.data.name, atMs, detail: event.data.detail })
      return
    case 'control.ended':
      known.state = event.data.outcome
      known.endedAtMs = atMs
      known.enforcer = event.data.enforcer
      known.observed = event.data.observed
      known.observedFrom = event.data.observedFrom
      known.processCount = event.data.processCount
      known.detail = event.data.detail
      addStep(known, { name: event.data.outcome, atMs, detail: event.data.observed ?? event.data.detail ?? '' })
      if (event.data.outcome === 'enforced') session.observedPaused = known.action === 'pause'
      return
  }
}

function applyRequested(state: ConsoleState, session: SessionState, event: EventOf<'control.requested'>): void {
  const { control, action, by, reason, undoes } = event.data
  const requestedAtMs = displayTimeMs(event)
  session.controls.unshift({
    control,
    action,
    state: 'requested',
    by,
    reason,
    undoes,
    requestedAtMs,
    steps: [{ name: 'requested', atMs: requestedAtMs, detail: `by ${by.name}` }],
  })
  session.wantedPaused = action === 'pause'
  state.sessionOfControl.set(control, session.session)
  let ended = 0
  session.controls = session.controls.filter((record) => {
    if (isControlOpen(record.state)) return true
    ended += 1
    if (ended <= bounds.endedControls) return true
    state.sessionOfControl.delete(record.control)
    return false
  })
}

function addStep(record: ControlRecord, step: ControlRecord['steps'][number]): void {
  if (record.steps.length < bounds.stepsPerControl) record.steps.push(step)
}
