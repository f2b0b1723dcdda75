// The newest samples of every session and GPU, for sparklines and live counters. Bounded; never part of a snapshot of the log.
import type { SamplePoint } from '../protocol/browser-messages.ts'
import type { GpuPoint } from '../protocol/gpu-truth-view.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { GpuSample, SessionSample } from '../protocol/sample.ts'

/** Points kept per session: ten minutes at one a second. */
export const pointsKept = 600
const pointsKeptOfEnded = 60

export type SessionHistory = {
  points: SamplePoint[]
  last: SessionSample
  connectionBytes: Map<string, { bytesOut?: number | undefined; bytesIn?: number | undefined }>
}

/** Points kept per GPU, and GPUs. */
const gpuPointsKept = 300
const gpusKept = 4_096

export type SampleHistory = {
  sessions: Map<SessionId, SessionHistory>
  /** Newest reading by `host/gpu`. */
  gpus: Map<string, GpuSample>
  gpuPoints: Map<string, GpuPoint[]>
}

export function emptySampleHistory(): SampleHistory {
  return { sessions: new Map(), gpus: new Map(), gpuPoints: new Map() }
}

/**
 * Adds one reading and returns its point; rates are per second since the reading before (0 for the first).
 * `seenAtMs`: when it reached the server, by the server's clock.
 * `gpus`: keys (`host/uuid`) of the GPUs on which the session computes now.
 */
export function addSessionSample(
  history: SampleHistory,
  sample: SessionSample,
  gpus: readonly string[] = [],
  seenAtMs?: number,
): SamplePoint | undefined {
  const known = history.sessions.get(sample.session)
  const elapsedSeconds = known ? (sample.atMs - known.last.atMs) / 1000 : 0
  // A repeated or out-of-order reading would make a negative or endless rate.
  if (known && elapsedSeconds <= 0) return undefined
  const rate = (now: number, before: number) => (elapsedSeconds > 0 ? Math.max(0, now - before) / elapsedSeconds : 0)
  const point: SamplePoint = {
    atMs: sample.atMs,
    ...(seenAtMs !== undefined && { seenAtMs }),
    cpuPercent: sample.cpuPercent,
    memoryBytes: sample.memoryBytes,
    gpuPercent: meanUtilisation(history, gpus),
    bytesOutPerSecond: known ? rate(sample.bytesOut, known.last.bytesOut) : 0,
    bytesInPerSecond: known ? rate(sample.bytesIn, known.last.bytesIn) : 0,
  }
  const connectionBytes = new Map(
    (sample.connections ?? []).map(({ connection, bytesOut, bytesIn }) => [connection, { bytesOut, bytesIn }]),
  )
  if (!known) {
    history.sessions.set(sample.session, { points: [point], last: sample, connectionBytes })
    return point
  }
  known.points.push(point)
  if (known.points.length > pointsKept) known.points.splice(0, known.points.length - pointsKept)
  known.last = sample
  known.connectionBytes = connectionBytes
  return point
}

function meanUtilisation(history: SampleHistory, gpus: readonly string[]): number | undefined {
  const read = gpus.map((gpu) => history.gpus.get(gpu)?.utilPercent).filter((percent) => percent !== undefined)
  return read.length === 0 ? undefined : read.reduce((sum, percent) => sum + percent, 0) / read.length
}

/** An older reading (an imported file) is no newest one: it is kept by the store alone. */
export function addGpuSample(history: SampleHistory, sample: GpuSample): void {
  const key = `${sample.host}/${sample.gpu}`
  const known = history.gpus.get(key)
  if (known && known.atMs > sample.atMs) return
  if (!known && history.gpus.size >= gpusKept) return
  history.gpus.set(key, sample)
  const points = history.gpuPoints.get(key) ?? []
  const { atMs, utilPercent, memoryBandwidthPercent, powerWatts } = sample
  points.push({ atMs, utilPercent, memoryBandwidthPercent, powerWatts })
  if (points.length > gpuPointsKept) points.shift()
  history.gpuPoints.set(key, points)
}

/** An ended session keeps a sparkline; the store has the rest. */
export function trimSessionSamples(history: SampleHistory, session: SessionId): void {
  const known = history.sessions.get(session)
  if (!known) return
  known.points = known.points.slice(-pointsKeptOfEnded)
  known.connectionBytes.clear()
}

/** Drops what is kept of a session; call it when the session leaves the state. */
export function forgetSessionSamples(history: SampleHistory, session: SessionId): void {
  history.sessions.delete(session)
}
