// How much time to leave between two frames to a browser: none while there is time to spare, up to 100 ms when the server is busy.
// In a flood the browsers can wait a tenth of a second; ingest and controls must not.
import { performance } from 'node:perf_hooks'

const measureMs = 250
const busyGapMs = 100
const halfBusyGapMs = 20

export function watchBusyness(queuedRows: () => number): { gapMs(): number; close(): void } {
  let gapMs = 0
  let before = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    if (utilization > 0.85 || queuedRows() > 4_000) gapMs = busyGapMs
    else if (utilization > 0.6) gapMs = halfBusyGapMs
    else gapMs = 0
  }, measureMs)
  timer.unref()
  return { gapMs: () => gapMs, close: () => clearInterval(timer) }
}
