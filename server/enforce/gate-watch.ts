// Tells on receipts what the gate does: that a containment holds every call (or that this agent never asks), and the first call that
// was really denied. It never calls anything verified: a denied call says nothing of the calls that do not ask.

import { capabilityOf } from '../control/tool-capability.ts'
import { isHostControl } from '../control/wanted-state.ts'
import type { ConsoleState, ControlRecord, SessionState } from '../model/state.ts'
import { isControlOpen, stepName } from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ControlId, SessionId } from '../protocol/ids.ts'
import type { EnforcementPipeline } from './enforcer.ts'
import { canary, gateAddress } from './gate.ts'
import { stepEvent } from './wishes.ts'

/** Names of steps that only the gate tells. */
const noGate = 'no gate'
const callDenied = 'call denied'

export type GateWatchOptions = {
  pipeline: EnforcementPipeline
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}

export function watchGate({ pipeline, nowMs, onError }: GateWatchOptions): void {
  const append = (decide: (state: ConsoleState) => EventInput[]) => {
    pipeline
      .command((state) => ({ result: undefined, events: decide(state), trust: 'vigil' }))
      .catch((error) => onError('tell what the gate does', error))
  }
  const tellHolds = (sessions: ReadonlySet<SessionId>) => {
    if (sessions.size === 0) return
    append((state) =>
      [...sessions].flatMap((id) => {
        const session = state.sessions.get(id)
        return session ? heldSteps(state, session, nowMs()) : []
      }),
    )
  }

  pipeline.onCommit(({ events }) => {
    const changed = new Set<SessionId>()
    for (const event of events) {
      if (event.session === undefined) continue
      if (event.kind === 'control.requested') changed.add(event.session)
      if (event.kind !== 'gate.decided' || event.data.decision !== 'deny') continue
      const { session: id, data } = event
      const { control, tool } = data
      // Asked of the state first: an agent that is denied ten thousand times must not cost ten thousand commands.
      if (control && deniedStep(pipeline.state, id, control, tool, nowMs())) {
        append((state) => {
          const step = deniedStep(state, id, control, tool, nowMs())
          return step ? [step] : []
        })
      }
    }
    tellHolds(changed)
  })
  tellHolds(
    new Set([...pipeline.state.sessions.values()].filter((each) => each.holds.length > 0).map((each) => each.session)),
  )
}

/** For each open containment that does not say it yet: whether the session's tool calls are held. */
function heldSteps(state: ConsoleState, session: SessionState, nowMs: number): EventInput[] {
  return session.controls
    .filter((record) => record.action === 'contain' && isControlOpen(record.state))
    .filter((record) => !hasStep(record, stepName.actionsHeld) && !hasStep(record, noGate))
    .map((record) => {
      const { control } = record
      if (!session.gate) {
        const rest = isHostControl(state, session, record) ? '; the freeze stops them' : ''
        return stepEvent(
          session,
          { control, name: noGate, detail: `its tool calls do not pass the gate${rest}` },
          nowMs,
        )
      }
      const { observed, observedFrom, restricted } = canary(session, 'actions').reading
      const step = { control, name: stepName.actionsHeld, detail: observed, observedFrom, ok: restricted }
      return stepEvent(session, step, nowMs)
    })
}

/** The first call that this hold denied; undefined when it is told already. */
function deniedStep(
  state: ConsoleState,
  id: SessionId,
  control: ControlId,
  tool: string,
  nowMs: number,
): EventInput | undefined {
  const session = state.sessions.get(id)
  const record = session?.controls.find((each) => each.control === control)
  if (!session || !record) return undefined
  if (hasStep(record, callDenied)) return undefined
  const detail = `call ${named(tool)} denied`
  return stepEvent(session, { control, name: callDenied, detail, observedFrom: gateAddress }, nowMs)
}

function hasStep(record: ControlRecord, name: string): boolean {
  return record.steps.some((step) => step.name === name)
}

/** The agent's framework chose the name: one that is not known here is not repeated on a receipt. */
function named(tool: string): string {
  return capabilityOf(tool) === 'unknown' ? 'of a tool that is not known here' : tool
}
