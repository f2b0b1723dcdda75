// Which requests are alike: the same tool, folder, reasons and input but for numbers in them that are no address or port. Alike is never the same: each keeps its own
// digest and its own decision, and how they differ is shown before anything is decided. Pure.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { exactAction, isCut } from './exact-action.ts'

/** Longer ones are read one by one: what differs must be seen whole. */
const inputMax = 2_000

/** Undefined for what is like nothing else. */
export function shapeOf(approval: ApprovalView): string | undefined {
  const { tool, input, cwd = '', policy, people, heldFor } = approval
  if (input.length > inputMax || cwd.length > inputMax || isCut(input)) return undefined
  // Laid out for reading it may be longer than it is.
  if (exactAction(input).text.length > inputMax) return undefined
  const reasons = heldFor.map(({ rule, title }) => rule ?? title)
  return JSON.stringify([tool, masked(input), masked(cwd), policy, people, reasons])
}

/** An address, with its port; the port of a name. One target is never like another. */
const target = /(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}|(?<=[a-z0-9\]]):\d{1,5}\b/
/** Numbers, and what stands for one: a UUID, a hash. */
const number = /[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}|[0-9a-f]{12,}|\d+/
const either = new RegExp(`(${target.source})|${number.source}`, 'gi')

function masked(text: string): string {
  return text.replace(either, (_found, kept: string | undefined) => kept ?? '#')
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
