// GPUs as they were known at a moment: who used them from the state of then, readings from the store of readings.
import { assumedGpuPrices, type GpuPrices, type GpuTruthView } from '../protocol/gpu-truth-view.ts'
import type { GpuPriceStore, ReadGpusAt } from './gpu-routes.ts'
import type { Clock, PastPort, PipelinePort, SamplesPort } from './ports.ts'
import { readAt } from './replay-routes.ts'

export type GpusAtPorts = {
  pipeline: PipelinePort
  samples: SamplesPort
  prices: GpuPriceStore
  past: PastPort
  readGpusAt: ReadGpusAt
  clock: Clock
}

export type GpusAt = {
  all: GpuTruthView[]
  usdPerGpuHour: GpuPrices
  assumed: boolean
  readings: 'whole' | 'minutes' | 'none'
}

/** `points`: readings of each, newest last. Names are all that is taken from now: each GPU that was ever named may have been read then. */
export async function gpusAt(
  { pipeline, samples, prices, past, readGpusAt, clock }: GpusAtPorts,
  { atMs, req, host, points }: { atMs: number; req: { raw: Request }; host?: string | undefined; points: number },
): Promise<GpusAt> {
  const own = prices.read()
  const usdPerGpuHour = own ?? assumedGpuPrices
  const named = [...pipeline.state.gpus.values(), ...samples.history.gpus.values()]
  const names = named
    .filter((each) => host === undefined || each.host === host)
    .flatMap((each) => [
      { host: each.host, gpu: each.gpu },
      ...(each.index === undefined ? [] : [{ host: each.host, gpu: `index-${each.index}` }]),
    ])
  const { samples: read, kept } = await readGpusAt({ atMs, names, points })
  const query = { samples: read, prices: usdPerGpuHour }
  const then = await readAt({ past, clock }, req, String(atMs), 'gpus', query)
  return { all: then?.answer ?? [], usdPerGpuHour, assumed: own === undefined, readings: kept }
}
