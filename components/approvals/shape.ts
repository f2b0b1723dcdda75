// Which requests that wait may be decided together: of one shape, held for the same reasons. Each keeps its own digest and its own decision, and how
// they differ is shown before anything is decided. Pure.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { actionShape, shapeTextMax } from '../../server/protocol/approval-shape.ts'
import { exactAction, isCut } from './exact-action.ts'

/** Undefined for what is like nothing else. */
export function shapeOf(approval: ApprovalView): string | undefined {
  const { input, policy, people, heldFor, masked } = approval
  // Two that differ only in what is masked would look the same.
  const shape = masked ? undefined : actionShape(approval)
  // Laid out for reading it may be longer than it is.
  if (shape === undefined || isCut(input) || exactAction(input).text.length > shapeTextMax) return undefined
  return JSON.stringify([shape, policy, people, heldFor.map(({ rule, title }) => rule ?? title)])
}

/** Of those that wait, by id: all that are alike, itself among them, soonest to expire first. What is alone is not in it. */
export function alikeOf(approvals: readonly ApprovalView[]): ReadonlyMap<string, readonly ApprovalView[]> {
  const byShape = new Map<string, ApprovalView[]>()
  for (const each of approvals) {
    const shape = each.decided ? undefined : shapeOf(each)
    if (shape === undefined) continue
    const group = byShape.get(shape)
    if (group) group.push(each)
    else byShape.set(shape, [each])
  }
  const found = new Map<string, readonly ApprovalView[]>()
  for (const group of byShape.values()) {
    if (group.length < 2) continue
    group.sort((a, b) => a.expiresAtMs - b.expiresAtMs)
    for (const { approval } of group) found.set(approval, group)
  }
  return found
}
