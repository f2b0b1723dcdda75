// What pmon and dmon share: a header of two lines (names, units) that comes again every so often, columns that differ by driver and by the
// options given, and times in three shapes. Values are found by the header, never by their place.
import { givenTimeMs, smiTimeMs } from './nvidia-smi-facts.ts'
import type { RecordContext } from './record-source.ts'

const columnsMax = 256
const dayMs = 86_400_000

export type MonitorLine =
  | { what: 'header' }
  | { what: 'row'; cells: ReadonlyMap<string, string>; atMs: number | undefined; isTimed: boolean; ordinal: number }
  | { what: 'misfit' }
  | { what: 'headless' }

/** Of a header line (`# gpu   pwr …`, `#Date Time gpu …`, `#gpu, pwr, …`): its names in lower case; undefined for the line of units. */
export function monitorNames(line: string): string[] | undefined {
  if (!line.startsWith('#') || line.length > 4_096) return undefined
  const names = splitCells(line.slice(1).toLowerCase())
  return names.includes('gpu') ? names : undefined
}

/** Names of the first header in a file's head; undefined when it has none in its first lines. */
export function monitorNamesOfHead(head: string): string[] | undefined {
  for (const line of head.slice(0, 2_048).split('\n', 3)) {
    const names = monitorNames(line.trim().replace(/^\ufeff/, ''))
    if (names) return names
  }
  return undefined
}

function splitCells(text: string): string[] {
  const cells = text.includes(',') ? text.split(',').map((cell) => cell.trim()) : text.split(/[ \t]+/)
  return cells.filter((cell) => cell !== '').slice(0, columnsMax)
}

/** `lastIsText`: the last column is a command, which may hold blanks. `keyOf` names what has one row a round. */
export function createMonitor(
  context: RecordContext,
  { lastIsText, keyOf }: { lastIsText: boolean; keyOf: (cells: ReadonlyMap<string, string>) => string },
): { take(line: string): MonitorLine } {
  let names: string[] | undefined
  let seen = new Set<string>()
  let round = 0
  let ordinal = 0

  function cellsOf(line: string, columns: readonly string[]): ReadonlyMap<string, string> | undefined {
    const cells = splitCells(line)
    if (lastIsText && cells.length > columns.length) {
      cells.splice(columns.length - 1, cells.length, cells.slice(columns.length - 1).join(' '))
    }
    if (cells.length !== columns.length) return undefined
    return new Map(columns.map((name, i) => [name, cells[i] ?? '']))
  }

  /** Rows without a time are told in their order, a millisecond a round: how far apart they were is not in the file. */
  function untimedMs(cells: ReadonlyMap<string, string>): number {
    const key = keyOf(cells)
    if (seen.has(key) || seen.size >= 4_096) {
      seen = new Set()
      round += 1
    }
    seen.add(key)
    return givenTimeMs(context) + round
  }

  /** A time without a date is of the day before it was given: the last time at which a clock could have shown it. */
  function clockMs(time: string): number | undefined {
    const given = givenTimeMs(context)
    const east = (context.zoneOffsetMinutes ?? 0) * 60_000
    const day = new Date(given + east).toISOString().slice(0, 10)
    const sameDay = smiTimeMs(`${day} ${time}`, context)
    if (sameDay === undefined) return undefined
    // Some slack: two clocks are never the same.
    return sameDay > given + 300_000 ? sameDay - dayMs : sameDay
  }

  return {
    take(line) {
      const header = monitorNames(line.trim())
      if (header !== undefined) names = header
      if (line.trim().startsWith('#')) return { what: 'header' }
      if (names === undefined) return { what: 'headless' }
      const cells = cellsOf(line, names)
      if (cells === undefined) return { what: 'misfit' }
      ordinal += 1
      const date = cells.get('date')
      const time = cells.get('time')
      const isTimed = time !== undefined
      const atMs = !isTimed
        ? untimedMs(cells)
        : date === undefined
          ? clockMs(time)
          : smiTimeMs(`${date} ${time}`, context)
      return { what: 'row', cells, atMs, isTimed, ordinal }
    },
  }
}

/** Rows that carry no date of their own may be the same text at different times. */
export function monitorIdentity(line: string, row: MonitorLine & { what: 'row' }): { identity?: string } {
  if (row.cells.has('date')) return {}
  return { identity: [line, String(row.atMs), row.isTimed ? '' : String(row.ordinal)].join('\n') }
}
