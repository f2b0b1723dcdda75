// What the GPUs page says: a verdict in words, an age that is told, and no certainty that the readings do not give.
import { describe, expect, it } from 'vitest'
import { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import {
  byHost,
  costText,
  gpuHoursText,
  memoryText,
  powerText,
  readAgeText,
  throttlingText,
  verdictWords,
} from './gpu-words.ts'

const at = 1_795_228_000_000
const gpu = (more: object = {}) =>
  GpuTruthView.parse({
    host: 'n',
    heard: true,
    gpu: 'GPU-a',
    index: 0,
    points: [],
    verdict: 'idle',
    users: [],
    faults: [],
    offTaskMs: 0,
    offTaskBySession: [],
    ...more,
  })

describe('a GPU in words', () => {
  it('off task is critical and names the plan; a silent host says that nothing is known now, whatever it was', () => {
    const off = gpu({ verdict: 'off-task', expected: { worker: 'actor-3', sessions: [] } })
    expect(verdictWords(off)).toMatchObject({
      words: 'off task',
      tone: 'critical',
      why: expect.stringContaining('actor-3'),
    })
    expect(verdictWords({ ...off, heard: false })).toMatchObject({ words: 'not heard', tone: 'warn' })
    expect(verdictWords(gpu({ verdict: 'expected' })).tone).toBe('ok')
  })

  it('tells how old its reading is, and marks an old one', () => {
    expect(readAgeText(gpu(), at)).toEqual({ words: 'never read', stale: true })
    expect(readAgeText(gpu({ reading: { atMs: at - 4_000 } }), at)).toEqual({ words: 'read 4 s ago', stale: false })
    expect(readAgeText(gpu({ reading: { atMs: at - 600_000 } }), at).stale).toBe(true)
  })

  it('leaves out what was not read, never as zero', () => {
    expect(memoryText({ atMs: at })).toBe('–')
    expect(memoryText({ atMs: at, memoryUsedBytes: 10e9, memoryTotalBytes: 150e9 })).toBe('10 GB of 150 GB')
    expect(powerText({ atMs: at, powerWatts: 629.6, powerLimitWatts: 700 })).toBe('630 of 700 W')
    expect(throttlingText({ atMs: at, throttling: ['gpu_idle'] })).toBe('')
    expect(throttlingText({ atMs: at, throttling: ['sw_power_cap', 'hw_slowdown'] })).toBe(
      'software power cap, hardware slowdown',
    )
  })

  it('tells off-task use in GPU-hours and money, small amounts too', () => {
    expect([gpuHoursText(0), gpuHoursText(1_512_000), gpuHoursText(5_000)]).toEqual([
      '0 GPU-h',
      '0.42 GPU-h',
      '0.0014 GPU-h',
    ])
    expect([costText(undefined), costText(0.004), costText(1.05)]).toEqual(['no price known', 'under $0.01', '$1.05'])
  })

  it('is listed with its host’s others', () => {
    const hosts = byHost([gpu(), gpu({ host: 'm' }), gpu({ gpu: 'GPU-b' })])
    expect(hosts.map(({ host, gpus }) => [host, gpus.length])).toEqual([
      ['n', 2],
      ['m', 1],
    ])
  })
})
