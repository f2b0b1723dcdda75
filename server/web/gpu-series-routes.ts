// The course of one GPU over HTTP: few enough steps to draw, whatever span is asked for.
import { createRoute, z } from '@hono/zod-openapi'
import type { ConsoleState } from '../model/state.ts'
import { GpuSeries } from '../protocol/gpu-series-view.ts'
import { AtMs, HostId } from '../protocol/ids.ts'
import { ShortText } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import { namesOfGpu } from './gpu-names.ts'
import { requireScope } from './identity.ts'
import type { Clock, PastPort, SamplesPort } from './ports.ts'
import { ProblemError } from './problem.ts'
import { AtQuery, readAt } from './replay-routes.ts'

const hourMs = 3_600_000
/** A longer span reads more rows than anybody should wait for. */
const spanMaxMs = 48 * hourMs
const defaultSpanSeconds = 15 * 60
const stepsMax = 360
const stepMinMs = 1_000

const AtMsText = z.coerce.number().pipe(AtMs)

const seriesRoute = createRoute({
  method: 'get',
  path: '/api/gpus/{host}/{gpu}/samples',
  summary: `Readings of one GPU (its uuid or index-N) over a span of at most 48 h, in at most ${stepsMax} steps; what was not read is absent`,
  request: {
    params: z.object({ host: HostId, gpu: ShortText }),
    query: z.object({
      from: AtMsText.optional().describe('epoch milliseconds'),
      to: AtMsText.optional().describe('epoch milliseconds, not part of the span; default now'),
      last: z.coerce
        .number()
        .int()
        .min(60)
        .max(spanMaxMs / 1_000)
        .default(defaultSpanSeconds)
        .describe('seconds before `to`, where `from` is not given'),
      at: AtQuery,
    }),
  },
  responses: { 200: { description: 'its course', content: { 'application/json': { schema: GpuSeries } } } },
})

type Span = { host: string; names: readonly string[]; fromMs: number; toMs: number; stepMs: number }
export type ReadGpuSeries = (span: Span) => Promise<Pick<GpuSeries, 'steps' | 'cadenceMs'>>

export function gpuSeriesRoutes(given: {
  state: ConsoleState
  samples: SamplesPort
  past: PastPort
  clock: Clock
  readSeries: ReadGpuSeries
}) {
  return (app: ApiApp): void => {
    app.openapi(seriesRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { host, gpu } = c.req.valid('param')
      const { at, ...asked } = c.req.valid('query')
      const then = await readAt(given, c.req, at, 'gpuNames', { host, gpu })
      // Nothing that was read after the moment; a reading of that very millisecond is part of it.
      const endMs = then ? then.atMs + 1 : given.clock.nowMs()
      const { fromMs, toMs } = spanOf(then ? { ...asked, to: Math.min(asked.to ?? endMs, endMs) } : asked, endMs)
      // Whole steps, so that a step does not change its readings while the span moves on.
      const stepMs = stepOf(toMs - fromMs)
      const span = { fromMs: Math.floor(fromMs / stepMs) * stepMs, toMs, stepMs }
      const names = then
        ? then.answer
        : namesOfGpu([...given.state.gpus.values(), ...given.samples.history.gpus.values()], host, gpu)
      const series = await given.readSeries({ host, names: names ?? [gpu], ...span })
      if (names === undefined && series.steps.length === 0)
        throw new ProblemError(
          404,
          'Not found',
          'no GPU of this name is known, and nothing was read of it in this span',
        )
      return c.json({ host, gpu, ...span, ...series }, 200)
    })
  }
}

function spanOf(query: { from?: number | undefined; to?: number | undefined; last: number }, nowMs: number) {
  const toMs = query.to ?? nowMs
  const fromMs = query.from ?? Math.max(0, toMs - query.last * 1_000)
  if (fromMs >= toMs) throw new ProblemError(422, 'Request does not fit', 'from: must be before to')
  if (toMs - fromMs > spanMaxMs) throw new ProblemError(422, 'Request does not fit', 'from, to: 48 hours apart at most')
  return { fromMs, toMs }
}

/** Whole seconds. */
function stepOf(spanMs: number): number {
  return Math.max(stepMinMs, Math.ceil(spanMs / (stepsMax - 1) / 1_000) * 1_000)
}
