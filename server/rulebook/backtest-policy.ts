// What a policy would have done with the log's actions: what it would have held counts as a flag, what it would have denied as a page.

import { capabilityOf } from '../control/tool-capability.ts'
import type { Flag, Severity } from '../detection/flag.ts'
import { judgeAction } from '../detection/judge-action.ts'
import type { AboutSession } from '../detection/settings/rule-settings.ts'
import type { ReadShell } from '../detection/shell/shell-reading.ts'
import type { GatePolicy } from '../policy/gate-policy.ts'
import type { StoredEvent } from '../protocol/event.ts'
import type { InForce } from './rule-book.ts'

export type PolicyOutcome = { flag: Flag; isDenied: boolean }

export type JudgePolicies = (event: StoredEvent) => (PolicyOutcome | undefined)[]

/** Each policy's outcome for an action that did not simply run, in the order of the policies; nothing for other events. */
export function judgePolicies(
  policies: readonly GatePolicy[],
  { inForce, readShell, about }: { inForce: InForce; readShell: ReadShell; about(session: string): AboutSession },
): JudgePolicies {
  return (event) => {
    if (event.kind !== 'action.started' || event.session === undefined) return []
    const { call, tool, input } = event.data
    const action = { session: event.session, call, tool, input, atMs: event.atMs }
    const { flags, events } = judgeAction({ ...inForce, readShell }, action, about(event.session))
    // Labels and risk of then are not known now: rules of a policy that ask them show nothing here.
    const asked = { tool, capability: capabilityOf(tool), flags, events, labels: {}, risk: 0 }
    return policies.map((policy) => {
      const answer = policy.decide(asked)
      if (answer.outcome === 'allow') return undefined
      const severity: Severity = flags[0]?.severity ?? 'informational'
      const flag: Flag = {
        rule: answer.policy.slice(0, 64),
        title: answer.policy,
        severity,
        ruleSeverity: severity,
        techniques: [],
        tactics: [],
        behaviour: undefined,
        source: 'action',
        atMs: event.atMs,
        session: event.session,
        host: event.host,
        call,
        matched: flags[0]?.matched ?? [{ field: 'Tool', value: tool }],
        fingerprint: `policy ${answer.policy}`,
        context: [],
        notFully: undefined,
      }
      return { flag, isDenied: answer.outcome === 'deny' }
    })
  }
}
