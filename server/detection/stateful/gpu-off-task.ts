// GPUs that work for somebody else than planned, or while the trainer that should use them does nothing. Both need the operator's side of
// the story (a plan, a trainer); without one they stay silent.
import type { DetectionEvent } from '../detection-event.ts'
import { type DetectorRule, flagOf, numberAt, type StatefulDetector, textAt } from './detector.ts'
import { gpuKey } from './gpu-mining-shape.ts'
import { RecencyMap } from './recency-map.ts'
import { Once } from './window.ts'

const common = {
  behaviour: 'mining',
  tactics: ['impact'],
  techniques: ['T1496.001'],
  formerly: ['T1496'],
} as const

export const gpuOffTask: DetectorRule = {
  ...common,
  id: 'vigil-gpu-off-task',
  title: 'A GPU works for somebody who is not planned there',
  severity: 'high',
  why: 'The GPU is paid for a job that does not get it.',
  response: 'Revoke the GPU of the session that uses it.',
  falsePositives: ['A plan that is out of date', 'A colleague on a shared machine'],
  measures:
    'busy (30 % and more) with a user who is not the expected one in 3 readings in a row over at least one minute',
  sources: ['gpu'],
}

export const gpuWithoutTrainer: DetectorRule = {
  ...common,
  id: 'vigil-gpu-without-trainer',
  title: 'A GPU is busy although its trainer makes no progress',
  severity: 'medium',
  why: 'Either the run hangs at full cost, or something else runs in its name.',
  response: 'Compare the processes on the GPU with the trainer’s; look at the trainer’s last step.',
  falsePositives: ['A long compilation, evaluation or checkpoint in one step', 'A trainer whose reports are delayed'],
  measures:
    'at least 80 % busy for 10 minutes in which the host’s trainer, which reported at least 3 steps before, reports none, and at least 5 times as long as its steps took',
  sources: ['gpu', 'trainer'],
}

export const gpuTaskRules = [gpuOffTask, gpuWithoutTrainer] as const

const offReadings = 3
const offMs = 60_000
const offUseMin = 30
const idleMs = 600_000
const idleUseMin = 80
const stepsMin = 3
const againMs = 1_800_000
/** A trainer that was heard before yesterday is no longer somebody to wait for. */
const forgottenMs = 24 * 3_600_000

type Gpu = {
  offSinceMs: number
  offReadings: number
  busySinceMs: number
  saidOff: Once
  saidIdle: Once
  lastMs: number
}
/** Steps of a host's trainers: when the newest came, and how far apart they are. */
type Trainer = { lastMs: number; steps: number; gapMs: number; lastStep: number | undefined }

const working = /train|step|rollout|update|optim|epoch|backward|forward|generat|reward|learn/i

export function createGpuOffTask(): StatefulDetector {
  const gpus = new RecencyMap<Gpu>(4_096)
  const trainers = new RecencyMap<Trainer>(4_096)

  function takeTrainer(event: DetectionEvent): void {
    if (event.host === undefined) return
    const step = event.fields.Step
    const known = trainers.get(event.host)
    // Chatter that repeats the same step is no progress.
    const isProgress =
      typeof step === 'number' ? step !== known?.lastStep : working.test((textAt(event, 'Phase') ?? '').slice(0, 100))
    if (!isProgress) return
    if (known === undefined) {
      trainers.set(event.host, {
        lastMs: event.atMs,
        steps: 1,
        gapMs: 0,
        lastStep: typeof step === 'number' ? step : undefined,
      })
      return
    }
    if (typeof step === 'number') known.lastStep = step
    const gapMs = event.atMs - known.lastMs
    if (gapMs <= 0) return
    known.steps += 1
    known.gapMs = Math.max(gapMs, known.gapMs * 0.9)
    known.lastMs = event.atMs
  }

  return {
    sources: ['gpu', 'trainer'],
    observe(event, tell) {
      // Agents could keep a trainer alive by words.
      if (event.trust === 'agent') return
      if (event.source === 'trainer') return takeTrainer(event)
      const key = gpuKey(event)
      const use = numberAt(event, 'UtilizationPercent')
      if (key === undefined || use === undefined) return
      const { atMs } = event
      let gpu = gpus.get(key)
      if (gpu === undefined) {
        gpu = {
          offSinceMs: atMs,
          offReadings: 0,
          busySinceMs: atMs,
          saidOff: new Once(againMs),
          saidIdle: new Once(againMs),
          lastMs: atMs,
        }
        gpus.set(key, gpu)
      }
      // A clock that was set back, or a pause: nothing is known of the time between.
      if (atMs < gpu.lastMs || atMs - gpu.lastMs > idleMs) {
        gpu.offReadings = 0
        gpu.busySinceMs = atMs
      }
      gpu.lastMs = atMs

      if (event.fields.OnTask !== false || use < offUseMin) gpu.offReadings = 0
      else {
        if (gpu.offReadings === 0) gpu.offSinceMs = atMs
        gpu.offReadings += 1
        if (gpu.offReadings >= offReadings && atMs - gpu.offSinceMs >= offMs && gpu.saidOff.now(atMs))
          tell(
            flagOf(gpuOffTask, event, {
              what: textAt(event, 'Image') ?? '',
              matched: matchedOf(event, use),
            }),
          )
      }

      if (use < idleUseMin) gpu.busySinceMs = atMs
      const trainer = event.host === undefined ? undefined : trainers.get(event.host)
      if (trainer === undefined || trainer.steps < stepsMin) return
      const silentMs = atMs - Math.max(trainer.lastMs, gpu.busySinceMs)
      if (silentMs < idleMs || atMs - trainer.lastMs > forgottenMs) return
      if (atMs - trainer.lastMs < trainer.gapMs * 5 || !gpu.saidIdle.now(atMs)) return
      tell(
        flagOf(gpuWithoutTrainer, event, {
          what: '',
          matched: [
            ...matchedOf(event, use),
            ['minutes since the trainer’s last step', Math.round((atMs - trainer.lastMs) / 60_000)],
          ],
        }),
      )
    },
  }
}

function matchedOf(event: DetectionEvent, use: number) {
  const { Gpu = '', ExpectedUser, ActualUser, Image } = event.fields
  return [
    ['Gpu', Gpu],
    ['UtilizationPercent', use],
    ...(ExpectedUser === undefined ? [] : ([['ExpectedUser', ExpectedUser]] as const)),
    ...(ActualUser === undefined ? [] : ([['ActualUser', ActualUser]] as const)),
    ...(Image === undefined ? [] : ([['Image', Image]] as const)),
  ] as const
}
