// What waits for a second person, in words, and what this operator may do about it. The one who asked never counts. Pure.
import type { FleetView, ProposalView } from '../../server/protocol/control-views.ts'
import { selectorWords } from './selector-words.ts'

export const policyWords: Readonly<Record<string, string>> = {
  'two-person-release': 'two people for releasing',
  'two-person-policy': 'two people for changing these settings',
}

/** `release ep-7f3a91`, `lift the containment of host gpu-node-17`, `turn off two people for releasing`. */
export function proposalWords(proposal: ProposalView, fleet: Pick<FleetView, 'containments'>): string {
  const containment = fleet.containments.find((each) => each.containment === proposal.containment)
  if (containment) return `lift the containment of ${selectorWords(containment.selector, 2)}`
  const { policy, value, what } = proposal
  return policy === undefined ? what : `turn ${value ? 'on' : 'off'} ${policyWords[policy] ?? policy}`
}

/** Whether it lets agents go: then its confirmation says so. */
export function letsGo(proposal: ProposalView): boolean {
  return proposal.session !== undefined || proposal.containment !== undefined
}

export type Part = 'own' | 'decides' | { looksOn: string }

/** What this operator is in it. */
export function partOf(proposal: ProposalView, operator: { id: string; role: string } | undefined): Part {
  if (!operator) return { looksOn: 'Not known yet who you are.' }
  if (proposal.by.type === 'operator' && proposal.by.id === operator.id) return 'own'
  if (letsGo(proposal))
    return operator.role === 'responder' || operator.role === 'admin'
      ? 'decides'
      : { looksOn: 'Deciding it takes a responder or an admin.' }
  return operator.role === 'admin' ? 'decides' : { looksOn: 'Deciding it takes an admin.' }
}

/** What still waits, the one that expires first on top. */
export function waitingProposals(fleet: FleetView | undefined, nowMs: number): ProposalView[] {
  const open = fleet?.proposals.filter((each) => each.expiresAtMs > nowMs) ?? []
  return open.sort((a, b) => a.expiresAtMs - b.expiresAtMs)
}
