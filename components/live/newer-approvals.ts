// One word on an approval may overtake another: a frame, the list, the answer to a decision. Pure.
import type { ApprovalView } from '../../server/protocol/approval.ts'

/** The newest word on one approval replaces the older one; the answer to a decision may overtake the list, and the other way round. */
export function withNewer(approvals: readonly ApprovalView[], answers: readonly ApprovalView[]): ApprovalView[] {
  const byId = new Map(approvals.map((each) => [each.approval, each]))
  for (const answer of answers) {
    const known = byId.get(answer.approval)
    if (!known || stepsOf(answer) > stepsOf(known)) byId.set(answer.approval, answer)
  }
  return [...byId.values()]
}

/** A commit may become known that much later than the time it bears. */
const lateMs = 10_000

/** A list read at `atMs` (server's clock) with what frames told. What was asked well before it and is not in it waits no more. */
export function withTold(
  list: { atMs: number; approvals: readonly ApprovalView[] },
  told: readonly ApprovalView[],
): ApprovalView[] {
  const listed = new Set(list.approvals.map((each) => each.approval))
  const counts = (each: ApprovalView) =>
    listed.has(each.approval) || each.decided !== undefined || each.askedAtMs > list.atMs - lateMs
  return withNewer(list.approvals, told.filter(counts))
}

/** The same word, though it was read anew: an approval changes by its steps alone. */
export function isSameWord(one: ApprovalView, other: ApprovalView): boolean {
  return one.approval === other.approval && stepsOf(one) === stepsOf(other)
}

function stepsOf({ decided, endorsedBy, used }: ApprovalView): number {
  return endorsedBy.length + used + (decided ? 1 : 0)
}
