// What a cell of the heat map can show, and which of its bands a reading falls in. A figure that was not read has no band. Pure.
import type { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'

export const metrics = ['sm', 'bandwidth', 'memory', 'power', 'temperature'] as const
export type Metric = (typeof metrics)[number]
type Reading = NonNullable<GpuTruthView['reading']>

type MetricKind = {
  words: string
  /** Beside the number where there is room for it. */
  unit: string
  valueOf(reading: Reading): number | undefined
  /** Ends of the scale, in the unit of `valueOf`. */
  from: number
  to: number
}

const share = (part: number | undefined, whole: number | undefined) =>
  part === undefined || whole === undefined || whole <= 0 ? undefined : (part / whole) * 100

export const metricKinds: Readonly<Record<Metric, MetricKind>> = {
  sm: { words: 'SM busy', unit: '%', valueOf: (reading) => reading.utilPercent, from: 0, to: 100 },
  bandwidth: {
    words: 'Memory bandwidth',
    unit: '%',
    valueOf: (reading) => reading.memoryBandwidthPercent,
    from: 0,
    to: 100,
  },
  memory: {
    words: 'Memory',
    unit: '%',
    valueOf: (reading) => share(reading.memoryUsedBytes, reading.memoryTotalBytes),
    from: 0,
    to: 100,
  },
  power: { words: 'Power', unit: 'W', valueOf: (reading) => reading.powerWatts, from: 0, to: 700 },
  temperature: { words: 'Temperature', unit: '°C', valueOf: (reading) => reading.temperatureC, from: 30, to: 90 },
}

/** Bands of the scale, from the bottom; as many as an eye keeps apart. */
export const bands = [0, 1, 2, 3, 4, 5] as const
export type Band = (typeof bands)[number]

export function bandOf(metric: Metric, value: number): Band {
  const { from, to } = metricKinds[metric]
  const part = (value - from) / (to - from)
  return bands[Math.min(bands.length - 1, Math.max(0, Math.floor(part * bands.length)))] ?? 0
}

/** The lowest value of a band, for the legend. */
export function bandFrom(metric: Metric, band: Band): number {
  const { from, to } = metricKinds[metric]
  return Math.round(from + ((to - from) * band) / bands.length)
}

export function valueText(metric: Metric, value: number | undefined): string {
  if (value === undefined) return 'not read'
  const { unit } = metricKinds[metric]
  return unit === '%' ? `${Math.round(value)}%` : `${Math.round(value)} ${unit}`
}
