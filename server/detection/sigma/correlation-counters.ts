// What one group of a correlation remembers. Times may come slightly out of order, and some are lies: an event from the far future must not push
// out what is known of the present, so windows are looked at around each event, never behind the newest. Everything has a fixed size: more lies
// than `slack` do dilute a count, so whoever makes events should hand in times that the log vouches for.

export type Counted = {
  atMs: number
  /** Grows from event to event: tells apart what happened in one millisecond. */
  order: number
  /** Place of the rule in the correlation's list. */
  member: number
  /** What `value_count` counts; empty otherwise. */
  values: readonly string[]
}

export type Counter = {
  /** Returns how many earlier entries had to be forgotten for it. */
  add(counted: Counted): number
  /** Whether some window that holds this event counts at least `min`. */
  reaches(counted: Counted, min: number): boolean
  /** From `startMs` for the length of a window. */
  countFrom(startMs: number): number
  clear(): void
}

const slack = 16

/** Entries that a counter holds at most, for a condition about counts up to `most`. */
export function capacityFor(most: number): number {
  return most + slack
}

/** `event_count`: times in order. */
export class EventCounter implements Counter {
  readonly #spanMs: number
  readonly #capacity: number
  #times: number[] = []

  constructor(spanMs: number, most: number) {
    this.#spanMs = spanMs
    this.#capacity = capacityFor(most)
  }

  add({ atMs }: Counted): number {
    const times = this.#times
    let at = times.length
    while (at > 0 && (times[at - 1] as number) > atMs) at--
    if (at === times.length) times.push(atMs)
    else times.splice(at, 0, atMs)
    if (times.length <= this.#capacity) return 0
    // The one that is farthest from the present event.
    const [first = 0, last = 0] = [times[0], times.at(-1)]
    if (atMs - first >= last - atMs) times.shift()
    else times.pop()
    return 1
  }

  reaches({ atMs }: Counted, min: number): boolean {
    const times = this.#times
    let place = times.length - 1
    while (place > 0 && (times[place] as number) > atMs) place--
    const last = Math.min(times.length - 1, place + min - 1)
    for (let end = place; end <= last; end++) {
      const start = end - min + 1
      if (start >= 0 && start <= place && (times[end] as number) - (times[start] as number) <= this.#spanMs) return true
    }
    return false
  }

  countFrom(startMs: number): number {
    return this.#times.filter((time) => time >= startMs && time <= startMs + this.#spanMs).length
  }

  clear(): void {
    this.#times = []
  }
}

/** `value_count`: when each value was last seen, those seen last at the end. */
export class ValueCounter implements Counter {
  readonly #spanMs: number
  readonly #capacity: number
  readonly #seen = new Map<string, number>()

  constructor(spanMs: number, most: number) {
    this.#spanMs = spanMs
    this.#capacity = 2 * capacityFor(most)
  }

  add({ atMs, values }: Counted): number {
    let forgotten = 0
    for (const value of values) {
      const before = this.#seen.get(value)
      this.#seen.delete(value)
      const isNear = before !== undefined && before > atMs && before - atMs <= this.#spanMs
      this.#seen.set(value, isNear ? before : atMs)
      if (this.#seen.size > this.#capacity) {
        for (const oldest of this.#seen.keys()) {
          this.#seen.delete(oldest)
          break
        }
        forgotten++
      }
    }
    return forgotten
  }

  reaches({ atMs }: Counted, min: number): boolean {
    if (this.#seen.size < min) return false
    const near = [...this.#seen.values()].filter((time) => Math.abs(time - atMs) <= this.#spanMs).sort((a, b) => a - b)
    for (let start = 0, end = 0; start < near.length && (near[start] as number) <= atMs; start++) {
      while (end < near.length && (near[end] as number) - (near[start] as number) <= this.#spanMs) end++
      const holdsIt = end > 0 && (near[end - 1] as number) >= atMs
      if (holdsIt && end - start >= min) return true
    }
    return false
  }

  countFrom(startMs: number): number {
    let count = 0
    for (const time of this.#seen.values()) if (time >= startMs && time <= startMs + this.#spanMs) count++
    return count
  }

  clear(): void {
    this.#seen.clear()
  }
}

const recentMax = 48

/**
 * `temporal` and `temporal_ordered`. In the usual case, time going on, a few numbers are exact, whatever floods in: the last time of each
 * rule, and for each length of a sequence the latest time that one began. For what comes late, the last events are looked through again.
 */
export class SequenceCounter implements Counter {
  readonly #spanMs: number
  readonly #members: number
  readonly #isOrdered: boolean
  #last: (number | undefined)[] = []
  /** `#began[n]`: the latest beginning of a sequence of the first n + 1 rules, and the order of its last step. */
  #began: ({ atMs: number; order: number } | undefined)[] = []
  #newestMs = Number.NEGATIVE_INFINITY
  #recent: Counted[] = []

  constructor(spanMs: number, members: number, isOrdered: boolean) {
    this.#spanMs = spanMs
    this.#members = members
    this.#isOrdered = isOrdered
  }

  add(counted: Counted): number {
    const { atMs, member } = counted
    const isLate = atMs < this.#newestMs
    this.#newestMs = Math.max(this.#newestMs, atMs)
    this.#recent.push(counted)
    const forgotten = this.#recent.length > recentMax ? 1 : 0
    if (forgotten > 0) this.#recent.shift()
    if (isLate) return forgotten
    this.#last[member] = atMs
    advance(this.#began, counted, this.#spanMs)
    return forgotten
  }

  reaches(counted: Counted, min: number): boolean {
    const isLate = counted.atMs < this.#newestMs
    if (this.#isOrdered) return isLate ? this.#sequenceAmongRecent(counted) : this.#endsSequence(counted)
    if (!isLate)
      return this.#last.filter((time) => time !== undefined && counted.atMs - time <= this.#spanMs).length >= min
    return this.#togetherAmongRecent(counted, min)
  }

  countFrom(startMs: number): number {
    const inside = this.#recent.filter(({ atMs }) => atMs >= startMs && atMs <= startMs + this.#spanMs)
    return new Set(inside.map(({ member }) => member)).size
  }

  clear(): void {
    this.#last = []
    this.#began = []
    this.#recent = []
  }

  #endsSequence({ atMs, member }: Counted): boolean {
    const began = this.#began[this.#members - 1]
    return member === this.#members - 1 && began !== undefined && atMs - began.atMs <= this.#spanMs
  }

  #togetherAmongRecent({ atMs }: Counted, min: number): boolean {
    const near = this.#recent.filter((each) => Math.abs(each.atMs - atMs) <= this.#spanMs)
    return near.some((start) => {
      if (start.atMs > atMs || start.atMs + this.#spanMs < atMs) return false
      const inside = near.filter((each) => each.atMs >= start.atMs && each.atMs <= start.atMs + this.#spanMs)
      return new Set(inside.map(({ member }) => member)).size >= min
    })
  }

  #sequenceAmongRecent({ atMs }: Counted): boolean {
    const near = this.#recent
      .filter((each) => Math.abs(each.atMs - atMs) <= this.#spanMs)
      .sort((a, b) => a.atMs - b.atMs || a.order - b.order || b.member - a.member)
    const began: ({ atMs: number; order: number } | undefined)[] = []
    for (const each of near) {
      advance(began, each, this.#spanMs)
      const start = began[this.#members - 1]
      if (each.member === this.#members - 1 && start !== undefined && start.atMs <= atMs && each.atMs >= atMs)
        return true
    }
    return false
  }
}

/**
 * A sequence of n rules goes on with rule n + 1. One event is one step, even where it matches several rules: it is shown as the later rules
 * before it is shown as the earlier ones.
 */
function advance(
  began: ({ atMs: number; order: number } | undefined)[],
  { atMs, order, member }: Counted,
  spanMs: number,
): void {
  if (member === 0) {
    began[0] = { atMs, order }
    return
  }
  const before = began[member - 1]
  if (before === undefined || before.order === order || atMs - before.atMs > spanMs) return
  began[member] = { atMs: before.atMs, order }
}
