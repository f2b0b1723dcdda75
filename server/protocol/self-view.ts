// How this server is doing, as it measured itself: for the page about it and for whoever watches the watcher.
import { z } from 'zod'
import { AtMs } from './ids.ts'

/** One step of the course. A figure that nothing was measured for is absent, never nought. */
export const SelfStep = z.object({
  /** Its end. */
  atMs: AtMs,
  /** Made durable within the step. */
  events: z.number(),
  commits: z.number(),
  /** From handing a batch to the database until it was durable. */
  commitMsP50: z.number().optional(),
  commitMsP99: z.number().optional(),
  /** Rows that waited for the database at the end of the step. */
  queuedRows: z.number(),
  /** By how much the event loop was late: its 99th percentile. */
  loopLateMsP99: z.number().optional(),
  /** Of one core, 0 to 100 and more. */
  cpuPercent: z.number(),
  rssBytes: z.number(),
  heapBytes: z.number(),
  /** Open file descriptors; absent where the system does not tell. */
  handles: z.number().optional(),
  browsers: z.number(),
  probes: z.number(),
  /** Samples dropped under load since the start. */
  samplesShed: z.number(),
  databaseConnected: z.boolean(),
})
export type SelfStep = z.infer<typeof SelfStep>

/** `GET /api/self` */
export const SelfView = z.object({
  atMs: AtMs,
  startedAtMs: AtMs,
  /** Of Node.js. */
  runtime: z.string(),
  stepMs: z.number(),
  /** Oldest first. */
  steps: z.array(SelfStep),
  /** What failed in here, by what was being done; the server's log has the errors themselves. */
  errors: z.array(z.object({ context: z.string(), count: z.number(), lastAtMs: AtMs })),
})
export type SelfView = z.infer<typeof SelfView>
