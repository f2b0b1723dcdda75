// Which requests are alike: the same tool, folder, reasons and input but for numbers in them. Alike is never the same: each keeps its own
// digest and its own decision, and how they differ is shown before anything is decided. Pure.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { isCut } from './exact-action.ts'

/** Longer ones are read one by one: what differs must be seen whole. */
const inputMax = 2_000

/** Undefined for what is like nothing else. */
export function shapeOf(approval: ApprovalView): string | undefined {
  const { tool, input, cwd = '', policy, people, heldFor } = approval
  if (input.length > inputMax || cwd.length > inputMax || isCut(input)) return undefined
  const reasons = heldFor.map(({ rule, title }) => rule ?? title)
  return JSON.stringify([tool, masked(input), masked(cwd), policy, people, reasons])
}

/** Numbers, and what stands for one: a UUID, a hash. */
function masked(text: string): string {
  return text.replace(/[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{12,}|\d+/gi, '#')
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
