// The order of the two lists, so that no row moves away under a hand: what is decided while a person looks stays where it was. Pure.
import type { ApprovalView } from '../../server/protocol/approval.ts'

export type Lists = {
  /** Those that wait, soonest to expire first, and among them what stays in its place though it was decided meanwhile. */
  waiting: readonly ApprovalView[]
  /** Newest first. */
  decided: readonly ApprovalView[]
}

/** `stays`: approvals that were seen waiting and keep their place. `still`: ids of the waiting list, whose order is kept. */
export function listsOf(
  approvals: readonly ApprovalView[],
  stays: ReadonlySet<string>,
  still: readonly string[] = [],
): Lists {
  const isUp = (each: ApprovalView) => !each.decided || stays.has(each.approval)
  const place = new Map(still.map((id, at) => [id, at]))
  const placeOf = ({ approval }: ApprovalView) => place.get(approval) ?? Number.POSITIVE_INFINITY
  const waiting = approvals.filter(isUp).sort((a, b) => {
    const [first, second] = [placeOf(a), placeOf(b)]
    return first === second ? a.expiresAtMs - b.expiresAtMs : first - second
  })
  const decided = approvals
    .filter((each) => !isUp(each))
    .sort((a, b) => (b.decided?.atMs ?? 0) - (a.decided?.atMs ?? 0))
  return { waiting, decided }
}

/** The neighbour by `step` rows; the first where nothing is selected. */
export function neighbourOf(
  { waiting, decided }: Lists,
  selected: string | undefined,
  step: 1 | -1,
): string | undefined {
  const all = [...waiting, ...decided]
  const at = all.findIndex((each) => each.approval === selected)
  if (at === -1) return all[0]?.approval
  return all[Math.min(all.length - 1, Math.max(0, at + step))]?.approval
}
