// What concerns more than one session: standing containments, what waits for a second person, policies, webhooks.
import type { StoredEvent } from '../protocol/event.ts'
import { displayTimeMs } from './reduce.ts'
import { bounds, type ConsoleState } from './state.ts'

/** True when the event was one of these. */
export function applyFleetEvent(state: ConsoleState, event: StoredEvent): boolean {
  const atMs = displayTimeMs(event)
  switch (event.kind) {
    case 'containment.requested': {
      const { containment, by, selector, reason, expiresAtMs } = event.data
      if (state.containments.has(containment)) return true
      state.containments.set(containment, {
        containment,
        by,
        selector,
        reason,
        sinceMs: atMs,
        expiresAtMs,
        sessionCount: 0,
      })
      return true
    }
    case 'containment.lifted': {
      const known = state.containments.get(event.data.containment)
      if (!known || known.liftedAtMs !== undefined) return true
      known.liftedAtMs = atMs
      known.liftedBy = event.data.by
      forgetOldest(state.containments, (each) => each.liftedAtMs !== undefined, bounds.endedContainments)
      return true
    }
    case 'proposal.made': {
      const { proposal, by, what, reason, expiresAtMs } = event.data
      state.proposals.set(proposal, { proposal, by, what, reason, sinceMs: atMs, expiresAtMs })
      return true
    }
    case 'proposal.decided': {
      const known = state.proposals.get(event.data.proposal)
      if (!known || known.decision !== undefined) return true
      known.decision = event.data.decision
      known.decidedBy = event.data.by
      known.decidedAtMs = atMs
      forgetOldest(state.proposals, (each) => each.decision !== undefined, bounds.endedProposals)
      return true
    }
    case 'policy.changed':
      state.policies.set(event.data.policy, event.data.value)
      return true
    case 'webhook.changed': {
      const { webhook, name, capabilities, origin, verifies, removed } = event.data
      if (removed) state.webhooks.delete(webhook)
      else state.webhooks.set(webhook, { webhook, name, capabilities, origin, verifies })
      return true
    }
    default:
      return false
  }
}

function forgetOldest<K, V>(map: Map<K, V>, isOver: (value: V) => boolean, max: number): void {
  const over = [...map].filter(([, value]) => isOver(value))
  for (const [key] of over.slice(0, Math.max(0, over.length - max))) map.delete(key)
}
