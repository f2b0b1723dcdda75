// Approvals as a page shows them: what looks like a secret is masked. The digest stays that of the whole, unmasked action.
import type { ApprovalView } from '../protocol/approval.ts'
import { maskValue, type SecretCounts } from '../protocol/secrets.ts'
import type { ApprovalState, ConsoleState } from './state.ts'

export function projectApproval(approval: ApprovalState): ApprovalView {
  const { input, cwd, heldFor, decided, ...view } = unmaskedApproval(approval)
  const masked: SecretCounts = {}
  const text = maskValue({ input, ...(cwd !== undefined && { cwd }), heldFor, ...(decided && { decided }) }, masked)
  return {
    ...view,
    ...(text as Pick<ApprovalView, 'input' | 'cwd' | 'heldFor' | 'decided'>),
    ...(Object.keys(masked).length > 0 && { masked }),
  }
}

/** For whoever has the right to see it, once that is on record. */
export function unmaskedApproval(approval: ApprovalState): ApprovalView {
  const { decided, ...rest } = approval
  if (!decided) return rest
  const { decision, by, atMs, scope, reason, input } = decided
  return {
    ...rest,
    decided: {
      decision,
      by,
      atMs,
      ...(scope !== undefined && { scope }),
      ...(reason !== undefined && { reason }),
      ...(input !== undefined && { input }),
    },
  }
}

/** Those that wait, soonest to expire first; then the newest that were decided. */
export function projectApprovals(state: ConsoleState): ApprovalView[] {
  const all = [...state.approvals.values()]
  const waiting = all.filter((each) => !each.decided).sort((a, b) => a.expiresAtMs - b.expiresAtMs)
  const decided = all.filter((each) => each.decided).sort((a, b) => (b.decided?.atMs ?? 0) - (a.decided?.atMs ?? 0))
  return [...waiting, ...decided].map(projectApproval)
}
