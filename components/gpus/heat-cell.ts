// What one cell of the heat map says. Old, silent or unread is a state of its own and never looks like a figure of now. Pure.
import type { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import { ageText } from '../ui/format-time.ts'
import { type Band, bandOf, type Metric, metricKinds, valueText } from './gpu-metrics.ts'
import { readAgeText, verdictWords } from './gpu-words.ts'

/** In the order in which one outranks another. */
export type CellState = 'off task' | 'not now' | 'frozen' | 'question' | 'plain'

export type HeatCell = {
  key: string
  state: CellState
  /** Absent: nothing new enough was read. */
  band: Band | undefined
  /** The number in the cell: without its unit, `–` where it was not read. */
  figure: string
  /** `4 s`; `never` where there is no reading. */
  age: string
  /** The whole of it in words, for who does not see the cell. */
  words: string
  /** The same without the age of its reading, which changes each second: which GPU, what it does, and whether that is of now. */
  name: string
}

export function heatCell(gpu: GpuTruthView, metric: Metric, nowMs: number): HeatCell {
  const value = gpu.reading && metricKinds[metric].valueOf(gpu.reading)
  const isOld = readAgeText(gpu, nowMs).stale || !gpu.heard
  return {
    key: `${gpu.host}/${gpu.gpu}`,
    state: stateOf(gpu, isOld),
    band: isOld || value === undefined ? undefined : bandOf(metric, value),
    figure: value === undefined ? '–' : String(Math.round(value)),
    age: gpu.reading ? ageText(nowMs - gpu.reading.atMs) : 'never',
    words: [...cellWords(gpu, metric, value), readAgeText(gpu, nowMs).words].join(', '),
    name: [...cellWords(gpu, metric, value), ...(isOld ? ['not of now'] : [])].join(', '),
  }
}

function stateOf(gpu: GpuTruthView, isOld: boolean): CellState {
  if (gpu.heard && gpu.verdict === 'off-task') return 'off task'
  if (isOld) return 'not now'
  if (gpu.users.length > 0 && gpu.users.every(({ paused }) => paused)) return 'frozen'
  return gpu.verdict === 'unplanned' || gpu.verdict === 'unknown user' ? 'question' : 'plain'
}

function cellWords(gpu: GpuTruthView, metric: Metric, value: number | undefined): string[] {
  const isFrozen = gpu.users.length > 0 && gpu.users.every(({ paused }) => paused)
  return [
    `${gpu.host} GPU ${gpu.index ?? gpu.gpu}`,
    `${metricKinds[metric].words} ${valueText(metric, value)}`,
    verdictWords(gpu).words,
    ...(isFrozen && gpu.heard ? ['its session is paused'] : []),
  ]
}

export type HeatHost = { host: string; gpus: readonly GpuTruthView[] }

/** Steps of the arrow keys. */
export type Step = 'left' | 'right' | 'up' | 'down' | 'first' | 'last'

/**
 * Where an arrow leads, over hosts that each hold a line of GPUs: along the line and over its end into the next, or to the same place
 * of the host before or after. At an edge it stays.
 */
export function stepFrom(sizes: readonly number[], at: number, step: Step): number {
  const last = sizes.reduce((sum, size) => sum + size, 0) - 1
  if (last < 0) return 0
  const here = Math.min(last, Math.max(0, at))
  if (step === 'first') return 0
  if (step === 'last') return last
  if (step === 'left') return Math.max(0, here - 1)
  if (step === 'right') return Math.min(last, here + 1)
  let line = 0
  let start = 0
  while (start + (sizes[line] ?? 0) <= here) {
    start += sizes[line] ?? 0
    line += 1
  }
  const place = here - start
  if (step === 'down') {
    const size = sizes[line + 1]
    return size === undefined || size === 0 ? here : start + (sizes[line] ?? 0) + Math.min(place, size - 1)
  }
  const size = sizes[line - 1]
  return size === undefined || size === 0 ? here : start - size + Math.min(place, size - 1)
}
