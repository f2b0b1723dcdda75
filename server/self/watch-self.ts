// Measures this server: by the runtime's own counters, and by the time that commits take. Costs a timer each ten seconds.
import { readdir } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { SelfView } from '../protocol/self-view.ts'
import { createSelfCourse, selfStepMs } from './self-course.ts'

/** Of the histogram of delays: its own sampling is counted in every reading. */
const resolutionMs = 20

export type SelfFigures = {
  queuedRows(): number
  browsers(): number
  probes(): number
  samplesShed(): number
  databaseConnected(): boolean
}

export type Self = ReturnType<typeof watchSelf>

export function watchSelf(nowMs: () => number) {
  const startedAtMs = nowMs()
  const course = createSelfCourse()
  const late = monitorEventLoopDelay({ resolution: resolutionMs })
  late.enable()
  let cpu = process.cpuUsage()
  let cpuAtMs = performance.now()
  let timer: ReturnType<typeof setInterval> | undefined

  async function step(figures: SelfFigures): Promise<void> {
    const used = process.cpuUsage(cpu)
    const elapsedMs = performance.now() - cpuAtMs
    cpu = process.cpuUsage()
    cpuAtMs = performance.now()
    const { rss, heapUsed } = process.memoryUsage()
    const lateMs = late.percentile(99) / 1e6 - resolutionMs
    late.reset()
    // Only Linux tells; elsewhere the figure is absent.
    const handles = await readdir('/proc/self/fd').then(
      ({ length }) => length,
      () => undefined,
    )
    course.step(nowMs(), {
      queuedRows: figures.queuedRows(),
      ...(Number.isFinite(lateMs) && { loopLateMsP99: Math.max(0, lateMs) }),
      cpuPercent: ((used.user + used.system) / 1_000 / elapsedMs) * 100,
      rssBytes: rss,
      heapBytes: heapUsed,
      ...(handles !== undefined && { handles }),
      browsers: figures.browsers(),
      probes: figures.probes(),
      samplesShed: figures.samplesShed(),
      databaseConnected: figures.databaseConnected(),
    })
  }

  return {
    failed: (context: string) => course.failed(context, nowMs()),
    /** The same log; how long its batches take is noted. */
    timed<L extends { append(batch: { rows: readonly unknown[] }): Promise<unknown> }>(
      log: L,
      alsoTell: (tookMs: number) => void,
    ): L {
      const append = async (batch: Parameters<L['append']>[0]) => {
        const began = performance.now()
        const answer = await log.append(batch)
        const tookMs = performance.now() - began
        course.committed(batch.rows.length, tookMs)
        alsoTell(tookMs)
        return answer
      }
      return Object.assign(Object.create(log) as L, { append })
    },
    begin(figures: SelfFigures): void {
      timer = setInterval(() => void step(figures), selfStepMs)
      timer.unref()
    },
    view: (): SelfView => ({
      atMs: nowMs(),
      startedAtMs,
      runtime: `Node.js ${process.versions.node}`,
      stepMs: selfStepMs,
      steps: course.steps(),
      errors: course.errors(),
    }),
    close(): void {
      clearInterval(timer)
      late.disable()
    },
  }
}
