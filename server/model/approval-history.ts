// How requests of one shape were decided before, for the person who decides the next one. Beside the console's state, because it outlives what that
// keeps; bounded by shapes and by requests of each. The same for what is read at a start and what comes after it.
import { historyDays, type ShapeHistory } from '../protocol/approval-reading.ts'
import { actionShape } from '../protocol/approval-shape.ts'
import type { StoredEvent } from '../protocol/event.ts'

const shapesMax = 5_000
const ofShapeMax = 100
const keptMs = historyDays * 24 * 3_600_000

type Decision = 'allowed' | 'denied' | 'lapsed'
type Asked = { approval: string; atMs: number; decided?: { decision: Decision; by: string; atMs: number } }

export type ApprovalHistory = {
  /** Any event; twice the same is harmless. */
  take(event: StoredEvent): void
  /** Of others than this one; undefined where it is too long to be like another. */
  before(action: Parameters<typeof actionShape>[0] & { approval: string }, nowMs: number): ShapeHistory | undefined
}

export function createApprovalHistory(): ApprovalHistory {
  /** The one that was asked longest ago is first. */
  const shapes = new Map<string, Asked[]>()
  const open = new Map<string, Asked>()

  function ask(approval: string, shape: string, atMs: number): void {
    const asked = shapes.get(shape) ?? []
    if (asked.some((each) => each.approval === approval)) return
    const one: Asked = { approval, atMs }
    asked.push(one)
    open.set(approval, one)
    // One more than is told: that there are more is told too.
    for (const { approval: old } of asked.splice(0, asked.length - ofShapeMax - 1)) open.delete(old)
    shapes.delete(shape)
    shapes.set(shape, asked)
    if (shapes.size <= shapesMax) return
    const [oldest, forgotten] = shapes.entries().next().value as [string, Asked[]]
    shapes.delete(oldest)
    for (const { approval: old } of forgotten) open.delete(old)
  }

  return {
    take(event) {
      if (event.kind === 'approval.requested') {
        const shape = actionShape(event.data)
        if (shape !== undefined) ask(event.data.approval, shape, event.seenAtMs)
      } else if (event.kind === 'approval.decided') {
        const { approval, decision, by } = event.data
        const asked = open.get(approval)
        if (!asked) return
        open.delete(approval)
        asked.decided = { decision: decisionOf(decision), by: by.name, atMs: event.seenAtMs }
      }
    },
    before(action, nowMs) {
      const shape = actionShape(action)
      if (shape === undefined) return undefined
      const others = (shapes.get(shape) ?? []).filter(
        (each) => each.approval !== action.approval && nowMs - each.atMs < keptMs,
      )
      const told = others.slice(-ofShapeMax)
      const count = (decision: Decision) => told.filter((each) => each.decided?.decision === decision).length
      let last: Asked['decided']
      for (const { decided } of told) if (decided && (!last || decided.atMs >= last.atMs)) last = decided
      return {
        asked: told.length,
        allowed: count('allowed'),
        denied: count('denied'),
        lapsed: count('lapsed'),
        isMore: others.length > told.length,
        ...(last && { last }),
      }
    },
  }
}

function decisionOf(decision: 'approved' | 'edited' | 'denied' | 'expired' | 'withdrawn'): Decision {
  if (decision === 'approved' || decision === 'edited') return 'allowed'
  return decision === 'denied' ? 'denied' : 'lapsed'
}
