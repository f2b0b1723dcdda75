// Who lets facts in, and what became of them: counters in memory, written to the store now and then. Bounded, because a key may invent
// names without end; it must never delay the facts themselves.
import {
  type HeardMinutes,
  heardOf,
  markHeard,
  newHeard,
  readHeard,
  usualPauseOf,
  writeHeard,
} from './model/heard-minutes.ts'
import type { SourceView } from './protocol/source-view.ts'
import type { RefusalRow, SourceRow } from './store/sources.ts'

const sourcesMax = 500
const reasonsMax = 50
const refusalsKept = 1_000
const refusalsWaitingMax = 2_000
const writeEveryMs = 5_000
const rateSeconds = 60
const lagsKept = 64

/** What one batch adds. */
export type SourceDelta = {
  records: number
  events: number
  duplicates: number
  samples: number
  skipped: number
  refused: number
  bytes: number
  understood: readonly { what: string; count: number }[]
  skippedReasons: readonly Reason[]
  refusedReasons: readonly Reason[]
  newestAtMs?: number | undefined
}
type Reason = { reason: string; count: number; example: string }

type Source = {
  row: SourceRow
  understood: Map<string, number>
  skipped: Map<string, Reason>
  refused: Map<string, Reason>
  /** Records per second of the last minute, by second. */
  perSecond: Map<number, number>
  lagsMs: number[]
  heard: HeardMinutes
  /** Between its batches, the newest. */
  pausesMs: number[]
  dirty: boolean
}

export type SourceRegistry = {
  /** The id under which the facts of this door are kept: `format/name`. */
  idOf(format: string, name: string): string
  note(id: string, delta: SourceDelta, refusals: readonly { line: number; reason: string; raw: string }[]): void
  list(): SourceView[]
  refusals(id: string, limit: number): Promise<RefusalRow[]>
  close(): Promise<void>
}

export type SourceRegistryOptions = {
  rows: readonly SourceRow[]
  write(rows: readonly SourceRow[]): Promise<void>
  addRefusals(rows: readonly RefusalRow[], kept: number): Promise<void>
  readRefusals(source: string, limit: number): Promise<RefusalRow[]>
  /** What is known of a format; undefined for one that this version does not read any more. */
  describe(format: string): { title: string; trust: SourceView['trust'] } | undefined
  clockOf(id: string): SourceView['clock']
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}

export function createSourceRegistry(options: SourceRegistryOptions): SourceRegistry {
  const { nowMs, onError } = options
  const sources = new Map(options.rows.map((row) => [row.id, fromRow(row)]))
  let waiting: RefusalRow[] = []
  let writing: Promise<void> | undefined

  function sourceFor(id: string): Source {
    const known = sources.get(id)
    if (known) return known
    const slash = id.indexOf('/')
    const atMs = nowMs()
    const made = fromRow({
      id,
      format: id.slice(0, slash),
      name: id.slice(slash + 1),
      firstSeenAtMs: atMs,
      lastSeenAtMs: atMs,
      records: 0,
      events: 0,
      duplicates: 0,
      samples: 0,
      refused: 0,
      skipped: 0,
      bytes: 0,
      detail: {},
    })
    sources.set(id, made)
    return made
  }

  async function flush(): Promise<void> {
    const dirty = [...sources.values()].filter((source) => source.dirty)
    const refusals = waiting
    waiting = []
    for (const source of dirty) source.dirty = false
    try {
      await options.write(dirty.map(toRow))
      await options.addRefusals(refusals, refusalsKept)
    } catch (error) {
      for (const source of dirty) source.dirty = true
      waiting = [...refusals, ...waiting].slice(-refusalsWaitingMax)
      onError('store what is known of the sources', error)
    }
  }

  function startFlush(): Promise<void> {
    writing ??= flush().finally(() => {
      writing = undefined
    })
    return writing
  }
  const timer = setInterval(() => {
    if (waiting.length > 0 || [...sources.values()].some((source) => source.dirty)) void startFlush()
  }, writeEveryMs)

  return {
    idOf(format, name) {
      const id = `${format}/${name}`
      return sources.has(id) || sources.size < sourcesMax ? id : `${format}/other`
    },
    note(id, delta, refusals) {
      const source = sourceFor(id)
      const { row } = source
      const atMs = nowMs()
      // Batches of one import come at once: their pauses say nothing of how often it reports.
      if (row.records > 0 && atMs - row.lastSeenAtMs >= 1_000) source.pausesMs.push(atMs - row.lastSeenAtMs)
      if (source.pausesMs.length > lagsKept) source.pausesMs.shift()
      markHeard(source.heard, atMs)
      row.lastSeenAtMs = atMs
      for (const key of ['records', 'events', 'duplicates', 'samples', 'skipped', 'refused', 'bytes'] as const)
        row[key] += delta[key]
      for (const { what, count } of delta.understood) addCount(source.understood, what, count)
      for (const reason of delta.skippedReasons) addReason(source.skipped, reason)
      for (const reason of delta.refusedReasons) addReason(source.refused, reason)
      if (delta.newestAtMs !== undefined) {
        row.newestAtMs = Math.max(row.newestAtMs ?? 0, delta.newestAtMs)
        source.lagsMs.push(atMs - delta.newestAtMs)
        if (source.lagsMs.length > lagsKept) source.lagsMs.shift()
      }
      const second = Math.floor(atMs / 1_000)
      source.perSecond.set(second, (source.perSecond.get(second) ?? 0) + delta.records)
      for (const old of source.perSecond.keys()) if (old <= second - rateSeconds) source.perSecond.delete(old)
      source.dirty = true
      for (const { line, reason, raw } of refusals)
        waiting.push({ source: id, seenAtMs: atMs, line, reason, raw: raw.slice(0, 2_000) })
      if (waiting.length > refusalsWaitingMax) waiting = waiting.slice(-refusalsWaitingMax)
    },
    list: () =>
      [...sources.values()].map((source) => {
        const { detail: _detail, ...row } = source.row
        const known = options.describe(row.format)
        return {
          ...row,
          title: known?.title ?? row.format,
          trust: known?.trust ?? 'agent',
          recordsPerSecond: rateOf(source, nowMs()),
          ...(source.lagsMs.length > 0 && { lagMs: medianOf(source.lagsMs) }),
          clock: options.clockOf(row.id),
          heard: heardOf(source.heard, nowMs()),
          ...usualPauseOf(source.pausesMs),
          understood: [...source.understood].map(([what, count]) => ({ what, count })),
          skippedReasons: [...source.skipped.values()],
          refusedReasons: [...source.refused.values()],
        }
      }),
    async refusals(id, limit) {
      await startFlush()
      return await options.readRefusals(id, limit)
    },
    async close() {
      clearInterval(timer)
      await writing
      await flush()
    },
  }
}

function addCount(counts: Map<string, number>, key: string, count: number): void {
  const name = counts.has(key) || counts.size < reasonsMax ? key : 'other'
  counts.set(name, (counts.get(name) ?? 0) + count)
}

function addReason(reasons: Map<string, Reason>, { reason, count, example }: Reason): void {
  const name = reasons.has(reason) || reasons.size < reasonsMax ? reason : 'other reasons'
  const known = reasons.get(name)
  if (known) known.count += count
  else reasons.set(name, { reason: name, count, example })
}

function rateOf(source: Source, atMs: number): number {
  const second = Math.floor(atMs / 1_000)
  let records = 0
  for (const [each, count] of source.perSecond) if (each > second - rateSeconds) records += count
  return records / rateSeconds
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function fromRow(row: SourceRow): Source {
  const detail = row.detail as {
    understood?: [string, number][]
    skipped?: Reason[]
    refused?: Reason[]
    heard?: unknown
    pausesMs?: number[]
  }
  return {
    row: { ...row },
    understood: new Map(detail.understood ?? []),
    skipped: new Map((detail.skipped ?? []).map((reason) => [reason.reason, reason])),
    refused: new Map((detail.refused ?? []).map((reason) => [reason.reason, reason])),
    perSecond: new Map(),
    lagsMs: [],
    heard: readHeard(detail.heard) ?? newHeard(row.firstSeenAtMs),
    pausesMs: detail.pausesMs ?? [],
    dirty: false,
  }
}

function toRow(source: Source): SourceRow {
  return {
    ...source.row,
    detail: {
      understood: [...source.understood],
      skipped: [...source.skipped.values()],
      refused: [...source.refused.values()],
      heard: writeHeard(source.heard),
      pausesMs: source.pausesMs,
    },
  }
}
