// The course of the server's own figures. Pure and bounded: steps of a fixed length, the oldest leave.
import type { SelfStep } from '../protocol/self-view.ts'

export const selfStepMs = 10_000
/** Half an hour. */
export const selfStepsMax = 180
const commitsMax = 4_096
const contextsMax = 100

/** What is read when a step ends; what happened within it was noted before. */
export type SelfReading = Omit<SelfStep, 'atMs' | 'events' | 'commits' | 'commitMsP50' | 'commitMsP99'>

export function createSelfCourse() {
  const steps: SelfStep[] = []
  const errors = new Map<string, { count: number; lastAtMs: number }>()
  let commitsMs: number[] = []
  let commits = 0
  let events = 0

  return {
    /** A batch was made durable. */
    committed(rows: number, tookMs: number): void {
      commits += 1
      events += rows
      // Of more in one step than can be kept, each later one takes a place of those before in turn.
      if (commitsMs.length < commitsMax) commitsMs.push(tookMs)
      else commitsMs[commits % commitsMax] = tookMs
    },
    failed(context: string, atMs: number): void {
      const known = errors.get(context)
      if (known) {
        known.count += 1
        known.lastAtMs = atMs
      } else if (errors.size < contextsMax) errors.set(context, { count: 1, lastAtMs: atMs })
    },
    /** Ends the step that goes on. */
    step(atMs: number, reading: SelfReading): void {
      const sorted = commitsMs.sort((a, b) => a - b)
      const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
      const [p50, p99] = [at(0.5), at(0.99)]
      steps.push({
        atMs,
        events,
        commits,
        ...(p50 !== undefined && { commitMsP50: p50 }),
        ...(p99 !== undefined && { commitMsP99: p99 }),
        ...reading,
      })
      if (steps.length > selfStepsMax) steps.shift()
      commitsMs = []
      commits = 0
      events = 0
    },
    steps: (): SelfStep[] => [...steps],
    /** Newest first. */
    errors: () => [...errors].map(([context, each]) => ({ context, ...each })).sort((a, b) => b.lastAtMs - a.lastAtMs),
  }
}
