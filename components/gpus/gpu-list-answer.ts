// The answer of `GET /api/gpus`.
import { z } from 'zod'
import { GpuPrices, GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'

export const GpuListAnswer = z.object({
  gpus: z.array(GpuTruthView),
  totals: z.object({ offTaskGpuMs: z.number(), offTaskCostUsd: z.number(), unpricedOffTaskGpuMs: z.number() }),
  prices: z.object({ usdPerGpuHour: GpuPrices, assumed: z.boolean() }),
  /** Of a moment of the past: what is kept of its readings. */
  readings: z.enum(['whole', 'minutes', 'none']).optional(),
})
export type GpuListAnswer = z.infer<typeof GpuListAnswer>
