// The gate as an enforcer. Nothing needs to be asked: it decides by the standing holds. What it would answer is read with a canary
// call through the same decision in the same writer; that this agent asks the gate at all is known from its own calls only.
import { decideAtGate, type GateDecision } from '../control/gate-decision.ts'
import { isRestricted } from '../model/holds.ts'
import type { SessionState } from '../model/state.ts'
import type { Restriction } from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'
import type { EnforcementPipeline, Enforcer, Part, Reading } from './enforcer.ts'

export const gateName = 'gate'
export const gateAddress = 'the gate of this server'

/** A call of a tool that every gate decision knows. `think` needs nothing: it is denied only when every call is held. */
const canaryTool = { actions: 'think', shell: 'bash', files: 'read' } as const
type GatePart = keyof typeof canaryTool
const gateParts = Object.keys(canaryTool) as GatePart[]

function isGatePart(part: Part): part is GatePart {
  return part in canaryTool
}

export function createGateEnforcer(pipeline: EnforcementPipeline, session: SessionState): Enforcer {
  const asked = async () => ({ detail: 'decides by the standing holds' })
  return {
    name: gateName,
    address: gateAddress,
    immediate: true,
    can: (part) => isGatePart(part) && session.gate !== undefined,
    apply: asked,
    revert: asked,
    async observe({ session: id, part }) {
      if (!isGatePart(part)) return undefined
      return pipeline.command((state) => {
        const now = state.sessions.get(id)
        return { result: now && canary(now, part).reading, events: [], trust: 'vigil' }
      })
    },
  }
}

/** What the gate answers a call of this kind right now. */
export function canary(session: SessionState, part: GatePart): { reading: Reading; decided: GateDecision } {
  const decided = decideAtGate(session, { tool: canaryTool[part], input: {} })
  const restricted = decided.decision === 'deny'
  const observed = `canary ${part === 'actions' ? 'tool' : part} call ${restricted ? 'denied' : 'allowed'}`
  return { reading: { restricted, observed, observedFrom: gateAddress }, decided }
}

/** Readings that differ from the last ones, for a session that asks the gate: a hold may change what another one's receipt said. */
export function changedReadings(session: SessionState, nowMs: number): EventInput[] {
  if (!session.gate || session.endedAtMs !== undefined) return []
  return gateParts.flatMap((part) => {
    const last = session.readings.get(part)
    if (!last && !isRestricted(session, part)) return []
    if (last && last.enforcer !== gateName) return []
    const { reading } = canary(session, part)
    if (last?.restricted === reading.restricted) return []
    return [observedEvent(session, part, gateName, reading, nowMs)]
  })
}

export function observedEvent(
  session: SessionState,
  part: Restriction,
  enforcer: string,
  { restricted, observed, observedFrom }: Reading,
  nowMs: number,
): EventInput {
  return {
    v: 1,
    kind: 'capability.observed',
    atMs: nowMs,
    session: session.session,
    ...(session.host && { host: session.host }),
    data: {
      capability: part,
      restricted,
      enforcer: enforcer.slice(0, 512),
      observed: observed.slice(0, 512),
      observedFrom,
    },
  }
}
