// GPUs over HTTP: readings, expected user against actual user, off-task time and its cost; placements in; prices.
import { createRoute, z } from '@hono/zod-openapi'
import { projectGpus } from '../model/project-gpu.ts'
import type { SampleHistory } from '../model/sample-history.ts'
import type { Actor } from '../protocol/actor.ts'
import type { EventInput } from '../protocol/event.ts'
import { assumedGpuPrices, GpuPrices, GpuTruthView } from '../protocol/gpu-truth-view.ts'
import { AtMs, HostId, SessionId } from '../protocol/ids.ts'
import { ShortText } from '../protocol/text.ts'
import type { ApiApp } from './api-app.ts'
import { isNamed } from './gpu-names.ts'
import { type GpusAtPorts, gpusAt } from './gpus-at.ts'
import { actorOf, requireScope, roleOf } from './identity.ts'
import type { Clock } from './ports.ts'
import { ProblemError } from './problem.ts'
import { AtQuery, pastMomentOf } from './replay-routes.ts'

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } })

const listRoute = createRoute({
  method: 'get',
  path: '/api/gpus',
  summary: 'Every GPU: newest reading, who uses it beside who should, faults, off-task time and its cost',
  request: {
    query: z.object({
      host: HostId.optional().describe('of this host only'),
      gpu: ShortText.optional().describe('this one only: its uuid or index-N; with `host`'),
      points: z.coerce.number().int().min(0).max(300).default(300).describe('newest readings told with each'),
      at: AtQuery,
    }),
  },
  responses: {
    200: {
      description: 'GPUs by host and index, and totals',
      content: json(
        z.object({
          gpus: z.array(GpuTruthView),
          totals: z.object({
            offTaskGpuMs: z.number(),
            offTaskCostUsd: z.number().describe('of GPUs whose price is known'),
            unpricedOffTaskGpuMs: z.number(),
          }),
          prices: z.object({ usdPerGpuHour: GpuPrices, assumed: z.boolean() }),
          readings: z
            .enum(['whole', 'minutes', 'none'])
            .optional()
            .describe(
              'of a past moment: single readings, means of minutes where those are gone, or nothing kept of that time. Prices are those of now',
            ),
        }),
      ),
    },
  },
})

const Placement = z
  .strictObject({
    host: HostId,
    gpu: ShortText.optional(),
    index: z.int().min(0).optional(),
    worker: ShortText,
    session: SessionId.optional(),
    labels: z.record(z.string().max(128), ShortText).optional(),
    fromMs: AtMs.optional(),
    toMs: AtMs.optional(),
  })
  .refine(({ gpu, index }) => gpu !== undefined || index !== undefined, 'name the GPU by gpu (its uuid) or index')

const placementsRoute = createRoute({
  method: 'post',
  path: '/api/placements',
  summary: 'Who should use which GPU: {host, gpu|index} -> worker, and the session or labels that are expected there',
  request: {
    body: { required: true, content: json(z.object({ placements: z.array(Placement).min(1).max(500) })) },
  },
  responses: { 200: { description: 'recorded', content: json(z.object({ accepted: z.number() })) } },
})

const pricesRoute = createRoute({
  method: 'put',
  path: '/api/gpu-prices',
  summary: 'USD per GPU-hour, by a part of the model’s name',
  request: { body: { required: true, content: json(z.object({ usdPerGpuHour: GpuPrices })) } },
  responses: { 200: { description: 'kept', content: json(z.object({ usdPerGpuHour: GpuPrices })) } },
})

export type GpuPriceStore = { read(): GpuPrices | undefined; write(prices: GpuPrices): Promise<void> }

/** Newest readings of GPUs at or before a moment, by their source's clock. */
export type ReadGpusAt = (asked: {
  atMs: number
  names: readonly { host: string; gpu: string }[]
  points: number
}) => Promise<{ samples: SampleHistory; kept: 'whole' | 'minutes' | 'none' }>

export type GpuPorts = GpusAtPorts & {
  recordAudit: (by: Actor, change: string, subject: string) => Promise<void>
}

export function gpuRoutes(ports: GpuPorts) {
  const { pipeline, samples, prices, clock, recordAudit } = ports
  const projected = remembered(() => {
    const own = prices.read()
    const usdPerGpuHour = own ?? assumedGpuPrices
    const all = projectGpus(pipeline.state, samples.history, usdPerGpuHour, clock.nowMs())
    return { all, usdPerGpuHour, assumed: own === undefined }
  }, clock)
  return (app: ApiApp): void => {
    app.openapi(listRoute, async (c) => {
      requireScope(c.get('caller'), 'read')
      const { host, gpu, points, at } = c.req.valid('query')
      const atMs = pastMomentOf(at, clock.nowMs())
      const { all, usdPerGpuHour, assumed, ...told } =
        atMs === undefined ? projected() : await gpusAt(ports, { atMs, req: c.req, host, points })
      const gpus = all
        .filter((each) => (host === undefined || each.host === host) && (gpu === undefined || isNamed(each, gpu)))
        .map((each) => ({ ...each, points: points === 0 ? [] : each.points.slice(-points) }))
      const sum = (pick: (gpu: GpuTruthView) => number) => gpus.reduce((total, gpu) => total + pick(gpu), 0)
      const totals = {
        offTaskGpuMs: sum((gpu) => gpu.offTaskMs),
        offTaskCostUsd: sum((gpu) => gpu.offTaskCostUsd ?? 0),
        unpricedOffTaskGpuMs: sum((gpu) => (gpu.offTaskCostUsd === undefined ? gpu.offTaskMs : 0)),
      }
      return c.json({ gpus, totals, prices: { usdPerGpuHour, assumed }, ...told }, 200)
    })
    app.openapi(placementsRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'admin')
      const events = c.req.valid('json').placements.map(({ host, session, ...placement }): EventInput => {
        const data = { ...placement, ...(session !== undefined && { expectedSession: session }) }
        return { v: 1, kind: 'placement.recorded', atMs: clock.nowMs(), host, data: definedFields(data) }
      })
      const { accepted } = await pipeline.submit({ sender: { type: 'vigil' }, events, trust: 'operator' })
      await recordAudit(actorOf(caller), 'placements', `${accepted} placements recorded`)
      return c.json({ accepted }, 200)
    })
    app.openapi(pricesRoute, async (c) => {
      const caller = requireScope(c.get('caller'), 'admin')
      if (roleOf(caller) !== 'admin') throw new ProblemError(403, 'Not allowed', 'prices are an administrator’s to set')
      const { usdPerGpuHour } = c.req.valid('json')
      await prices.write(usdPerGpuHour)
      await recordAudit(actorOf(caller), 'gpu-prices', JSON.stringify(usdPerGpuHour).slice(0, 500))
      return c.json({ usdPerGpuHour }, 200)
    })
  }
}

/** Every open page asks for the whole fleet every few seconds: half a second's answer serves them all. */
const rememberedMs = 500

function remembered<T>(make: () => T, clock: Clock): () => T {
  let made: { value: T; atMs: number } | undefined
  return () => {
    const nowMs = clock.nowMs()
    if (made === undefined || Math.abs(nowMs - made.atMs) >= rememberedMs) made = { value: make(), atMs: nowMs }
    return made.value
  }
}

type PlacementData = Extract<EventInput, { kind: 'placement.recorded' }>['data']

function definedFields(data: { [K in keyof PlacementData]: PlacementData[K] | undefined }): PlacementData {
  const { worker = '', ...rest } = data
  return { worker, ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) }
}
