// A GPU that works evenly for long with little memory: hashes and burners do. Training breathes: steps, evaluations, checkpoints, and memory
// that holds a model. Readings come from the driver, not from the agent.
import type { DetectionEvent } from '../detection-event.ts'
import { type DetectorRule, flagOf, numberAt, type StatefulDetector, textAt } from './detector.ts'
import { RecencyMap } from './recency-map.ts'
import { Once } from './window.ts'

export const miningShape: DetectorRule = {
  id: 'vigil-gpu-mining-shape',
  title: 'A GPU runs flat out without the rhythm of training',
  behaviour: 'mining',
  severity: 'medium',
  why: 'Paid GPU hours turn into somebody else’s coins, and your run waits.',
  response: 'Look which process is on the GPU and who should be; revoke the GPU if it is not the job.',
  tactics: ['impact'],
  techniques: ['T1496.001'],
  formerly: ['T1496'],
  falsePositives: ['A burn-in test', 'A small model at full batch size, or an evaluation that is compute-bound'],
  measures:
    'over 10 minutes and at least 20 readings: use at least 90 % that hardly changes (deviation at most 4 points), power within 5 %, at most a quarter of the memory (16 GB where its size is not known)',
  sources: ['gpu'],
}

const spanMs = 600_000
const readingsMin = 20
/** A pause in the readings begins anew: what was not seen was not steady. */
const pauseMaxMs = 180_000
const useMin = 90
const useDeviationMax = 4
const powerVariationMax = 0.05
const memoryShareMax = 0.25
const memoryMaxBytes = 16e9
const gpusMax = 4_096
const againMs = 3_600_000

/** Sums since `fromMs`, of an unbroken stretch of busy readings; starts anew with the first dip. */
type Stretch = {
  fromMs: number
  lastMs: number
  count: number
  use: number
  useSquared: number
  power: number
  powerSquared: number
  powerCount: number
  memoryBytes: number
  said: Once
}

export function createGpuMiningShape(): StatefulDetector {
  const gpus = new RecencyMap<Stretch>(gpusMax)
  return {
    sources: ['gpu'],
    observe(event, tell) {
      const use = numberAt(event, 'UtilizationPercent')
      const key = gpuKey(event)
      if (use === undefined || key === undefined || event.trust === 'agent') return
      let stretch = gpus.get(key)
      if (stretch === undefined) {
        stretch = emptyStretch(event.atMs)
        gpus.set(key, stretch)
      }
      const gapMs = event.atMs - stretch.lastMs
      if (gapMs < 0 && gapMs > -pauseMaxMs) return
      if (gapMs < 0 || gapMs > pauseMaxMs || use < useMin - 3 * useDeviationMax) restart(stretch, event.atMs)
      stretch.lastMs = event.atMs
      if (use < useMin - 3 * useDeviationMax) return
      add(stretch, use, numberAt(event, 'PowerWatts'), numberAt(event, 'MemoryUsedBytes'))
      if (stretch.count < readingsMin || event.atMs - stretch.fromMs < spanMs) return
      const isMining = isFlat(stretch) && isSmall(stretch, numberAt(event, 'MemoryTotalBytes'))
      if (isMining && stretch.said.now(event.atMs))
        tell(
          flagOf(miningShape, event, {
            what: '',
            matched: [
              ['Gpu', event.fields.Gpu ?? ''],
              ['UtilizationPercent', Math.round(stretch.use / stretch.count)],
              ['PowerWatts', stretch.powerCount === 0 ? 'not told' : Math.round(stretch.power / stretch.powerCount)],
              ['MemoryUsedBytes', stretch.memoryBytes],
              ['minutes', Math.round((event.atMs - stretch.fromMs) / 60_000)],
              ...(event.fields.Image === undefined ? [] : ([['Image', event.fields.Image]] as const)),
            ],
          }),
        )
      // The next look is at the next stretch, so that an hour of training does not excuse what follows it.
      restart(stretch, event.atMs)
    },
  }
}

export function gpuKey(event: DetectionEvent): string | undefined {
  const gpu = textAt(event, 'Gpu')
  return gpu === undefined ? undefined : `${event.host ?? ''}/${gpu}`
}

function emptyStretch(atMs: number): Stretch {
  return {
    fromMs: atMs,
    lastMs: atMs,
    count: 0,
    use: 0,
    useSquared: 0,
    power: 0,
    powerSquared: 0,
    powerCount: 0,
    memoryBytes: 0,
    said: new Once(againMs),
  }
}

function restart(stretch: Stretch, atMs: number): void {
  stretch.fromMs = atMs
  stretch.count = 0
  stretch.use = 0
  stretch.useSquared = 0
  stretch.power = 0
  stretch.powerSquared = 0
  stretch.powerCount = 0
  stretch.memoryBytes = 0
}

function add(stretch: Stretch, use: number, power: number | undefined, memory: number | undefined): void {
  stretch.count += 1
  stretch.use += use
  stretch.useSquared += use * use
  // The largest: memory that is freed at once was used all the same. Unknown counts as none.
  stretch.memoryBytes = Math.max(stretch.memoryBytes, memory ?? 0)
  if (power === undefined) return
  stretch.powerCount += 1
  stretch.power += power
  stretch.powerSquared += power * power
}

function isFlat({ count, use, useSquared, power, powerSquared, powerCount }: Stretch): boolean {
  const mean = use / count
  if (mean < useMin || deviation(mean, useSquared / count) > useDeviationMax) return false
  if (powerCount === 0) return true
  const watts = power / powerCount
  return deviation(watts, powerSquared / powerCount) <= watts * powerVariationMax
}

function isSmall({ memoryBytes }: Stretch, totalBytes: number | undefined): boolean {
  return memoryBytes <= (totalBytes === undefined || totalBytes === 0 ? memoryMaxBytes : totalBytes * memoryShareMax)
}

function deviation(mean: number, meanOfSquares: number): number {
  return Math.sqrt(Math.max(0, meanOfSquares - mean * mean))
}
