// One source's clock against another's. Pairs of facts that both sources saw vote for an offset: exact pairs (same 5-tuple, same command
// line) with a point, others (a destination named by a command that ran for a while) with an interval. True pairs agree on one offset;
// chance pairs scatter. What no clear majority supports is no estimate: better none than a wrong one.

export type Estimate = { offsetMs: number; spreadMs: number; pairs: number }

type Vote = { loMs: number; hiMs: number; exact: boolean }

/** Kept of a pair of clocks: the newest. */
const votesKept = 512
const clockPairsMax = 20_000
/** Of what `between` answered: a source can name machines without end. */
const pathsMax = 100_000
/** Two facts further apart are no pair, whatever they share. */
export const pairWithinMs = 15 * 60_000
/** Jitter of what is paired: scheduling, polling, whole milliseconds. */
const jitterMs = 150
const hopsMax = 4
/** All machines behind one door taken for one clock: a stopgap, weaker than any comparison of the machine itself. */
const asOne: Estimate = { offsetMs: 0, spreadMs: 120, pairs: 1_000 }

const itself: Estimate = { offsetMs: 0, spreadMs: 0, pairs: 0 }

type Edge = { votes: Vote[]; next: number; dirty: boolean; estimate: Estimate | undefined }

export type ClockOffsets = {
  /** `b` minus `a` lies between `loMs` and `hiMs`, says this pair of facts. */
  vote(a: string, b: string, loMs: number, hiMs: number, exact: boolean): void
  /** What to add to a time of `from` to get a time of `to`; over other clocks where the two were never compared. */
  between(from: string, to: string): Estimate | undefined
  /** Every pair that has an estimate; `against` minus `clock`. */
  list(): { clock: string; against: string; estimate: Estimate }[]
  /** Clocks whose estimates have changed by more than their spread since the last call. */
  takeChanged(): ReadonlySet<string>
}

export function createClockOffsets(): ClockOffsets {
  const edges = new Map<string, Map<string, Edge>>()
  let edgeCount = 0
  const dirty = new Set<Edge>()
  const ends = new Map<Edge, readonly [string, string]>()
  let paths = new Map<string, Map<string, Estimate | null>>()
  let pathCount = 0

  function makeEdge(low: string, high: string): Edge | undefined {
    if (edgeCount >= clockPairsMax) return undefined
    edgeCount += 1
    const edge: Edge = { votes: [], next: 0, dirty: false, estimate: undefined }
    for (const [one, other] of [
      [low, high],
      [high, low],
    ] as const) {
      const row = edges.get(one) ?? new Map<string, Edge>()
      row.set(other, edge)
      edges.set(one, row)
    }
    ends.set(edge, [low, high])
    return edge
  }

  function estimateOf(edge: Edge): Estimate | undefined {
    if (edge.dirty) {
      edge.dirty = false
      edge.estimate = estimate(edge.votes)
    }
    return edge.estimate
  }

  function cast(a: string, b: string, loMs: number, hiMs: number, exact: boolean): void {
    const edge = edges.get(a)?.get(b) ?? makeEdge(...inOrder(a, b))
    if (!edge) return
    const vote: Vote = a < b ? { loMs, hiMs, exact } : { loMs: -hiMs, hiMs: -loMs, exact }
    const kept = a.endsWith('|*') || b.endsWith('|*') ? votesKept * 4 : votesKept
    edge.votes[edge.next % kept] = vote
    edge.next += 1
    edge.dirty = true
    dirty.add(edge)
  }

  return {
    vote(a, b, loMs, hiMs, exact) {
      if (a === b || !(loMs <= hiMs) || Math.abs(loMs) > pairWithinMs + 3_600_000) return
      const [wholeA, wholeB] = [wholeOf(a), wholeOf(b)]
      cast(a, b, loMs, hiMs, exact)
      // All machines of a door together have more pairs than each alone; they agree if their clocks do, else they have no majority.
      if (wholeB !== undefined) cast(a, wholeB, loMs, hiMs, exact)
      if (wholeA !== undefined && wholeA !== wholeB) {
        cast(wholeA, b, loMs, hiMs, exact)
        if (wholeB !== undefined) cast(wholeA, wholeB, loMs, hiMs, exact)
      }
    },
    between(from, to) {
      if (from === to) return itself
      const known = paths.get(from)?.get(to)
      if (known !== undefined) return known ?? undefined
      if (pathCount >= pathsMax) forgetPaths()
      const row = paths.get(from) ?? new Map<string, Estimate | null>()
      const found = shortest(from, to)
      paths.set(from, row.set(to, found ?? null))
      pathCount += 1
      return found
    },
    list() {
      const rows: { clock: string; against: string; estimate: Estimate }[] = []
      for (const [edge, [low, high]] of ends) {
        const found = estimateOf(edge)
        if (found) rows.push({ clock: low, against: high, estimate: found })
      }
      return rows
    },
    takeChanged() {
      const changed = new Set<string>()
      for (const edge of dirty) {
        const before = edge.estimate
        const now = estimateOf(edge)
        const moved =
          before === undefined
            ? now !== undefined
            : now === undefined || Math.abs(now.offsetMs - before.offsetMs) > Math.max(20, before.spreadMs / 2)
        const narrowed = before !== undefined && now !== undefined && now.spreadMs < before.spreadMs / 2
        if (moved || narrowed) for (const end of ends.get(edge) ?? []) changed.add(end)
      }
      dirty.clear()
      if (changed.size > 0) forgetPaths()
      return changed
    },
  }

  function forgetPaths(): void {
    paths = new Map()
    pathCount = 0
  }

  function hasEstimate(clock: string): boolean {
    for (const edge of edges.get(clock)?.values() ?? []) if (estimateOf(edge)) return true
    return false
  }

  /** The path whose spreads add up to the least. Direct comparisons win over detours unless they are much worse. */
  function shortest(from: string, to: string): Estimate | undefined {
    const best = new Map<string, Estimate>([[from, { offsetMs: 0, spreadMs: 0, pairs: Number.MAX_SAFE_INTEGER }]])
    let frontier = [from]
    for (let hop = 0; hop < hopsMax && frontier.length > 0; hop += 1) {
      const reached = new Set<string>()
      for (const at of frontier) {
        const here = best.get(at)
        if (!here || at === to) continue
        const consider = (other: string, sign: number, found: Estimate) => {
          const candidate: Estimate = {
            offsetMs: here.offsetMs + sign * found.offsetMs,
            // Few pairs that agree may do so by chance.
            spreadMs: Math.hypot(here.spreadMs, found.spreadMs * (1 + 6 / found.pairs)),
            pairs: Math.min(here.pairs, found.pairs),
          }
          const known = best.get(other)
          if (known && known.spreadMs <= candidate.spreadMs) return
          best.set(other, candidate)
          reached.add(other)
        }
        for (const [other, edge] of edges.get(at) ?? []) {
          const found = estimateOf(edge)
          if (found) consider(other, at < other ? 1 : -1, found)
        }
        // A machine's clock is its door's, where the door as a whole has one.
        const whole = wholeOf(at)
        if (whole !== undefined && hasEstimate(whole)) consider(whole, 1, asOne)
        if (at.endsWith('|*') && to.startsWith(at.slice(0, -1))) consider(to, 1, asOne)
      }
      frontier = [...reached]
    }
    return best.get(to)
  }
}

/**
 * The offset that most votes allow. Undefined while too few agree, or while another offset has nearly as many votes.
 * Exact pairs count four times: a destination is named by chance more easily than a 5-tuple is met by chance.
 */
export function estimate(votes: readonly Vote[]): Estimate | undefined {
  if (votes.length === 0) return undefined
  const weightOf = (vote: Vote) => (vote.exact ? 4 : 4 / (4 + (vote.hiMs - vote.loMs) / 2_000))
  const marks: { atMs: number; weight: number }[] = []
  for (const vote of votes) {
    const weight = weightOf(vote)
    marks.push({ atMs: vote.loMs - jitterMs, weight }, { atMs: vote.hiMs + jitterMs, weight: -weight })
  }
  marks.sort((a, b) => a.atMs - b.atMs || b.weight - a.weight)
  let weight = 0
  let best = { weight: 0, fromMs: 0, toMs: 0 }
  const plateaus: { weight: number; fromMs: number; toMs: number }[] = []
  for (const [index, mark] of marks.entries()) {
    weight += mark.weight
    const next = marks[index + 1]
    if (!next || next.atMs === mark.atMs) continue
    const plateau = { weight, fromMs: mark.atMs, toMs: next.atMs }
    plateaus.push(plateau)
    if (weight > best.weight + 1e-9) best = plateau
  }
  const middle = (best.fromMs + best.toMs) / 2
  const inside = votes.filter((vote) => vote.loMs - jitterMs <= middle && middle <= vote.hiMs + jitterMs)
  const exact = inside.filter((vote) => vote.exact)
  // Two exact pairs, or enough weaker ones, must agree; a lone pair may be chance.
  if (exact.length < 2 && (best.weight < 3 || inside.length < 3)) return undefined
  if (best.weight < byChance(votes.map(weightOf), marks, best.toMs - best.fromMs)) return undefined
  const apartMs = 2_000 + (best.toMs - best.fromMs)
  const rival = plateaus.reduce(
    (most, plateau) =>
      plateau.toMs < best.fromMs - apartMs || plateau.fromMs > best.toMs + apartMs
        ? Math.max(most, plateau.weight)
        : most,
    0,
  )
  if (rival > best.weight * (exact.length >= 2 ? 0.7 : 0.55)) return undefined
  if (exact.length >= 2) {
    const middles = exact.map((vote) => (vote.loMs + vote.hiMs) / 2)
    const offsetMs = median(middles)
    const spreadMs = 1.4826 * median(middles.map((each) => Math.abs(each - offsetMs))) + 15
    return { offsetMs: round(offsetMs), spreadMs: round(spreadMs), pairs: exact.length }
  }
  // The widening by jitter is not knowledge: taken off again.
  const width = Math.max(0, best.toMs - best.fromMs - 2 * jitterMs)
  return { offsetMs: round(middle), spreadMs: round(width / 3.46 + jitterMs / 2), pairs: inside.length }
}

/** Weight that chance pairs alone would easily heap up somewhere: their density, and five times its scatter. */
function byChance(weights: readonly number[], marks: readonly { atMs: number }[], widthMs: number): number {
  const [first, last] = [marks[0]?.atMs ?? 0, marks.at(-1)?.atMs ?? 0]
  const rangeMs = last - first
  if (rangeMs < 5_000 || weights.length < 8) return 0
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const expected = (total * (widthMs + 2 * jitterMs)) / rangeMs
  return expected + 5 * Math.sqrt(expected)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? upper)) / 2
}

const round = (ms: number): number => Math.round(ms * 10) / 10

/** `otlp/x|node-1` -> `otlp/x|*`; undefined for what is a whole already. */
function wholeOf(clock: string): string | undefined {
  const bar = clock.lastIndexOf('|')
  return bar < 0 || bar === clock.length - 1 || clock.endsWith('|*') ? undefined : `${clock.slice(0, bar)}|*`
}

function inOrder(a: string, b: string): [string, string] {
  return a < b ? [a, b] : [b, a]
}
