// Decodes ExportMetricsServiceRequest from protobuf bytes. Field numbers are those of opentelemetry-proto v1, metrics.proto. Never throws.
import { WireType } from '@bufbuild/protobuf/wire'
import { type MetricPoint, type MetricsRequest, noValueReason } from './otlp-metric-model.ts'
import type { AttributeValue, Decoded } from './otlp-model.ts'
import { decodeGroups } from './otlp-protobuf.ts'
import { readAttribute, type WireReader } from './otlp-wire.ts'
import { quoted, type Tally } from './tally.ts'

export function decodeMetrics(bytes: Uint8Array): Decoded<MetricsRequest> {
  const decoded = decodeGroups('ExportMetricsServiceRequest', bytes, readMetric)
  if (!decoded.ok) return decoded
  const { groups, rejected } = decoded.request
  return {
    ok: true,
    request: {
      groups: groups.map(({ resource, scope, items }) => ({ resource, scope, points: items.flat() })),
      rejected,
    },
  }
}

type Point = Omit<MetricPoint, 'name' | 'unit'>

/** gauge 5, sum 7: numbers; histogram 9, exponential histogram 10, summary 11: sums with counts. All keep their points in field 1. */
function readMetric(reader: WireReader, rejected: Tally): MetricPoint[] {
  reader.count()
  const points: Point[] = []
  let name = ''
  let unit = ''
  reader.message((fieldNo, wireType) => {
    if (wireType !== WireType.LengthDelimited) return false
    if (fieldNo === 1) name = reader.string()
    else if (fieldNo === 3) unit = reader.string()
    else if (fieldNo === 5 || fieldNo === 7) readPoints(reader, points, 7, 'number', rejected)
    else if (fieldNo === 9) readPoints(reader, points, 9, 'sum', rejected)
    else if (fieldNo === 10) readPoints(reader, points, 1, 'sum', rejected)
    else if (fieldNo === 11) readPoints(reader, points, 7, 'sum', rejected)
    else return false
    return true
  })
  return points.map((point) => ({ ...point, name, unit }))
}

function readPoints(
  reader: WireReader,
  points: Point[],
  attributesField: number,
  shape: 'number' | 'sum',
  rejected: Tally,
): void {
  reader.message((fieldNo, wireType) => {
    if (fieldNo !== 1 || wireType !== WireType.LengthDelimited) return false
    const point = readPoint(reader, attributesField, shape)
    if (point) points.push(point)
    else rejected.add(noValueReason, quoted(''))
    return true
  })
}

function readPoint(reader: WireReader, attributesField: number, shape: 'number' | 'sum'): Point | undefined {
  reader.count()
  const attributes = new Map<string, AttributeValue>()
  let timeMs = 0
  let value: number | undefined
  let count: number | undefined
  reader.message((fieldNo, wireType) => {
    if (fieldNo === attributesField && wireType === WireType.LengthDelimited) readAttribute(reader, attributes)
    else if (fieldNo === 3 && wireType === WireType.Bit64) timeMs = reader.timeMs()
    else if (shape === 'number' && fieldNo === 4 && wireType === WireType.Bit64) value = reader.double()
    else if (shape === 'number' && fieldNo === 6 && wireType === WireType.Bit64) value = Number(reader.sfixed64())
    else if (shape === 'sum' && fieldNo === 4 && wireType === WireType.Bit64) count = Number(reader.fixed64())
    else if (shape === 'sum' && fieldNo === 5 && wireType === WireType.Bit64) value = reader.double()
    else return false
    return true
  })
  return value === undefined || !Number.isFinite(value) ? undefined : { value, count, timeMs, attributes }
}
