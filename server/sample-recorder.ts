// Takes samples in: into the short history for the screen at once, into the store in batches. The only thing that overload may shed,
// and what is shed is counted and written to the log as a gap.
import {
  addGpuSample,
  addSessionSample,
  emptySampleHistory,
  forgetSessionSamples,
  type SampleHistory,
  trimSessionSamples,
} from './model/sample-history.ts'
import type { SamplePoint } from './protocol/browser-messages.ts'
import type { SessionId } from './protocol/ids.ts'
import type { GpuSample, Sample, SessionSample } from './protocol/sample.ts'

const flushMs = 1_000
const bufferedMax = 50_000

type Points = { session: SessionId; point: SamplePoint }[]

export type SampleRecorder = {
  readonly history: SampleHistory
  add(samples: readonly Sample[], host: string): void
  onPoints(listener: (points: Points, gpuHosts: ReadonlySet<string>) => void): void
  forget(sessions: readonly SessionId[]): void
  /** The session has ended: keep only what a line of the table shows. */
  trim(session: SessionId): void
  /** Samples shed since the start. */
  shedCount(): number
  close(): Promise<void>
}

export type SampleRecorderOptions = {
  nowMs(): number
  /** Keys (`host/uuid`) of the GPUs on which a session computes now. */
  gpusOf(session: SessionId): string[]
  write(sessions: { sample: SessionSample; host: string }[], gpus: GpuSample[]): Promise<void>
  recordGap(count: number, reason: string): Promise<void>
  /** Hears every reading of a GPU, also one that is shed. */
  sawGpu?: (sample: GpuSample) => void
  onError: (context: string, error: unknown) => void
}

export function createSampleRecorder({
  nowMs,
  gpusOf,
  write,
  recordGap,
  sawGpu,
  onError,
}: SampleRecorderOptions): SampleRecorder {
  const history = emptySampleHistory()
  const listeners: ((points: Points, gpuHosts: ReadonlySet<string>) => void)[] = []
  let sessions: { sample: SessionSample; host: string }[] = []
  let gpus: GpuSample[] = []
  let shed = 0
  let shedTotal = 0
  let flushing: Promise<void> | undefined

  async function flush(): Promise<void> {
    const [sentSessions, sentGpus, lost] = [sessions, gpus, shed]
    sessions = []
    gpus = []
    shed = 0
    try {
      if (lost > 0) await recordGap(lost, 'samples came faster than they could be stored')
      await write(sentSessions, sentGpus)
    } catch (error) {
      shed += sentSessions.length + sentGpus.length
      shedTotal += sentSessions.length + sentGpus.length
      onError('store samples', error)
    }
  }

  const timer = setInterval(() => {
    if (flushing || sessions.length + gpus.length + shed === 0) return
    flushing = flush().finally(() => {
      flushing = undefined
    })
  }, flushMs)

  return {
    history,
    add(samples, host) {
      const points: Points = []
      const gpuHosts = new Set<string>()
      for (const sample of samples) {
        if (sample.type === 'gpu') {
          addGpuSample(history, sample)
          sawGpu?.(sample)
          gpuHosts.add(sample.host)
        } else {
          const point = addSessionSample(history, sample, gpusOf(sample.session), nowMs())
          if (point) points.push({ session: sample.session, point })
        }
        if (sessions.length + gpus.length >= bufferedMax) {
          shed += 1
          shedTotal += 1
        } else if (sample.type === 'gpu') gpus.push(sample)
        else sessions.push({ sample, host })
      }
      for (const listener of listeners) listener(points, gpuHosts)
    },
    onPoints: (listener) => listeners.push(listener),
    forget(ids) {
      for (const id of ids) forgetSessionSamples(history, id)
    },
    trim: (session) => trimSessionSamples(history, session),
    shedCount: () => shedTotal,
    async close() {
      clearInterval(timer)
      await flushing
      await flush()
    },
  }
}
