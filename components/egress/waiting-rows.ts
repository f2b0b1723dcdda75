// Which facts are on screen, and when that may change: never under the operator's hand. Rows are in the order in which they arrived, newest
// first; what is known of a row (its tie) changes in place. Pure.
import type { SignalView, TieView } from '../../server/protocol/signal-view.ts'

export type SignalPage = {
  signals: readonly SignalView[]
  /** Null: there is nothing older. */
  nextBefore: number | null
}

export type SignalRows = SignalPage & {
  /** New facts that wait behind the button. */
  waiting: number
  /** More came than a page holds: some lie between the newest page and these rows. */
  gap: boolean
  /** Still on screen, though no longer in the list that was asked for. */
  leaving: ReadonlySet<string>
}

/** `away`: rows may move. `on`: in use, rows stay and what they say is kept new. `held`: nothing changes at all. */
export type Hand = 'away' | 'on' | 'held'

/** While nobody reads further down, older rows are let go again: a flood must not fill the page's memory. */
export const followedMax = 400

/** Because the operator asked: opened the page, changed tab or filter. */
export function rowsAnew(page: SignalPage): SignalRows {
  return { signals: page.signals, nextBefore: page.nextBefore, waiting: 0, gap: false, leaving: new Set() }
}

/** Follows the newest page; answers the same object when nothing on screen has to change. */
export function followPage(rows: SignalRows, page: SignalPage, hand: Hand): SignalRows {
  if (rows.signals.length === 0 && hand !== 'held')
    return page.signals.length + rows.waiting === 0 ? rows : rowsAnew(page)
  const { fresh, gone, gap, signals } = compare(rows, page)
  if (hand === 'away') {
    if (fresh.length + gone.size + rows.waiting + rows.leaving.size === 0 && !gap && signals === rows.signals)
      return rows
    return trimmed(merged(rows, page))
  }
  // What lies below the last row is not new: "Older" brings it.
  const last = rows.signals.at(-1)?.seq ?? Number.NEGATIVE_INFINITY
  const waiting = fresh.filter((signal) => rows.nextBefore === null || signal.seq > last).length
  const same = waiting === rows.waiting && gap === rows.gap
  if (hand === 'held') return same ? rows : { ...rows, waiting, gap }
  if (same && signals === rows.signals && sameItems(gone, rows.leaving)) return rows
  return { ...rows, signals, waiting, gap, leaving: gone }
}

/** The operator asks for the new ones: they go on top, and what has left goes away. */
export function insertWaiting(rows: SignalRows, page: SignalPage): SignalRows {
  return merged(rows, page)
}

export function addOlder(rows: SignalRows, page: SignalPage): SignalRows {
  const known = new Set(rows.signals.map((signal) => signal.id))
  const older = page.signals.filter((signal) => !known.has(signal.id))
  return { ...rows, signals: [...rows.signals, ...older].sort(newestFirst), nextBefore: page.nextBefore }
}

/** What one of them is tied to, as its own page says: rows below the newest page are not asked for again. */
export function withTie(rows: SignalRows, id: string, tie: TieView | undefined): SignalRows {
  const index = rows.signals.findIndex((signal) => signal.id === id)
  const signal = rows.signals[index]
  if (signal === undefined || sameTie(signal.tie, tie)) return rows
  const { tie: _, ...rest } = signal
  return { ...rows, signals: rows.signals.with(index, tie ? { ...rest, tie } : rest) }
}

function compare(rows: SignalRows, page: SignalPage) {
  const inPage = new Map(page.signals.map((signal) => [signal.id, signal]))
  const known = new Set(rows.signals.map((signal) => signal.id))
  const reach = page.nextBefore === null ? Number.NEGATIVE_INFINITY : (page.signals.at(-1)?.seq ?? 0)
  const gone = new Set<string>()
  let changed = false
  const signals = rows.signals.map((signal) => {
    const newer = inPage.get(signal.id)
    if (newer === undefined && signal.seq >= reach) gone.add(signal.id)
    if (newer === undefined || sameTie(signal.tie, newer.tie)) return signal
    changed = true
    return newer
  })
  const top = rows.signals[0]?.seq ?? Number.NEGATIVE_INFINITY
  return {
    fresh: page.signals.filter((signal) => !known.has(signal.id)),
    gone,
    gap: rows.signals.length > 0 && reach > top,
    /** The same array when no row says anything else. */
    signals: changed ? signals : rows.signals,
  }
}

function merged(rows: SignalRows, page: SignalPage): SignalRows {
  const { fresh, gone, gap, signals } = compare(rows, page)
  // Rows on both sides of a hole would read as if nothing lay between them.
  if (gap) return rowsAnew(page)
  const kept = signals.filter((signal) => !gone.has(signal.id))
  return rowsAnew({
    signals: [...fresh, ...kept].sort(newestFirst),
    nextBefore: lower(rows.nextBefore, page.nextBefore),
  })
}

function trimmed(rows: SignalRows): SignalRows {
  if (rows.signals.length <= followedMax) return rows
  const signals = rows.signals.slice(0, followedMax)
  return { ...rows, signals, nextBefore: signals.at(-1)?.seq ?? null }
}

/** Null is the end: whoever reached it has nothing below. */
function lower(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.min(a, b)
}

function newestFirst(a: SignalView, b: SignalView): number {
  return b.seq - a.seq
}

function sameTie(a: TieView | undefined, b: TieView | undefined): boolean {
  return a?.event === b?.event && a?.session === b?.session && a?.level === b?.level && a?.score === b?.score
}

function sameItems(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item))
}
