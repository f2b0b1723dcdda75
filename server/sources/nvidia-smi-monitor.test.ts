// pmon and dmon: columns by their repeated header, `-` as no sample, and times with a date, without one, and not at all.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nvidiaSmiDmon } from './nvidia-smi-dmon.ts'
import { nvidiaSmiPmon } from './nvidia-smi-pmon.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'

const context = { host: 'gpu-1' as never }
type Context = Parameters<typeof readAll>[2]
const dmon = (text: string, more: Context = {}) => readAll(nvidiaSmiDmon, text, { ...context, ...more })
const pmon = (text: string, more: Context = {}) => readAll(nvidiaSmiPmon, text, { ...context, ...more })
const reasonsOf = (list: { reason: string }[]) => list.map(({ reason }) => reason)

const dmonHeader =
  '# gpu    pwr  gtemp  mtemp     sm    mem   mclk   pclk \n# Idx      W      C      C      %      %    MHz    MHz \n'
const dmonRow = '    1    630     53      -    100      8   3201   1980 \n'
const pmonHeader =
  '# gpu         pid   type     sm    mem    enc    command \n# Idx           #    C/G      %      %      %    name \n'
const pmonRow = '    0       4242     C     99      7      -    burn me       \n'

describe('nvidia-smi dmon', () => {
  it('makes a reading of a row, and none of a dash', () => {
    const { readings, records, skipped } = dmon(dmonHeader + dmonRow)
    expect(readings).toEqual([
      {
        type: 'gpu',
        atMs: testNowMs,
        host: 'gpu-1',
        gpu: 'index-1',
        index: 1,
        utilPercent: 100,
        memoryBandwidthPercent: 8,
        powerWatts: 630,
        temperatureC: 53,
        smClockMhz: 1980,
        memoryClockMhz: 3201,
      },
    ])
    expect([records, skipped.map(({ count }) => count)]).toEqual([3, [2]])
    expect(reasonsOf(dmon(`${dmonHeader}    0   -   -   -   -   -   -   - \n`).skipped)).toContain(
      'GPU without a reading',
    )
  })

  it('reads columns of other drivers and options, also when the header changes, and rows with commas', () => {
    const text = `# gpu   pwr  temp    sm   mem\n# Idx     W     C     %     %\n    0    27    43     0    16\n# gpu     fb   bar1\n# Idx     MB     MB\n    0   1474     18\n#gpu, pwr, sm\n#Idx, W, %\n0, 30, 5\n`
    expect(dmon(text).readings).toMatchObject([
      { temperatureC: 43, memoryBandwidthPercent: 16 },
      { memoryUsedBytes: 1474 * 1_048_576 },
      { powerWatts: 30, utilPercent: 5 },
    ])
  })

  it('takes date and time of a row, in the zone that is given', () => {
    const text =
      '#Date       Time        gpu    pwr\n#YYYYMMDD   HH:MM:SS    Idx      W\n 20261120   05:04:03      0     27\n'
    expect(dmon(text).readings[0]?.atMs).toBe(Date.UTC(2026, 10, 20, 5, 4, 3))
    expect(dmon(text, { zoneOffsetMinutes: -60 }).readings[0]?.atMs).toBe(Date.UTC(2026, 10, 20, 6, 4, 3))
    expect(reasonsOf(dmon(text.replace('20261120', '19700101')).refused)[0]).toMatch(/^time is missing/)
  })

  it('takes a time without a date for the last such time before the file was written', () => {
    const text = (time: string) => `#Time        gpu    pwr\n#HH:MM:SS    Idx      W\n ${time}      0     27\n`
    const recordedAtMs = Date.UTC(2026, 10, 20, 6, 0, 0)
    expect(dmon(text('05:59:58'), { recordedAtMs }).readings[0]?.atMs).toBe(recordedAtMs - 2_000)
    expect(dmon(text('23:00:00'), { recordedAtMs }).readings[0]?.atMs).toBe(recordedAtMs - 7 * 3_600_000)
    expect(dmon(text('25:61:00'), { recordedAtMs }).refused).toHaveLength(1)
  })

  it('keeps rounds without a time apart and in order', () => {
    const rows = '    0  70  42  48  -  -  2619  345 \n    1  71  42  48  -  -  2619  345 \n'.repeat(3)
    const { readings } = dmon(dmonHeader + rows)
    expect(readings.map(({ index, atMs }) => [index, atMs - testNowMs])).toEqual([
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 2],
      [1, 2],
    ])
  })
})

describe('nvidia-smi pmon', () => {
  it('makes an event of a process with its share of the GPU', () => {
    expect(pmon(pmonHeader + pmonRow).made).toEqual([
      {
        v: 1,
        kind: 'gpu.process.reported',
        id: expect.any(String),
        atMs: testNowMs,
        host: 'gpu-1',
        data: {
          gpu: 'index-0',
          index: 0,
          pid: 4242,
          type: 'C',
          name: 'burn me',
          smPercent: 99,
          memoryBandwidthPercent: 7,
        },
      },
    ])
  })

  it('tells a GPU without a process as skipped, and a process without a sample without percentages', () => {
    const { made, skipped } = pmon(`${pmonHeader}    0  -  -  -  -  -  -  \n    0  7  C+G  -  -  -  shell\n`)
    expect(reasonsOf(skipped)).toContain('GPU without a process')
    expect(made).toMatchObject([{ data: { pid: 7, type: 'C+G', name: 'shell' } }])
    expect(made[0]?.data).not.toHaveProperty('smPercent')
  })

  it('gives equal rows of different rounds different ids, and the same ones when it reads again', () => {
    const text = pmonHeader + pmonRow.repeat(4)
    const ids = pmon(text).made.map(({ id }) => id)
    expect(new Set(ids).size).toBe(4)
    expect(pmon(text).made.map(({ id }) => id)).toEqual(ids)
    for (const pieceBytes of [1, 7]) expect(readAll(nvidiaSmiPmon, text, context, pieceBytes)).toEqual(pmon(text))
  })

  it('reads memory, and the columns of other drivers', () => {
    const text =
      '# gpu    pid  type    fb   ccpm   command\n# Idx      #   C/G    MB     MB   name\n    0   4242     C  1024      0   burn\n'
    expect(pmon(text).made).toMatchObject([{ data: { name: 'burn', memoryUsedBytes: 1_073_741_824 } }])
  })

  it('refuses rows without a header, that do not fit it, without a host, and with impossible numbers', () => {
    expect(reasonsOf(pmon(pmonRow).refused)).toEqual(['row without a header above it'])
    expect(reasonsOf(pmon(`${pmonHeader}  0  7\n`).refused)).toEqual(['row does not fit the header above it'])
    expect(reasonsOf(readAll(nvidiaSmiPmon, pmonHeader + pmonRow).refused)[0]).toMatch(/--host$/)
    expect(reasonsOf(pmon(`${pmonHeader}  0  -7  C  1  1  1  x\n`).refused)).toEqual(['row has no process id'])
    expect(reasonsOf(pmon(`${pmonHeader}  x  7  C  1  1  1  x\n`).refused)[0]).toMatch(/which GPU/)
    expect(pmon(`${pmonHeader}  0  7  C  400  -1  1  __proto__\n`).made).toMatchObject([
      { data: { name: '__proto__' } },
    ])
  })
})

describe('pmon and dmon', () => {
  it('know each other apart by the header', () => {
    expect([nvidiaSmiPmon, nvidiaSmiDmon].map((source) => source.looksLike(pmonHeader, 'x'))).toEqual([true, false])
    expect([nvidiaSmiPmon, nvidiaSmiDmon].map((source) => source.looksLike(dmonHeader, 'x'))).toEqual([false, true])
    expect(nvidiaSmiDmon.looksLike('# GPU notes\n\nHow we use the gpu and mem.\n', 'README.md')).toBe(false)
  })

  it('never throw and never make what does not fit, whatever is changed', () => {
    fc.assert(
      fc.property(fc.nat(250), fc.nat(12), fc.string({ maxLength: 6 }), (at, cut, put) => {
        const mutate = (text: string) => text.slice(0, at) + put + text.slice(at + cut)
        for (const { refusals } of [dmon(mutate(dmonHeader + dmonRow)), pmon(mutate(pmonHeader + pmonRow))]) {
          for (const { reason } of refusals) expect(reason).not.toMatch(/does not fit the log|reading does|failed/)
        }
      }),
      { numRuns: 300 },
    )
  })
})
