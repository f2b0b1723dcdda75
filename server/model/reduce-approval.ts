// Approvals from their events. The first decision counts; those that were decided are kept for a while, those that wait until they are.
import type { StoredEvent } from '../protocol/event.ts'
import { displayTimeMs } from './reduce.ts'
import { bounds, type ConsoleState } from './state.ts'

/** True when the event was one of these. */
export function applyApproval(state: ConsoleState, event: StoredEvent): boolean {
  switch (event.kind) {
    case 'approval.requested': {
      const { data, session, host } = event
      if (session === undefined || state.approvals.has(data.approval)) return true
      const askedAtMs = displayTimeMs(event)
      state.approvals.set(data.approval, { ...data, session, host, askedAtMs, endorsedBy: [], used: 0 })
      return true
    }
    case 'approval.endorsed': {
      const known = state.approvals.get(event.data.approval)
      if (known && !known.decided) known.endorsedBy.push(event.data.by)
      return true
    }
    case 'approval.decided': {
      const { approval, ...decided } = event.data
      const known = state.approvals.get(approval)
      if (!known || known.decided) return true
      known.decided = { ...decided, atMs: displayTimeMs(event) }
      forgetOldest(state)
      return true
    }
    case 'approval.used': {
      const known = state.approvals.get(event.data.approval)
      if (known) known.used += 1
      return true
    }
    default:
      return false
  }
}

/** Of those that were decided; what still lets calls through stays while its session lives. */
function forgetOldest(state: ConsoleState): void {
  let over = [...state.approvals.values()].filter((each) => each.decided).length - bounds.decidedApprovals
  for (const [id, { decided, session }] of state.approvals) {
    if (over <= 0) return
    if (!decided) continue
    const grants = decided.scope === 'session' && state.sessions.get(session)?.endedAtMs === undefined
    if (grants && over < bounds.decidedApprovals) continue
    state.approvals.delete(id)
    over -= 1
  }
}
