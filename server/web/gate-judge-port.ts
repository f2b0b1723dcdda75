// What the gate asks of the policy, as the composition root hands it in.
import type { ConsoleState } from '../model/state.ts'
import type { HeldFor } from '../protocol/approval.ts'
import type { FlagSeverity } from '../protocol/flag.ts'
import type { SessionId } from '../protocol/ids.ts'

export type GateVerdict = {
  outcome: 'allow' | 'deny' | 'ask' | 'ask-two'
  /** Name of the policy's rule that says so. */
  policy: string
  /** For the agent, where the operator wrote one. */
  reason: string | undefined
  /** How long it may wait for a person. */
  withinMs: number
  /** Of the worst thing that is said of it. */
  severity: FlagSeverity
  heldFor: HeldFor[]
}

/** `input`: JSON text, or the agent's plain text. */
export type JudgeAtGate = (
  state: ConsoleState,
  ask: { session: SessionId; call: string; tool: string; input: string },
  nowMs: number,
) => GateVerdict

/** Without a policy: everything that no hold denies runs. For tests of holds. */
export const allowAll: JudgeAtGate = () => ({
  outcome: 'allow',
  policy: 'nothing restricts it',
  reason: undefined,
  withinMs: 60_000,
  severity: 'informational',
  heldFor: [],
})
