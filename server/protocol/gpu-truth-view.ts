// What the console says of a GPU: its readings, who uses it beside who should, and what off-task use took.
import { z } from 'zod'
import { AtMs, HostId, SessionId } from './ids.ts'

export const GpuPoint = z.object({
  atMs: AtMs,
  utilPercent: z.number().optional(),
  memoryBandwidthPercent: z.number().optional(),
  powerWatts: z.number().optional(),
})
export type GpuPoint = z.infer<typeof GpuPoint>

export const GpuTruthView = z.object({
  host: HostId,
  /** False: its probe is not heard, so who uses it is not known now. */
  heard: z.boolean(),
  gpu: z.string(),
  index: z.number().optional(),
  model: z.string().optional(),
  /** Newest reading; absent: never read. */
  reading: z
    .object({
      atMs: AtMs,
      utilPercent: z.number().optional(),
      memoryBandwidthPercent: z.number().optional(),
      memoryUsedBytes: z.number().optional(),
      memoryTotalBytes: z.number().optional(),
      powerWatts: z.number().optional(),
      powerLimitWatts: z.number().optional(),
      temperatureC: z.number().optional(),
      smClockMhz: z.number().optional(),
      memoryClockMhz: z.number().optional(),
      throttling: z.array(z.string()).optional(),
      user: z.string().optional(),
    })
    .optional(),
  /** Oldest first, at most 300. */
  points: z.array(GpuPoint),
  /** `not known`: nothing new enough says whether anybody uses it. */
  verdict: z.enum(['idle', 'expected', 'off-task', 'unplanned', 'unknown user', 'not known']),
  expected: z.object({ worker: z.string().optional(), sessions: z.array(SessionId) }).optional(),
  users: z.array(
    z.object({
      pid: z.number(),
      name: z.string(),
      session: SessionId.optional(),
      sinceMs: AtMs,
      expected: z.boolean(),
      /** Its session is read as paused: it holds memory and computes nothing. */
      paused: z.boolean().optional(),
    }),
  ),
  faults: z.array(z.object({ atMs: AtMs, xid: z.number().optional(), message: z.string().optional() })),
  offTaskMs: z.number(),
  /** Absent: no price is known for this model. */
  usdPerHour: z.number().optional(),
  /** Absent: no price is known for this model. */
  offTaskCostUsd: z.number().optional(),
  offTaskBySession: z.array(z.object({ session: SessionId.optional(), ms: z.number() })),
})
export type GpuTruthView = z.infer<typeof GpuTruthView>

/** USD per GPU-hour by a part of the model's name, lower case; the longest part that fits counts. 0: not known. */
export const GpuPrices = z.record(z.string().min(1).max(64), z.number().min(0).max(1_000))
export type GpuPrices = z.infer<typeof GpuPrices>

/** An assumption, of the order of public cloud list prices, until an administrator says what a GPU-hour costs here. */
export const assumedGpuPrices: GpuPrices = {
  h200: 3.5,
  h100: 2.5,
  a100: 1.5,
  l40: 1,
  l4: 0.6,
  t4: 0.35,
  'rtx 4080': 0.4,
}
