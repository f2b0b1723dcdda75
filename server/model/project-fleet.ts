// What concerns the whole console: standing containments with what became of them, and what waits for a second person.

import { isControlOpen } from '../protocol/control.ts'
import type { ContainmentView, FleetView, ProposalView } from '../protocol/control-views.ts'
import { PolicyName } from '../protocol/policy.ts'
import { isSelected } from '../protocol/selector.ts'
import { isInForce } from './in-force.ts'
import { incidentsMark } from './project-incident.ts'
import type { ConsoleState, ContainmentState, ProposalState } from './state.ts'

export function projectFleet(state: ConsoleState): FleetView {
  const policies = {} as FleetView['policies']
  for (const name of PolicyName.options) policies[name] = state.policies.get(name) ?? false
  return {
    // Newest first, those that stand before those that were lifted.
    containments: [...state.containments.values()]
      .reverse()
      .sort((a, b) => Number(a.liftedAtMs !== undefined) - Number(b.liftedAtMs !== undefined))
      .map((each) => projectContainment(state, each)),
    proposals: [...state.proposals.values()].filter((each) => each.decision === undefined).map(projectProposal),
    policies,
    approvals: approvalsMark(state),
    incidents: incidentsMark(state),
  }
}

function approvalsMark(state: ConsoleState): FleetView['approvals'] {
  let waiting = 0
  let soonestExpiresAtMs: number | undefined
  let steps = 0
  let newest = ''
  for (const { approval, decided, expiresAtMs, endorsedBy, used } of state.approvals.values()) {
    newest = approval
    steps += endorsedBy.length + used + (decided ? 1 : 0)
    if (decided) continue
    waiting += 1
    if (soonestExpiresAtMs === undefined || expiresAtMs < soonestExpiresAtMs) soonestExpiresAtMs = expiresAtMs
  }
  const mark = `${newest} ${waiting} ${steps}`
  return { waiting, mark, ...(soonestExpiresAtMs !== undefined && { soonestExpiresAtMs }) }
}

export function projectContainment(state: ConsoleState, standing: ContainmentState): ContainmentView {
  const { containment, by, selector, reason, sinceMs, expiresAtMs, liftedAtMs, liftedBy, sessionCount } = standing
  const counts = { held: 0, enforced: 0, open: 0, troubled: 0, unheld: 0 }
  if (liftedAtMs === undefined) {
    for (const session of state.sessions.values()) {
      if (session.endedAtMs !== undefined) continue
      const hold = session.holds.find((each) => each.containment === containment)
      if (!hold) {
        if (isSelected(selector, session)) counts.unheld += 1
        continue
      }
      counts.held += 1
      const record = session.controls.find((each) => each.control === hold.control)
      if (record && isControlOpen(record.state)) counts.open += 1
      else if (isInForce(state, session, hold)) counts.enforced += 1
      else counts.troubled += 1
    }
  }
  return {
    containment,
    by,
    selector,
    reason,
    sinceMs,
    expiresAtMs,
    liftedAtMs,
    liftedBy,
    sessions: sessionCount,
    ...counts,
  }
}

function projectProposal({ proposal, by, what, reason, sinceMs, expiresAtMs }: ProposalState): ProposalView {
  return {
    proposal,
    by,
    what: sentenceOf(what),
    ...(what.type === 'lift' && { session: what.session }),
    ...(what.type === 'lift-containment' && { containment: what.containment }),
    ...(what.type === 'policy' && { policy: what.policy, value: what.value }),
    reason,
    sinceMs,
    expiresAtMs,
  }
}

/** What happens once it is confirmed: `release ep-7`, `turn off two-person-release`. */
function sentenceOf(what: ProposalState['what']): string {
  switch (what.type) {
    case 'lift':
      return `${what.action} ${what.capability ? `${what.capability} of ` : ''}${what.session}`
    case 'lift-containment':
      return `lift containment ${what.containment}`
    case 'policy':
      return `turn ${what.value ? 'on' : 'off'} ${what.policy}`
  }
}

const counting = ['control.', 'session.', 'restriction.', 'probe.', 'process.escaped', 'process.exited', 'model.called']

/** A commit of these events changes what `projectFleet` says. */
export function touchesFleet(state: ConsoleState, kinds: Iterable<string>, fleet: boolean): boolean {
  if (fleet) return true
  if (![...state.containments.values()].some((each) => each.liftedAtMs === undefined)) return false
  for (const kind of kinds) if (counting.some((prefix) => kind.startsWith(prefix))) return true
  return false
}
