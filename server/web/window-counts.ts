// Counts in windows that end by themselves, of so many things at most: when there are too many, those that are over leave, then the oldest.
const countsMax = 20_000
/** Looking through all of them costs too much to be done with every stranger's request. */
const sweepMs = 1_000

export type WindowCount = { count: number; endsAtMs: number }

export function createWindowCounts() {
  const counts = new Map<string, WindowCount>()
  let sweptAtMs = Number.NEGATIVE_INFINITY

  function makeRoom(nowMs: number): void {
    if (nowMs - sweptAtMs >= sweepMs) {
      sweptAtMs = nowMs
      for (const [key, { endsAtMs }] of counts) if (endsAtMs <= nowMs) counts.delete(key)
    }
    if (counts.size >= countsMax) counts.delete(counts.keys().next().value as string)
  }

  return {
    /** The count of this window, to be raised by the caller; a new one where there is none, or where it is over. */
    countOf(key: string, windowMs: number, nowMs: number): WindowCount {
      const known = counts.get(key)
      if (known && nowMs < known.endsAtMs) return known
      counts.delete(key)
      if (counts.size >= countsMax) makeRoom(nowMs)
      const fresh = { count: 0, endsAtMs: nowMs + windowMs }
      counts.set(key, fresh)
      return fresh
    },
    /** One less. What has nothing counted any more takes no room, or who counts nothing could push others out. */
    giveBack(key: string): void {
      const known = counts.get(key)
      if (known && --known.count <= 0) counts.delete(key)
    },
    forget(key: string): void {
      counts.delete(key)
    },
  }
}
