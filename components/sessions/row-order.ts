// The order of rows on screen, and when it may change: never under the operator's hand. While the table is in use
// (`still`) new sessions wait and gone ones stay where they were; the order is made anew only when asked for. Pure.
import type { SamplePoint, SessionRow } from '../../server/protocol/browser-messages.ts'
import { riskHalfLifeMs } from '../../server/protocol/flag.ts'
import { takenAway } from './session-filter.ts'

export type RowOrder = {
  ids: readonly string[]
  /** Sessions that would be on top if the table were not in use; newest first. */
  waiting: readonly string[]
  /** Still on screen, though gone from the view or no longer matching the filter. */
  leaving: ReadonlySet<string>
}
export const noOrder: RowOrder = { ids: [], waiting: [], leaving: new Set() }

export const sortKeys = [
  'started',
  'state',
  'agent',
  'host',
  'risk',
  'doing',
  'egress',
  'cpu',
  'capabilities',
  'actions',
  'seen',
  'model',
] as const
export type SortKey = (typeof sortKeys)[number]

/** What comes first, as the column's title says it; and what comes first the other way round. */
export const sortWords: Readonly<Record<SortKey, readonly [string, string]>> = {
  started: ['Newest first', 'Oldest first'],
  state: ['What needs a look first', 'What runs first'],
  agent: ['Agent and task from A to Z', 'Agent and task from Z to A'],
  host: ['Host from A to Z', 'Host from Z to A'],
  risk: ['Most risk first', 'Least risk first'],
  doing: ['Longest at the same thing first', 'Newest thing first'],
  egress: ['Most egress first', 'Least egress first'],
  cpu: ['Most CPU first', 'Least CPU first'],
  capabilities: ['Most taken away first', 'Nothing taken away first'],
  actions: ['Most actions first', 'Fewest actions first'],
  seen: ['Longest without a fact first', 'Newest fact first'],
  model: ['Model from A to Z', 'Model from Z to A'],
}

type Rows = ReadonlyMap<string, SessionRow>
type Matches = (row: SessionRow) => boolean
type Samples = ReadonlyMap<string, readonly SamplePoint[]>

const stateRank: Readonly<Record<SessionRow['state'], number>> = {
  silent: 0,
  pausing: 1,
  resuming: 1,
  paused: 2,
  running: 3,
  reported: 4,
  ended: 5,
}

/** A new order, because the operator asked: opened the page, changed the filter or the sorting. `up`: the other way round. */
export function orderAnew(rows: Rows, matches: Matches, key: SortKey, samples: Samples, up = false): RowOrder {
  const kept = [...rows.values()].filter(matches)
  const newest = (row: SessionRow) => samples.get(row.session)?.at(-1)
  const byKey: Record<SortKey, (a: SessionRow, b: SessionRow) => number> = {
    started: newestFirst,
    state: (a, b) => stateRank[a.state] - stateRank[b.state],
    agent: (a, b) => compareText(a.agent, b.agent) || compareText(a.task, b.task),
    host: (a, b) => compareText(a.host, b.host),
    risk: (a, b) => compare(weightOf(b), weightOf(a)),
    doing: (a, b) => compare(doingSince(a), doingSince(b)),
    egress: (a, b) =>
      (newest(b)?.bytesOutPerSecond ?? 0) - (newest(a)?.bytesOutPerSecond ?? 0) ||
      b.openConnections - a.openConnections,
    cpu: (a, b) => (newest(b)?.cpuPercent ?? 0) - (newest(a)?.cpuPercent ?? 0),
    capabilities: (a, b) => takenAway(b).length - takenAway(a).length,
    actions: (a, b) => b.actionCount - a.actionCount,
    seen: (a, b) => a.lastEventAtMs - b.lastEventAtMs,
    model: (a, b) => compareText(a.models[0], b.models[0]),
  }
  const sign = up ? -1 : 1
  // What is over never stands above what still runs, whichever way.
  kept.sort(
    (a, b) => Number(a.state === 'ended') - Number(b.state === 'ended') || sign * byKey[key](a, b) || newestFirst(a, b),
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

/**
 * While rows are still to come that the first snapshot had no room for: they are older than all that are here and go to the end, where they
 * move nothing, also under a hand. Only for the order in which the page opens.
 */
export function append(order: RowOrder, rows: Rows, matches: Matches): RowOrder {
  const known = new Set(order.ids)
  const last = rows.get(order.ids.at(-1) ?? '')
  const older: SessionRow[] = []
  for (const row of rows.values())
    if (!known.has(row.session) && (last === undefined || asOpened(last, row) < 0) && matches(row)) older.push(row)
  if (older.length === 0) return order
  return { ...order, ids: [...order.ids, ...older.sort(asOpened).map((row) => row.session)] }
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

/** What has no word comes last. */
function compareText(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined) return 1
  return b === undefined || a < b ? -1 : 1
}

/** What runs now and began long ago comes first; what is done or unknown is at nothing. */
function doingSince({ doing }: SessionRow): number {
  return doing?.running ? doing.sinceMs : Number.POSITIVE_INFINITY
}

function newestFirst(a: SessionRow, b: SessionRow): number {
  return b.startedAtMs - a.startedAtMs || (a.session < b.session ? -1 : 1)
}

/** What is over never stands above what still runs. */
function asOpened(a: SessionRow, b: SessionRow): number {
  return Number(a.state === 'ended') - Number(b.state === 'ended') || newestFirst(a, b)
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
