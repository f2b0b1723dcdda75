// given facts of which an agent may have written the times, when what stands around them is read, then our own clock chooses the days.
import { describe, expect, it } from 'vitest'
import { drawEpisode, episodeStartMs, testSession } from '../model/event-for-test.ts'
import { gpusOfIncident } from '../model/gpu-course.ts'
import { emptyState } from '../model/state.ts'
import type { ReadGapFacts } from './gap-routes.ts'
import type { ReadGpuSeries } from './gpu-series-routes.ts'
import { aroundIncident } from './incident-surroundings.ts'

const minuteMs = 60_000
const toMs = episodeStartMs + 60 * minuteMs

async function readAround(fromMs: number, drawing = '00:01 gpu GPU-7 100\n00:02 exec 100 1 python') {
  const gaps: Parameters<ReadGapFacts>[0][] = []
  const series: Parameters<ReadGpuSeries>[0][] = []
  const around = aroundIncident({
    async readGapFacts(query) {
      gaps.push(query)
      return { facts: [], more: false }
    },
    sources: { list: () => [] },
    async readSeries(query) {
      series.push(query)
      return { steps: [] } as unknown as Awaited<ReturnType<ReadGpuSeries>>
    },
  })
  const events = drawEpisode(drawing)
  const used = gpusOfIncident(emptyState(), events, new Set([testSession]), [], toMs)
  const { gpus } = await around({ events, hosts: [], used, nowMs: toMs, fromMs, toMs })
  return { gapsFromMs: gaps[0]?.fromMs, course: gpus[0], seriesFromMs: series[0]?.fromMs }
}

describe('what stands around an incident', () => {
  it('is read from five minutes before the first fact that we saw, however old an agent says that its evidence is', async () => {
    const firstSeenMs = episodeStartMs + 1_000
    const { gapsFromMs, course, seriesFromMs } = await readAround(Date.UTC(2000, 0, 1))
    expect(gapsFromMs).toBe(firstSeenMs - 5 * minuteMs)
    expect(seriesFromMs).toBe(course?.fromMs)
    // Steps begin at whole multiples of their length.
    expect((course?.fromMs ?? 0) + (course?.stepMs ?? 0)).toBeGreaterThan(firstSeenMs - 5 * minuteMs)
    expect(course?.toMs).toBe(toMs)
  })

  it('is read from where it was asked for when that is later', async () => {
    const { gapsFromMs } = await readAround(episodeStartMs - minuteMs)
    expect(gapsFromMs).toBe(episodeStartMs - minuteMs)
  })

  it('is read from where it was asked for when no fact was read', async () => {
    const { gapsFromMs } = await readAround(episodeStartMs - 9 * minuteMs, '')
    expect(gapsFromMs).toBe(episodeStartMs - 9 * minuteMs)
  })
})
