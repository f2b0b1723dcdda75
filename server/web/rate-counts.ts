// How often one address may ask one path of better-auth, in windows that end. Its own counts are kept for the whole process, shared by every
// server in it, and go on for as long as tries come less than a window apart: a team behind one address would be counted without end.
import { createWindowCounts } from './window-counts.ts'

/** What better-auth asks of a store of counts. `window`: seconds. */
export type RateCounts = {
  consume(key: string, rule: { window: number; max: number }): Promise<{ allowed: boolean; retryAfter: number | null }>
}

export function createRateCounts(nowMs: () => number): RateCounts {
  const counts = createWindowCounts()
  return {
    // Counted before anything is waited for: many at once are many.
    async consume(key, { window, max }) {
      const now = nowMs()
      const known = counts.countOf(key, window * 1_000, now)
      if (known.count >= max) return { allowed: false, retryAfter: Math.ceil((known.endsAtMs - now) / 1_000) }
      known.count += 1
      return { allowed: true, retryAfter: null }
    },
  }
}
