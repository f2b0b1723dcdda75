// The course of Vigil's own tests of its pipe: which are on their way, how long the others took, which never came. Time and marks are arguments.
import { type CanaryView, latencyOf } from '../protocol/canary-view.ts'

/** One that takes longer is missed: an operator would have looked at an old screen for that long. */
export const canaryLateMs = 10_000
const latenciesKept = 360

export type CanaryCourse = {
  sent(mark: string, atMs: number): void
  /** It came out of the log. Undefined: not one of ours, or it was given up before; anybody may post such an event. */
  back(mark: string, atMs: number): { n: number; sentAtMs: number } | undefined
  failed(mark: string, problem: string): void
  /** Gives up what is late. */
  look(atMs: number): void
  view(): Omit<CanaryView, 'everyMs'>
}

export function createCanaryCourse(): CanaryCourse {
  const underway = new Map<string, { n: number; sentAtMs: number }>()
  const latencies: number[] = []
  let sent = 0
  let missed = 0
  let lastSentAtMs: number | undefined
  let lastBackAtMs: number | undefined
  let problem: string | undefined

  function miss(mark: string, why: string): void {
    if (!underway.delete(mark)) return
    missed += 1
    problem = why
  }

  return {
    sent(mark, atMs) {
      sent += 1
      lastSentAtMs = atMs
      underway.set(mark, { n: sent, sentAtMs: atMs })
    },
    back(mark, atMs) {
      const test = underway.get(mark)
      if (test === undefined) return undefined
      underway.delete(mark)
      latencies.push(Math.max(0, atMs - test.sentAtMs))
      if (latencies.length > latenciesKept) latencies.shift()
      lastBackAtMs = atMs
      problem = undefined
      return test
    },
    failed: miss,
    look(atMs) {
      for (const [mark, { sentAtMs }] of underway)
        if (atMs - sentAtMs > canaryLateMs) miss(mark, `not back within ${canaryLateMs / 1_000} s`)
    },
    view() {
      const pipeline = latencyOf(latencies)
      return {
        sent,
        missed,
        ...(lastSentAtMs !== undefined && { lastSentAtMs }),
        ...(lastBackAtMs !== undefined && { lastBackAtMs }),
        ...(problem !== undefined && { problem }),
        ...(pipeline && { pipeline }),
      }
    },
  }
}
