// What a cell of the heat map and a GPU's charts say: never a figure of now where nothing new was read.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GpuTruthView } from '../../server/protocol/gpu-truth-view.ts'
import { bandFrom, bandOf, bands, metricKinds, metrics, valueText } from './gpu-metrics.ts'
import { gpuPath, seriesPath, windowOf } from './gpu-path.ts'
import { heatCell, stepFrom } from './heat-cell.ts'
import { brokenPoints, gapsOf } from './series-lines.ts'

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
    reading: { atMs: at, utilPercent: 88, powerWatts: 600 },
    ...more,
  })

describe('a cell', () => {
  it('has the figure, its band, its age, and all of it in words', () => {
    const cell = heatCell(gpu(), 'sm', at + 4_000)
    expect(cell).toMatchObject({ state: 'plain', band: 5, figure: '88', age: '4 s' })
    expect(cell.words).toContain('n GPU 0, SM busy 88%')
  })

  it('has no band where the reading is old, where its host is silent, and where the figure was not read', () => {
    expect(heatCell(gpu(), 'sm', at + 3_600_000)).toMatchObject({ state: 'not now', band: undefined })
    expect(heatCell(gpu({ heard: false }), 'sm', at)).toMatchObject({ state: 'not now', band: undefined })
    expect(heatCell(gpu({ reading: undefined }), 'sm', at)).toMatchObject({
      figure: '–',
      age: 'never',
      band: undefined,
    })
    expect(heatCell(gpu(), 'temperature', at)).toMatchObject({ state: 'plain', figure: '–', band: undefined })
  })

  it('that is off task is said to be so, and not while its host is silent: nobody knows then', () => {
    expect(heatCell(gpu({ verdict: 'off-task' }), 'sm', at).state).toBe('off task')
    expect(heatCell(gpu({ verdict: 'off-task', heard: false }), 'sm', at).state).toBe('not now')
  })

  it('falls into one of the bands whatever the value, and each band begins where the legend says', () => {
    fc.assert(
      fc.property(fc.constantFrom(...metrics), fc.double({ min: -1e6, max: 1e6, noNaN: true }), (metric, value) => {
        expect(bands).toContain(bandOf(metric, value))
      }),
    )
    for (const metric of metrics)
      for (const band of bands) expect(bandOf(metric, bandFrom(metric, band) + 1)).toBe(band)
    expect([valueText('power', 612.4), valueText('sm', undefined)]).toEqual(['612 W', 'not read'])
    expect(metricKinds.memory.valueOf({ atMs: at, memoryUsedBytes: 5, memoryTotalBytes: 0 } as never)).toBeUndefined()
  })
})

describe('the arrow keys', () => {
  it('go along a host and over its end, keep the place from host to host, and stay at the edges', () => {
    const sizes = [8, 2, 8]
    expect([stepFrom(sizes, 7, 'right'), stepFrom(sizes, 5, 'down'), stepFrom(sizes, 9, 'down')]).toEqual([8, 9, 11])
    expect([stepFrom(sizes, 0, 'left'), stepFrom(sizes, 17, 'right'), stepFrom(sizes, 3, 'up')]).toEqual([0, 17, 3])
  })

  it('never leave the map', () => {
    const step = fc.constantFrom('left', 'right', 'up', 'down', 'first', 'last' as const)
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 6 }), fc.integer(), step, (sizes, from, way) => {
        const cells = sizes.reduce((sum, size) => sum + size, 0)
        const to = stepFrom(sizes, from, way as 'left')
        expect(to).toBeGreaterThanOrEqual(0)
        expect(to).toBeLessThan(Math.max(1, cells))
      }),
    )
  })
})

describe('a course', () => {
  const steps = [0, 30_000, 60_000, 300_000].map((ms) => ({ atMs: at + ms }))
  const series = { steps, stepMs: 3_000, cadenceMs: 30_000, fromMs: at, toMs: at + 310_000 } as never

  it('is broken where nothing was read for three readings, and not for one that was late', () => {
    expect(gapsOf(series)).toEqual([{ fromMs: at + 63_000, toMs: at + 300_000 }])
    expect(brokenPoints(series).map((point) => point.atMs - at)).toEqual([0, 30_000, 60_000, 63_000, 300_000])
  })

  it('is asked for as the URL says, and half a window is none', () => {
    expect(windowOf({ range: '1h', from: 5, to: null })).toEqual({ range: '1h' })
    expect(windowOf({ range: '1h', from: 9, to: 5 })).toEqual({ range: '1h' })
    expect(seriesPath({ host: 'a/b', gpu: 'x?y' }, { fromMs: 1, toMs: 2 })).toBe(
      '/api/gpus/a%2Fb/x%3Fy/samples?from=1&to=2',
    )
    expect(gpuPath({ host: 'a&b', gpu: '0' })).toBe('/gpus/gpu?host=a%26b&gpu=0')
  })
})
