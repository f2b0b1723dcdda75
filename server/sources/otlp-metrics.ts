// OTLP metrics to facts: what agents count (tokens, cost, tool calls) becomes `metric.reported`; what collectors read of GPUs becomes GPU
// readings. Everything else is counted and left.
import type { EventInput } from '../protocol/event.ts'
import type { HostId } from '../protocol/ids.ts'
import type { GpuSample } from '../protocol/sample.ts'
import { badTimeReason, isTime, short } from './event-draft.ts'
import { eventIdOf } from './event-id.ts'
import { countOf, hostOf, shortText } from './normal-values.ts'
import { metricsOfJson } from './otlp-metric-json.ts'
import type { MetricPoint, MetricsRequest } from './otlp-metric-model.ts'
import { decodeMetrics } from './otlp-metric-protobuf.ts'
import type { Attributes, Decoded } from './otlp-model.ts'
import type { OtlpResult } from './otlp-request.ts'
import type { OtlpEncoding } from './otlp-response.ts'
import type { OtlpContext, OtlpParsed } from './otlp-to-events.ts'
import { namedSession } from './span-session.ts'
import { quoted, Tally } from './tally.ts'

/** Prefixes by which agents and their libraries name what they count. */
const agentMetrics = /^(?:claude_code|gen_ai|codex|gemini_cli|ai|llm|mcp|agent|langfuse|openinference)\./
const attributesKept = 24

type Reading = Partial<Omit<GpuSample, 'type' | 'atMs' | 'host' | 'gpu' | 'index'>>
type ReadGpu = (value: number) => Reading
const mib = 1024 * 1024

/**
 * NVIDIA's DCGM field names (also as a Prometheus receiver forwards them), OpenTelemetry's hardware conventions (ratios), and those of the
 * collector's dcgm receiver (`gpu.dcgm.*`, ratios and bytes).
 */
const gpuMetrics: ReadonlyMap<string, ReadGpu> = new Map<string, ReadGpu>([
  ['DCGM_FI_DEV_GPU_UTIL', (value) => ({ utilPercent: value })],
  ['DCGM_FI_DEV_MEM_COPY_UTIL', (value) => ({ memoryBandwidthPercent: value })],
  ['DCGM_FI_DEV_FB_USED', (value) => ({ memoryUsedBytes: value * mib })],
  ['DCGM_FI_DEV_POWER_USAGE', (value) => ({ powerWatts: value })],
  ['DCGM_FI_DEV_GPU_TEMP', (value) => ({ temperatureC: value })],
  ['DCGM_FI_DEV_SM_CLOCK', (value) => ({ smClockMhz: value })],
  ['DCGM_FI_DEV_MEM_CLOCK', (value) => ({ memoryClockMhz: value })],
  ['hw.gpu.utilization', (value) => ({ utilPercent: value * 100 })],
  ['hw.gpu.memory.usage', (value) => ({ memoryUsedBytes: value })],
  ['hw.gpu.memory.limit', (value) => ({ memoryTotalBytes: value })],
  ['gpu.dcgm.utilization', (value) => ({ utilPercent: value * 100 })],
  ['gpu.dcgm.memory.bandwidth_utilization', (value) => ({ memoryBandwidthPercent: value * 100 })],
  ['gpu.dcgm.memory.bytes_used', (value) => ({ memoryUsedBytes: value })],
  ['gpu.dcgm.temperature', (value) => ({ temperatureC: value })],
  ['gpu.dcgm.power', (value) => ({ powerWatts: value })],
  ['gpu.dcgm.clock.frequency', (value) => ({ smClockMhz: value / 1e6 })],
])

/** Never throws; a refusal says what is wrong with the body as a whole. */
export function readMetrics(body: Uint8Array, encoding: OtlpEncoding, context: OtlpContext): OtlpResult {
  const decoded: Decoded<MetricsRequest> = encoding === 'protobuf' ? decodeMetrics(body) : ofJsonText(body)
  return decoded.ok ? { ok: true, parsed: factsOfMetrics(decoded.request, context) } : decoded
}

function ofJsonText(body: Uint8Array): Decoded<MetricsRequest> {
  try {
    return metricsOfJson(JSON.parse(new TextDecoder().decode(body)))
  } catch (error) {
    return {
      ok: false,
      reason: `the body is not JSON: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}`,
    }
  }
}

export function factsOfMetrics(request: MetricsRequest, context: OtlpContext): OtlpParsed {
  const events = new Map<string, EventInput>()
  const samples = new Map<string, GpuSample>()
  const skipped = new Tally()
  const rejected = new Tally()
  rejected.addAll(request.rejected)
  const understood: Record<string, number> = {}
  const count = (what: string) => {
    understood[what] = (understood[what] ?? 0) + 1
  }
  for (const { resource, points } of request.groups) {
    for (const point of points) {
      const atMs = point.timeMs === 0 ? context.nowMs : point.timeMs
      if (!isTime(atMs)) {
        rejected.add(badTimeReason, quoted(point.name))
        continue
      }
      const read = gpuMetrics.get(point.name)
      if (read) {
        // A session's own token speaks of its session, and a GPU is not its to describe.
        const sample = context.session === undefined ? gpuSample(point, resource, atMs, samples) : undefined
        if (sample) {
          Object.assign(sample, read(point.value))
          count('gpu metric')
        } else skipped.add('GPU metric that names no host and GPU', quoted(point.name))
      } else if (agentMetrics.test(point.name)) {
        const named = namedSession(resource, point.attributes, context.session)
        if (named?.ok === false) {
          rejected.add(named.reason, named.example)
          continue
        }
        const session = named?.session ?? context.sessionOfUnnamed
        const event = metricEvent(point, atMs, session, context.session ?? '')
        if (event.id !== undefined) events.set(event.id, event)
        count('agent metric')
      } else skipped.add('metric of no known agent or GPU convention', quoted(point.name))
    }
  }
  return {
    events: [...events.values()],
    samples: [...samples.values()],
    understood,
    skipped: skipped.list(),
    rejected: rejected.list().map(({ reason, count: times, example }) => ({
      reason: example === '' ? reason : `${reason}, for example ${example}`,
      count: times,
    })),
    descriptors: new Map(),
    sessionOfTrace: new Map(),
  }
}

/** Data points of one GPU and moment are one reading. */
function gpuSample(
  { attributes }: MetricPoint,
  resource: Attributes,
  atMs: number,
  samples: Map<string, GpuSample>,
): GpuSample | undefined {
  const text = (...keys: string[]) =>
    keys.map((key) => shortText(attributes.get(key) ?? resource.get(key))).find((value) => value !== undefined)
  const host: HostId | undefined = hostOf(text('Hostname', 'host.name', 'k8s.node.name', 'instance'))
  const index = countOf(text('gpu', 'gpu.number', 'hw.gpu.index', 'index'))
  const gpu = text('UUID', 'gpu.uuid', 'hw.id') ?? (index === undefined ? undefined : `index-${index}`)
  if (host === undefined || gpu === undefined) return undefined
  const key = `${host}\n${gpu}\n${atMs}`
  const model = text('modelName', 'gpu.model', 'hw.name')
  const known = samples.get(key) ?? {
    type: 'gpu',
    atMs,
    host,
    gpu,
    index: index ?? 0,
    ...(model !== undefined && { model }),
  }
  samples.set(key, known)
  return known
}

function metricEvent(point: MetricPoint, atMs: number, session: EventInput['session'], boundTo: string): EventInput {
  const attributes = new Map<string, string>()
  for (const [name, value] of point.attributes) {
    const text = shortText(value)
    if (text !== undefined && name.length <= 128 && attributes.size < attributesKept) attributes.set(name, text)
  }
  if (point.count !== undefined) attributes.set('count', String(point.count))
  const told = JSON.stringify([...attributes])
  return {
    v: 1,
    kind: 'metric.reported',
    atMs,
    id: eventIdOf(boundTo, 'metric', point.name, session ?? '', String(atMs), told),
    ...(session !== undefined && { session }),
    data: {
      name: short(point.name),
      value: point.value,
      ...(point.unit !== '' && { unit: short(point.unit) }),
      ...(attributes.size > 0 && { attributes: Object.fromEntries(attributes) }),
    },
  }
}
