// What both encodings of OTLP metrics become: one reading a data point. Buckets and quantiles are not read: a sum and a count say what
// was used; the shape of a latency is not what Vigil watches.
import type { Attributes } from './otlp-model.ts'
import type { Tally } from './tally.ts'

export type MetricPoint = {
  name: string
  unit: string
  /** Of a histogram or summary: the sum of what was measured. */
  value: number
  /** Measurements behind a histogram's or summary's sum. */
  count: number | undefined
  /** 0: not given. */
  timeMs: number
  attributes: Attributes
}

export type MetricGroup = { resource: Attributes; scope: string; points: MetricPoint[] }
export type MetricsRequest = { groups: MetricGroup[]; rejected: Tally }

export const noValueReason = 'data point without a value'
