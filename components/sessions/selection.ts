// Which sessions are picked out by hand. It survives every update; a session that ends leaves it, and that is told. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'

export type Selection = {
  /** In the order of picking. */
  ids: readonly string[]
  /** Where a range starts: what was picked last. */
  anchor: string | undefined
  /** Ended or gone since they were picked. */
  left: number
  /** Picked, but over the limit of one request. */
  over: number
}

export type SelectionStep =
  | { type: 'toggle'; id: string }
  /** From the anchor to here, in the order on screen. */
  | { type: 'range'; to: string; order: readonly string[] }
  | { type: 'all'; order: readonly string[] }
  | { type: 'clear' }
  | { type: 'follow'; rows: ReadonlyMap<string, SessionRow> }

/** What one request may name. */
export const selectionMax = 1_000
export const noSelection: Selection = { ids: [], anchor: undefined, left: 0, over: 0 }

/** Answers the same object when nothing changes. */
export function select(selection: Selection, step: SelectionStep): Selection {
  switch (step.type) {
    case 'toggle':
      return selection.ids.includes(step.id)
        ? pick(
            selection,
            selection.ids.filter((id) => id !== step.id),
            step.id,
          )
        : pick(selection, [...selection.ids, step.id], step.id)
    case 'range': {
      const to = step.order.indexOf(step.to)
      const from = selection.anchor === undefined ? to : step.order.indexOf(selection.anchor)
      if (to < 0) return selection
      const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)]
      return pick(selection, [...selection.ids, ...step.order.slice(first, last + 1)], step.to)
    }
    case 'all':
      return pick(selection, [...selection.ids, ...step.order], selection.anchor)
    case 'clear':
      return noSelection
    case 'follow': {
      const kept = selection.ids.filter((id) => mayBePicked(step.rows.get(id)))
      if (kept.length === selection.ids.length) return selection
      return { ...selection, ids: kept, left: selection.left + selection.ids.length - kept.length }
    }
  }
}

/** What has ended needs no containing. */
export function mayBePicked(row: SessionRow | undefined): boolean {
  return row !== undefined && row.state !== 'ended'
}

function pick(selection: Selection, ids: readonly string[], anchor: string | undefined): Selection {
  const unique = [...new Set(ids)]
  const kept = unique.slice(0, selectionMax)
  return { ids: kept, anchor, left: kept.length === 0 ? 0 : selection.left, over: unique.length - kept.length }
}

/** `3 selected`, and what happened to it meanwhile. */
export function selectionWords({ ids, left, over }: Selection): string[] {
  const words = [`${ids.length} selected`]
  if (left > 0) words.push(left === 1 ? '1 ended and left the selection' : `${left} ended and left the selection`)
  if (over > 0) words.push(`at most ${selectionMax} at once: use Contain all… for more`)
  return words
}
