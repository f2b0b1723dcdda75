// Readings become points: rates between two readings, GPU use only for a session that computes on one, memory that stays bounded.
import { describe, expect, it } from 'vitest'
import type { GpuSample, SessionSample } from '../protocol/sample.ts'
import { episodeStartMs, testHost, testSession } from './event-for-test.ts'
import {
  addGpuSample,
  addSessionSample,
  emptySampleHistory,
  forgetSessionSamples,
  pointsKept,
} from './sample-history.ts'

const reading = (second: number, bytesOut: number): SessionSample => ({
  type: 'session',
  atMs: episodeStartMs + second * 1_000,
  session: testSession,
  cpuPercent: 50,
  bytesOut,
  bytesIn: 0,
  processCount: 1,
  connectionCount: 1,
})
const gpu = (uuid: string, utilPercent?: number): GpuSample => ({
  type: 'gpu',
  atMs: episodeStartMs,
  host: testHost,
  gpu: uuid,
  index: 0,
  ...(utilPercent !== undefined && { utilPercent }),
})

describe('samples of a session', () => {
  it('give rates over the time that really passed, and none for the first', () => {
    const history = emptySampleHistory()
    expect(addSessionSample(history, reading(0, 5_000))?.bytesOutPerSecond).toBe(0)
    expect(addSessionSample(history, reading(2, 9_000))?.bytesOutPerSecond).toBe(2_000)
  })

  it('ignore a repeat and a reading out of order, and never give a negative rate when a counter starts again', () => {
    const history = emptySampleHistory()
    addSessionSample(history, reading(5, 1_000))
    expect(addSessionSample(history, reading(5, 1_000))).toBeUndefined()
    expect(addSessionSample(history, reading(4, 1_000))).toBeUndefined()
    expect(addSessionSample(history, reading(6, 10))?.bytesOutPerSecond).toBe(0)
  })

  it('carry the mean of the GPUs it computes on, and nothing when it computes on none or the driver said N/A', () => {
    const history = emptySampleHistory()
    for (const sample of [gpu('a', 90), gpu('b', 50), gpu('c')]) addGpuSample(history, sample)
    const keys = (...uuids: string[]) => uuids.map((uuid) => `${testHost}/${uuid}`)
    expect(addSessionSample(history, reading(1, 0), keys('a', 'b', 'c'))?.gpuPercent).toBe(70)
    expect(addSessionSample(history, reading(2, 0), keys('c'))?.gpuPercent).toBeUndefined()
    expect(addSessionSample(history, reading(3, 0))?.gpuPercent).toBeUndefined()
  })

  it('keep the newest ten minutes, and nothing of a forgotten session', () => {
    const history = emptySampleHistory()
    for (let second = 0; second < pointsKept + 50; second += 1) addSessionSample(history, reading(second, 0))
    expect(history.sessions.get(testSession)?.points).toHaveLength(pointsKept)
    forgetSessionSamples(history, testSession)
    expect(history.sessions.size).toBe(0)
  })
})
