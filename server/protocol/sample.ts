// Samples: readings that may be shed under load (and are then counted as a gap), unlike events. They have a table of their own.
import { z } from 'zod'
import { AtMs, HostId, SessionId } from './ids.ts'
import { ShortText } from './text.ts'

const Bytes = z.number().min(0)

/** One session's resource reading. Byte counters are cumulative since the session started. */
export const SessionSample = z.object({
  type: z.literal('session'),
  atMs: AtMs,
  session: SessionId,
  /** 100 = one whole core. */
  cpuPercent: z.number().min(0),
  /** Absent when it could not be read. */
  memoryBytes: Bytes.optional(),
  /** TCP payload and, where counted, UDP bytes sent to anywhere but the session itself. */
  bytesOut: Bytes,
  bytesIn: Bytes,
  processCount: z.int().min(0),
  connectionCount: z.int().min(0),
  /** Live byte counters of open connections, keyed by connection id. */
  connections: z
    .array(
      z.object({
        connection: ShortText,
        bytesOut: Bytes.optional(),
        bytesIn: Bytes.optional(),
        state: ShortText.optional(),
      }),
    )
    .max(1_000)
    .optional(),
})
export type SessionSample = z.infer<typeof SessionSample>

/** One GPU's reading, from nvidia-smi or a recorded file of it. Absent = the driver said N/A. */
export const GpuSample = z.object({
  type: z.literal('gpu'),
  atMs: AtMs,
  host: HostId,
  gpu: ShortText,
  index: z.int().min(0),
  utilPercent: z.number().optional(),
  memoryBandwidthPercent: z.number().optional(),
  memoryUsedBytes: Bytes.optional(),
  memoryTotalBytes: Bytes.optional(),
  powerWatts: z.number().optional(),
  temperatureC: z.number().optional(),
  smClockMhz: z.number().optional(),
  memoryClockMhz: z.number().optional(),
  powerLimitWatts: z.number().optional(),
  /** Why the clocks are held down, as the driver names it: `sw_power_cap`, `hw_thermal_slowdown`. Empty: nothing holds them. */
  throttling: z.array(ShortText).max(16).optional(),
  /** Product name, where this reading says it. */
  model: ShortText.optional(),
  /** Whom the exporter names as the user: `namespace/pod/container`. */
  user: ShortText.optional(),
})
export type GpuSample = z.infer<typeof GpuSample>

export const Sample = z.discriminatedUnion('type', [SessionSample, GpuSample])
export type Sample = z.infer<typeof Sample>
