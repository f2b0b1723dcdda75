// The order of rows on screen, and when it may change: never under the operator's hand. While the table is in use
// (`still`) new sessions wait and gone ones stay where they were; the order is made anew only when asked for. Pure.
import type { SamplePoint, SessionRow } from '../../server/protocol/browser-messages.ts'
import { riskHalfLifeMs } from '../../server/protocol/flag.ts'

export type RowOrder = {
  ids: readonly string[]
  /** Sessions that would be on top if the table were not in use; newest first. */
  waiting: readonly string[]
  /** Still on screen, though gone from the view or no longer matching the filter. */
  leaving: ReadonlySet<string>
}
export const noOrder: RowOrder = { ids: [], waiting: [], leaving: new Set() }

export const sortKeys = ['started', 'risk', 'egress', 'cpu'] as const
export type SortKey = (typeof sortKeys)[number]

type Rows = ReadonlyMap<string, SessionRow>
type Matches = (row: SessionRow) => boolean
type Samples = ReadonlyMap<string, readonly SamplePoint[]>

/** A new order, because the operator asked: opened the page, changed the filter or the sorting. */
export function orderAnew(rows: Rows, matches: Matches, key: SortKey, samples: Samples): RowOrder {
  const kept = [...rows.values()].filter(matches)
  const newest = (row: SessionRow) => samples.get(row.session)?.at(-1)
  const byKey: Record<SortKey, (a: SessionRow, b: SessionRow) => number> = {
    started: () => 0,
    risk: (a, b) => compare(weightOf(b), weightOf(a)),
    egress: (a, b) =>
      (newest(b)?.bytesOutPerSecond ?? 0) - (newest(a)?.bytesOutPerSecond ?? 0) ||
      b.openConnections - a.openConnections,
    cpu: (a, b) => (newest(b)?.cpuPercent ?? 0) - (newest(a)?.cpuPercent ?? 0),
  }
  // What is over never stands above what still runs.
  kept.sort(
    (a, b) => Number(a.state === 'ended') - Number(b.state === 'ended') || byKey[key](a, b) || newestFirst(a, b),
  )
  return { ids: kept.map((row) => row.session), waiting: [], leaving: new Set() }
}

/** Follows the rows as they come and go; returns the same object when nothing on screen has to change. */
export function follow(order: RowOrder, rows: Rows, matches: Matches, still: boolean): RowOrder {
  const known = new Set(order.ids)
  const fresh: SessionRow[] = []
  for (const row of rows.values()) if (!known.has(row.session) && matches(row)) fresh.push(row)
  const gone = new Set<string>()
  for (const id of order.ids) {
    const row = rows.get(id)
    if (row === undefined || !matches(row)) gone.add(id)
  }
  fresh.sort(newestFirst)
  const freshIds = fresh.map((row) => row.session)
  if (still) {
    if (sameItems(freshIds, order.waiting) && sameItems([...gone], [...order.leaving])) return order
    return { ids: order.ids, waiting: freshIds, leaving: gone }
  }
  if (freshIds.length === 0 && gone.size === 0 && order.waiting.length === 0 && order.leaving.size === 0) return order
  return { ids: [...freshIds, ...order.ids.filter((id) => !gone.has(id))], waiting: [], leaving: new Set() }
}

/** The operator asks for the new ones: they go on top, and what has left goes away. */
export function insertWaiting(order: RowOrder): RowOrder {
  return {
    ids: [...order.waiting, ...order.ids.filter((id) => !order.leaving.has(id))],
    waiting: [],
    leaving: new Set(),
  }
}

/** Two that were never flagged are equal: infinity less infinity is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** Scores of different times are compared as of the same time: one half-life later is worth half. */
function weightOf({ risk }: SessionRow): number {
  return risk === undefined || risk.score === 0
    ? Number.NEGATIVE_INFINITY
    : Math.log2(risk.score) + risk.atMs / riskHalfLifeMs
}

function newestFirst(a: SessionRow, b: SessionRow): number {
  return b.startedAtMs - a.startedAtMs || (a.session < b.session ? -1 : 1)
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
