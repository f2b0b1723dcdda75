// The gate as an enforcer. Nothing needs to be asked: it decides by the standing holds. What it would answer is read with a canary
// call through the same decision in the same writer. That says what the gate answers and nothing of the session: an agent may stop
// asking. So it never becomes a reading of the session (`capability.observed`), and never alone makes a control enforced.
import { decideAtGate, type GateDecision } from '../control/gate-decision.ts'
import type { SessionState } from '../model/state.ts'
import type { EnforcementPipeline, Enforcer, Part, Reading } from './enforcer.ts'

export const gateName = 'gate'
export const gateAddress = 'the gate of this server'

/** A call of a tool that every gate decision knows. `think` needs nothing: it is denied only when every call is held. */
const canaryTool = { actions: 'think', shell: 'bash', files: 'read' } as const
type GatePart = keyof typeof canaryTool

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
