// Reads OTLP metrics in JSON. The envelope must hold its shape; one bad data point is counted and its neighbours are kept. Names may be
// camelCase or snake_case, 64-bit numbers text or numbers.
import { fieldOf, isObject, nanosecondsToMs, numberOf } from './normal-values.ts'
import { attributesOf } from './otlp-json-values.ts'
import { type MetricGroup, type MetricPoint, type MetricsRequest, noValueReason } from './otlp-metric-model.ts'
import { type Decoded, maxItems } from './otlp-model.ts'
import { quoted, Tally } from './tally.ts'

const shapes = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']

export function metricsOfJson(value: unknown): Decoded<MetricsRequest> {
  const resources = listIn(value, 'resourceMetrics')
  if (resources === undefined) return { ok: false, reason: 'resourceMetrics must be an array' }
  const rejected = new Tally()
  const groups: MetricGroup[] = []
  let points = 0
  for (const resourceMetrics of resources) {
    const resource = attributesOf(listIn(get(resourceMetrics, 'resource'), 'attributes') ?? [])
    for (const scopeMetrics of listIn(resourceMetrics, 'scopeMetrics') ?? []) {
      const scope = fieldOf(get(scopeMetrics, 'scope'), 'name')
      const group: MetricGroup = { resource, scope: typeof scope === 'string' ? scope : '', points: [] }
      groups.push(group)
      for (const metric of listIn(scopeMetrics, 'metrics') ?? []) {
        const given = pointsIn(metric)
        points += given.length
        if (points > maxItems) return { ok: false, reason: `more than ${maxItems} data points in one request` }
        readPoints(metric, given, group.points, rejected)
      }
    }
  }
  return { ok: true, request: { groups, rejected } }
}

/** A metric has one shape; of a sender that gives several, all are read. */
function pointsIn(metric: unknown): readonly unknown[] {
  return shapes.flatMap((shape) => listIn(get(metric, shape), 'dataPoints') ?? [])
}

function readPoints(metric: unknown, given: readonly unknown[], into: MetricPoint[], rejected: Tally): void {
  const name = fieldOf(metric, 'name')
  if (typeof name !== 'string' || name === '') return rejected.add('metric without a name')
  const unit = fieldOf(metric, 'unit')
  for (const point of given) {
    const value = numberOf(get(point, 'asDouble')) ?? numberOf(get(point, 'asInt')) ?? numberOf(get(point, 'sum'))
    if (value === undefined) {
      rejected.add(noValueReason, quoted(name))
      continue
    }
    into.push({
      name,
      unit: typeof unit === 'string' ? unit : '',
      value,
      count: numberOf(get(point, 'count')),
      timeMs: Math.floor(nanosecondsToMs(get(point, 'timeUnixNano')) ?? 0),
      attributes: attributesOf(listIn(point, 'attributes') ?? []),
    })
  }
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const get = (value: unknown, name: string): unknown => fieldOf(value, name) ?? fieldOf(value, snake(name))

function listIn(value: unknown, name: string): unknown[] | undefined {
  if (!isObject(value)) return undefined
  const list = get(value, name)
  return Array.isArray(list) ? list : undefined
}
