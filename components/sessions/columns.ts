// The columns of the session table: which can be chosen, how wide each is, what it is sorted by. State, session and control are always there. Pure.
import type { SortKey } from './row-order.ts'

export const columnKeys = [
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
export type ColumnKey = (typeof columnKeys)[number]

export const columnsAtFirst: readonly ColumnKey[] = ['agent', 'host', 'risk', 'doing', 'egress', 'cpu']

type Column = { name: string; sort?: SortKey; minPx: number; share?: number }

export const columns: Readonly<Record<ColumnKey, Column>> = {
  agent: { name: 'Agent · task', sort: 'agent', minPx: 112, share: 1.25 },
  host: { name: 'Host · GPU', sort: 'host', minPx: 96, share: 0.9 },
  risk: { name: 'Risk', sort: 'risk', minPx: 64 },
  doing: { name: 'Doing now', sort: 'doing', minPx: 150, share: 2.3 },
  egress: { name: 'Egress', sort: 'egress', minPx: 196, share: 1.5 },
  cpu: { name: 'CPU · GPU', sort: 'cpu', minPx: 112 },
  capabilities: { name: 'Taken away', sort: 'capabilities', minPx: 132 },
  actions: { name: 'Actions', sort: 'actions', minPx: 72 },
  seen: { name: 'Last fact', sort: 'seen', minPx: 76 },
  model: { name: 'Model', sort: 'model', minPx: 96, share: 0.8 },
}

const statePx = 44
const session = { minPx: 104, share: 1 }
const controlPx = 156
const gapPx = 12
const endPx = 16

/** In the order of the table, each once; words that are no column are dropped. */
export function columnsOf(words: readonly string[]): ColumnKey[] {
  return columnKeys.filter((key) => words.includes(key))
}

/** A grid of all columns, and the width below which it scrolls sideways instead of cutting a control. */
export function gridOf(chosen: readonly ColumnKey[]): { template: string; minPx: number } {
  const track = ({ minPx, share }: { minPx: number; share?: number }) =>
    share === undefined ? `${minPx}px` : `minmax(${minPx}px,${share}fr)`
  const tracks = [`${statePx}px`, track(session), ...chosen.map((key) => track(columns[key])), `${controlPx}px`]
  const widths = statePx + session.minPx + controlPx + chosen.reduce((sum, key) => sum + columns[key].minPx, 0)
  // Without a column that grows the session takes the room.
  return { template: tracks.join(' '), minPx: widths + gapPx * (tracks.length - 1) + endPx }
}
