// May this tool call run? Decided from standing holds alone, before it runs. What is not known is denied, never waved through:
// an unknown session, an ended one, and a tool that cannot be classified while something that it may need is revoked.
import { holdsOn } from '../model/holds.ts'
import type { Hold, SessionState } from '../model/state.ts'
import type { Capability, Restriction } from '../protocol/control.ts'
import type { ControlId } from '../protocol/ids.ts'
import { capabilityOf, type ToolClass } from './tool-capability.ts'

export type GateCall = { tool: string; input?: unknown }

export type GateDecision = {
  decision: 'allow' | 'deny'
  /** What the call needs, where its tool is known here. */
  capability?: Capability
  /** The hold that made it so. */
  control?: ControlId
  /** For the agent and the operator; it never repeats the agent's own words. */
  reason: string
}

/** Other capabilities through which a tool of this class reaches further: a shell reads and writes files as well. */
const reaches: Record<ToolClass, readonly Capability[]> = {
  shell: ['shell', 'files'],
  files: ['files'],
  network: ['network'],
  none: [],
  unknown: ['shell', 'files', 'network'],
}

/** `input` is not looked at yet: it is the agent's word, and only holds are honoured here. */
export function decideAtGate(session: SessionState | undefined, call: GateCall): GateDecision {
  if (!session) return { decision: 'deny', reason: 'this session is not known here, so nothing it asks is allowed' }
  const tool = capabilityOf(call.tool)
  const needs = tool === 'none' || tool === 'unknown' ? {} : { capability: tool }
  if (session.endedAtMs !== undefined) return { decision: 'deny', ...needs, reason: 'this session has ended' }
  const contained = newest(session, 'actions')
  if (contained) return deny(contained, needs, 'every call of this session is held')
  for (const capability of reaches[tool]) {
    const hold = newest(session, capability)
    if (hold) return deny(hold, needs, because(tool, capability))
  }
  return { decision: 'allow', ...needs, reason: 'nothing restricts it' }
}

function because(tool: ToolClass, revoked: Capability): string {
  if (tool === revoked) return `${revoked} is revoked for this session`
  if (tool === 'unknown')
    return `${revoked} is revoked for this session, and what this tool can reach is not known here`
  return `${revoked} is revoked for this session, and a ${tool} call can reach it`
}

function deny(hold: Hold, needs: { capability?: Capability }, why: string): GateDecision {
  const by = `: ${hold.action} by ${hold.by.name}${hold.reason ? ` (${hold.reason})` : ''}`
  return { decision: 'deny', ...needs, control: hold.control, reason: `${why}${by}`.slice(0, 512) }
}

function newest(session: SessionState, restriction: Restriction): Hold | undefined {
  return holdsOn(session, restriction).at(-1)
}
