// What the console says of its own pipe: a synthetic event is posted at the ingest door every few seconds, and looked for where facts come out.
import { z } from 'zod'
import { AtMs } from './ids.ts'

/** Milliseconds over the newest tests; absent before the first that came back. */
const Latency = z.object({ lastMs: z.number(), p50Ms: z.number(), maxMs: z.number(), count: z.int() })
export type Latency = z.infer<typeof Latency>

export const CanaryView = z.object({
  /** Absent: this server is set up not to test itself. */
  everyMs: z.number().optional(),
  sent: z.int(),
  /** Posted, and not seen to come out in time. */
  missed: z.int(),
  lastSentAtMs: AtMs.optional(),
  lastBackAtMs: AtMs.optional(),
  /** The newest problem of the posting, in words; absent when the newest test came back. */
  problem: z.string().optional(),
  /** From posting to being told to the browsers: parsed, durable, reduced, announced. */
  pipeline: Latency.optional(),
})
export type CanaryView = z.infer<typeof CanaryView>

/** Of the tests kept, oldest first. */
export function latencyOf(latenciesMs: readonly number[]): Latency | undefined {
  const lastMs = latenciesMs.at(-1)
  if (lastMs === undefined) return undefined
  const sorted = [...latenciesMs].sort((a, b) => a - b)
  return {
    lastMs,
    p50Ms: sorted[Math.floor((sorted.length - 1) / 2)] ?? lastMs,
    maxMs: sorted.at(-1) ?? lastMs,
    count: sorted.length,
  }
}
