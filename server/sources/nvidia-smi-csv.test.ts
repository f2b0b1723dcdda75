// Both CSV tables of nvidia-smi: columns by their header, units, what is absent, which card is which.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nvidiaSmiComputeApps } from './nvidia-smi-compute-apps.ts'
import { nvidiaSmiCsv } from './nvidia-smi-csv.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'

const context = { host: 'gpu-1' as never }
const uuid = 'GPU-0a1b2c3d-0000-4000-8000-00000000beef'
const masked = 'GPU-00000000-0000-0000-0000-000000000000'
const read = (text: string, more: Parameters<typeof readAll>[2] = {}) =>
  readAll(nvidiaSmiCsv, text, { ...context, ...more })
const apps = (text: string, more: Parameters<typeof readAll>[2] = {}) =>
  readAll(nvidiaSmiComputeApps, text, { ...context, ...more })
const reasonsOf = (list: { reason: string }[]) => list.map(({ reason }) => reason)

const header =
  'timestamp, name, index, uuid, utilization.gpu [%], utilization.memory [%], memory.used [MiB], memory.total [MiB], power.draw [W], enforced.power.limit [W], temperature.gpu, clocks.current.sm [MHz], clocks.current.memory [MHz], clocks_event_reasons.active\n'
const row = `2026/11/20 05:04:03.123, Vigil H1, 2, ${uuid}, 100 %, 8 %, 1024 MiB, 2048 MiB, 630.25 W, 700.00 W, 61, 1980 MHz, 2619 MHz, 0x0000000000000044\n`
const atMs = Date.UTC(2026, 10, 20, 5, 4, 3, 123)

describe('nvidia-smi --query-gpu', () => {
  it('makes a reading of a row, in our units, at the time of the row', () => {
    const { readings, records, skipped } = read(header + row)
    expect(readings).toEqual([
      {
        type: 'gpu',
        atMs,
        host: 'gpu-1',
        gpu: uuid,
        index: 2,
        utilPercent: 100,
        memoryBandwidthPercent: 8,
        memoryUsedBytes: 1_073_741_824,
        memoryTotalBytes: 2_147_483_648,
        powerWatts: 630.25,
        powerLimitWatts: 700,
        temperatureC: 61,
        smClockMhz: 1980,
        memoryClockMhz: 2619,
        throttling: ['sw_power_cap', 'hw_thermal_slowdown'],
        model: 'Vigil H1',
      },
    ])
    expect([records, reasonsOf(skipped)]).toEqual([2, ['header line']])
    expect(read(header + row, { zoneOffsetMinutes: 60 }).readings[0]?.atMs).toBe(atMs - 3_600_000)
  })

  it('reads nounits, and columns in any order, again after each header', () => {
    const text = 'memory.used [MiB], index\n512, 1\nindex, power.draw [W], memory.used [MiB]\n0, 71.5, 256\n'
    const { readings } = read(text)
    expect(readings.map(({ index, memoryUsedBytes, powerWatts }) => [index, memoryUsedBytes, powerWatts])).toEqual([
      [1, 512 * 1_048_576, undefined],
      [0, 256 * 1_048_576, 71.5],
    ])
  })

  it('leaves out what the driver does not say', () => {
    const cells = ['[N/A]', 'N/A', '[Not Supported]', '[Requested functionality has been deprecated]', 'ERR!', '-', '']
    for (const cell of cells) {
      const { readings } = read(
        `index, utilization.gpu [%], power.draw [W], temperature.gpu\n0, ${cell}, ${cell}, 40\n`,
      )
      expect(Object.keys(readings[0] ?? {}).sort()).toEqual(['atMs', 'gpu', 'host', 'index', 'temperatureC', 'type'])
    }
    expect(reasonsOf(read('index, utilization.gpu [%]\n0, [N/A]\n').skipped)).toContain('GPU without a reading')
    expect(reasonsOf(read('index, utilization.gpu [%]\n0, 250 %\n').skipped)).toContain('GPU without a reading')
  })

  it('reads the reasons of slow clocks column by column, under both of their names', () => {
    const text =
      'index, clocks_throttle_reasons.sw_power_cap, clocks_event_reasons.hw_slowdown, temperature.gpu\n0, Active, Not Active, 40\n'
    expect(read(text).readings[0]?.throttling).toEqual(['sw_power_cap'])
  })

  it('names cards by index where the uuid is masked, and by their order where there is no index', () => {
    const two = [0, 1].map((index) => `${index}, ${masked}, 5 %\n`).join('')
    expect(read(`index, uuid, utilization.gpu [%]\n${two}`).readings.map(({ gpu }) => gpu)).toEqual([
      'index-0',
      'index-1',
    ])
    const buses = ['00000000:01:00.0, 1 %', '00000000:02:00.0, 2 %', '00000000:01:00.0, 3 %'].join('\n')
    const { readings } = read(`pci.bus_id, utilization.gpu [%]\n${buses}\n`)
    expect(readings.map(({ gpu, utilPercent }) => [gpu, utilPercent])).toEqual([
      ['index-0', 1],
      ['index-1', 2],
      ['index-0', 3],
    ])
    expect(reasonsOf(read('utilization.gpu [%]\n5 %\n').refused)).toEqual([
      'record does not say which GPU it is of: add index or uuid to the query',
    ])
  })

  it('takes the host of the row, else the sender; without either the row is refused', () => {
    expect(read('index, hostname, temperature.gpu\n0, gpu-7, 40\n').readings[0]?.host).toBe('gpu-7')
    expect(read('index, hostname, temperature.gpu\n0, [N/A], 40\n').readings[0]?.host).toBe('gpu-1')
    expect(reasonsOf(readAll(nvidiaSmiCsv, header + row).refused)).toEqual([
      'record does not name its host: say which with --host',
    ])
  })

  it('tells faults that the driver names, and no other errors', () => {
    const text = `index, ecc.errors.corrected.volatile.total, ecc.errors.uncorrected.volatile.total, remapped_rows.failure, gpu_recovery_action, temperature.gpu
0, 500, 0, No, None, 40
1, 0, 3, Yes, Reset, 40
2, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]
Unable to determine the device handle for GPU3: 0000:5F:00.0: Unknown Error
`
    const faults = read(text).made.flatMap((event) => (event.kind === 'gpu.fault' ? [event.data] : []))
    expect(faults).toEqual([
      { gpu: 'index-1', index: 1, message: '3 uncorrectable ECC errors since the driver was loaded' },
      { gpu: 'index-1', index: 1, message: 'remapping of memory rows failed' },
      { gpu: 'index-1', index: 1, message: 'driver asks for: Reset' },
      { gpu: 'index-2', index: 2, message: 'GPU is lost' },
      { gpu: 'index-3', index: 3, message: 'device handle is lost: Unknown Error' },
    ])
    const again = read(text, { nowMs: testNowMs + 1 })
    expect(again.made.map(({ id }) => id)).toEqual(read(text).made.map(({ id }) => id))
  })

  it('refuses rows that fit no header, and times that are none', () => {
    expect(reasonsOf(read(row).refused)).toEqual([
      'row without a header above it: record with --format=csv, not csv,noheader',
    ])
    expect(reasonsOf(read(`index, temperature.gpu\n0, 40, 50\n0\n`).refused)).toEqual([
      'row does not fit the header above it',
    ])
    expect(reasonsOf(read(`timestamp, index, temperature.gpu\n1970/01/01 00:00:00.000, 0, 40\n`).refused)[0]).toMatch(
      /^time/,
    )
    expect(reasonsOf(read('index, temperature.gpu\nNo devices were found\n').skipped)).toContain(
      'nvidia-smi found no GPU',
    )
  })
})

describe('nvidia-smi --query-compute-apps', () => {
  const appHeader = 'timestamp, gpu_name, gpu_bus_id, gpu_serial, gpu_uuid, pid, process_name, used_gpu_memory [MiB]\n'
  const appRow = (id: string, name = './burn') =>
    `2026/11/20 05:04:03.123, Vigil H1, 00000000:83:00.0, 0, ${id}, 4242, ${name}, 2566 MiB\n`

  it('makes an event of a process, on the GPU of its uuid or of its place on the bus', () => {
    const { made } = apps(appHeader + appRow(uuid) + appRow(masked))
    const data = { pid: 4242, name: './burn', memoryUsedBytes: 2566 * 1_048_576 }
    expect(made).toEqual([
      { v: 1, kind: 'gpu.process.reported', id: expect.any(String), atMs, host: 'gpu-1', data: { gpu: uuid, ...data } },
      {
        v: 1,
        kind: 'gpu.process.reported',
        id: expect.any(String),
        atMs,
        host: 'gpu-1',
        data: { gpu: 'pci-00000000:83:00.0', ...data },
      },
    ])
  })

  it('keeps commas in the name of a process, and leaves out names that nvidia-smi could not find', () => {
    const nameOf = (name: string) => {
      const event = apps(appHeader + appRow(uuid, name)).made[0]
      return event?.kind === 'gpu.process.reported' ? event.data.name : 'none'
    }
    expect(nameOf('python train.py, --x, 1')).toBe('python train.py, --x, 1')
    expect(nameOf('[Not Found]')).toBeUndefined()
    expect(apps(appHeader + appRow('MIG-0a1b2c3d-0000-4000-8000-00000000beef')).made).toMatchObject([
      { data: { gpu: 'MIG-0a1b2c3d-0000-4000-8000-00000000beef' } },
    ])
  })

  it('tells the same process of two untimed rows apart, and each row once', () => {
    const text = `pid, used_memory [MiB], gpu_uuid\n7, 10 MiB, ${uuid}\n7, 10 MiB, ${uuid}\nx, 1 MiB, ${uuid}\n`
    const { made, records, refused } = apps(text)
    expect(new Set(made.map(({ id }) => id)).size).toBe(2)
    expect([records, reasonsOf(refused)]).toEqual([4, ['row has no process id']])
    const old = 'gpu_uuid, pid, gpu_utilization [%], max_memory_usage [MiB], time [ms]\n'
    expect(reasonsOf(apps(`${old}${uuid}, 7, 1 %, 5 MiB, 100 ms\n`).skipped)).toContain(
      'accounting of a process that is over',
    )
  })
})

describe('both CSV tables', () => {
  it('come to the same in pieces of any size, and know each other apart', () => {
    for (const pieceBytes of [1, 7]) {
      expect(readAll(nvidiaSmiCsv, header + row, context, pieceBytes)).toEqual(read(header + row))
    }
    const appHeader = 'pid, process_name, used_memory [MiB]\n'
    expect([nvidiaSmiCsv, nvidiaSmiComputeApps].map((source) => source.looksLike(header, 'x'))).toEqual([true, false])
    expect([nvidiaSmiCsv, nvidiaSmiComputeApps].map((source) => source.looksLike(appHeader, 'x'))).toEqual([
      false,
      true,
    ])
    expect(nvidiaSmiCsv.looksLike('name,index,city\n', 'x.csv')).toBe(false)
  })

  it('never throw and never make what does not fit, whatever is changed in a row', () => {
    const text = header + row
    const other = `gpu_uuid, pid, process_name, used_gpu_memory [MiB]\n${uuid}, 4242, __proto__, 5 MiB\n`
    fc.assert(
      fc.property(fc.nat(400), fc.nat(12), fc.string({ maxLength: 6 }), (at, cut, put) => {
        for (const result of [
          read(text.slice(0, at) + put + text.slice(at + cut)),
          apps(other.slice(0, at) + put + other.slice(at + cut)),
        ]) {
          for (const { reason } of result.refusals)
            expect(reason).not.toMatch(/does not fit the log|reading does|failed/)
        }
      }),
      { numRuns: 300 },
    )
  })
})
