// The fleet's GPUs in a few numbers: for the strip on Live and for the wallboard, so that both say the same.
import type { GpuTruthView } from '../protocol/gpu-truth-view.ts'

/** An older reading says nothing of now: hosts and exporters read every few seconds to half a minute. */
export const freshReadingMs = 60_000

export type GpuFigures = {
  known: number
  /** Whose newest reading of utilisation is fresh; `busyPercent` is of these alone. */
  read: number
  busyPercent?: number
  newestAtMs?: number
  offTaskNow: number
}

export function gpuFigures(gpus: readonly GpuTruthView[], nowMs: number): GpuFigures {
  let [read, busy, newestAtMs, offTaskNow] = [0, 0, 0, 0]
  for (const { heard, verdict, reading } of gpus) {
    if (heard && verdict === 'off-task') offTaskNow += 1
    if (!reading) continue
    newestAtMs = Math.max(newestAtMs, reading.atMs)
    if (!heard || reading.utilPercent === undefined || nowMs - reading.atMs > freshReadingMs) continue
    read += 1
    busy += Math.min(100, Math.max(0, reading.utilPercent))
  }
  return {
    known: gpus.length,
    read,
    ...(read > 0 && { busyPercent: busy / read }),
    ...(newestAtMs > 0 && { newestAtMs }),
    offTaskNow,
  }
}
