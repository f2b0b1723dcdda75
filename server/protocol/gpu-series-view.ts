// The course of one GPU's readings, as its charts show it: steps of one width, and nothing where nothing was read.
import { z } from 'zod'
import { AtMs, HostId } from './ids.ts'

/** One step in which at least one reading was taken. A figure that the driver did not give in it is absent, never zero. */
export const GpuStep = z.object({
  /** When the step begins. */
  atMs: AtMs,
  /** Mean of the step, and beside it the most: a short burst must not hide in a mean. */
  utilPercent: z.number().optional(),
  utilPercentMost: z.number().optional(),
  memoryBandwidthPercent: z.number().optional(),
  memoryBandwidthPercentMost: z.number().optional(),
  powerWatts: z.number().optional(),
  powerWattsMost: z.number().optional(),
  /** The most of the step. */
  memoryUsedBytes: z.number().optional(),
  temperatureC: z.number().optional(),
})
export type GpuStep = z.infer<typeof GpuStep>

export const GpuSeries = z.object({
  host: HostId,
  gpu: z.string(),
  fromMs: AtMs,
  toMs: AtMs,
  /** Width of a step. */
  stepMs: z.number(),
  /** How far apart its readings usually are; absent with fewer than two. Steps much further apart have a gap between them. */
  cadenceMs: z.number().optional(),
  /** Oldest first. */
  steps: z.array(GpuStep),
})
export type GpuSeries = z.infer<typeof GpuSeries>
