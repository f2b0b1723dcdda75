// How often one address may ask one path of better-auth, in windows that end. Its own counts are kept for the whole process, shared by every
// server in it, and go on for as long as tries come less than a window apart: a team behind one address would be counted without end.

const countsMax = 20_000

type Count = { count: number; endsAtMs: number }

/** What better-auth asks of a store of counts. `window`: seconds. */
export type RateCounts = {
  consume(key: string, rule: { window: number; max: number }): Promise<{ allowed: boolean; retryAfter: number | null }>
}

export function createRateCounts(nowMs: () => number): RateCounts {
  const counts = new Map<string, Count>()

  function makeRoom(now: number): void {
    for (const [key, { endsAtMs }] of counts) if (endsAtMs <= now) counts.delete(key)
    if (counts.size >= countsMax) counts.delete(counts.keys().next().value as string)
  }

  return {
    // Counted before anything is waited for: many at once are many.
    async consume(key, { window, max }) {
      const now = nowMs()
      const known = counts.get(key)
      if (known && now < known.endsAtMs) {
        if (known.count >= max) return { allowed: false, retryAfter: Math.ceil((known.endsAtMs - now) / 1_000) }
        known.count += 1
        return { allowed: true, retryAfter: null }
      }
      if (!known && counts.size >= countsMax) makeRoom(now)
      counts.set(key, { count: 1, endsAtMs: now + window * 1_000 })
      return { allowed: true, retryAfter: null }
    },
  }
}
