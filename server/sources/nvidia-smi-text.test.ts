// What nvidia-smi prints for people: the table in its widths of ten years, and `-q`.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nvidiaSmiText } from './nvidia-smi-text.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'

const uuid = 'GPU-0a1b2c3d-0000-4000-8000-00000000beef'
const atMs = Date.UTC(2026, 10, 20, 5, 4, 3)
const read = (text: string | Uint8Array, context: Parameters<typeof readAll>[2] = {}) =>
  readAll(nvidiaSmiText, text, { host: 'gpu-1' as never, ...context })

const table = `Fri Nov 20 05:04:03 2026       
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 590.48.01              Driver Version: 590.48.01      CUDA Version: 13.1     |
+-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
| Fan  Temp   Perf          Pwr:Usage/Cap |           Memory-Usage | GPU-Util  Compute M. |
|                                         |                        |               MIG M. |
|=========================================+========================+======================|
|   0  Vigil H1 80GB                  On  |   00000000:83:00.0 Off |                    0 |
| N/A   52C    P0            628W /  700W |   32362MiB / 143771MiB |    100%      Default |
|                                         |                        |             Disabled |
+-----------------------------------------+------------------------+----------------------+
|   1  Vigil H1 80GB                  On  |   00000000:84:00.0 Off |                   On |
| N/A   ERR!   P0           ERR! /  700W  |      59MiB /  81559MiB |     N/A      Default |
|                                         |                        |              Enabled |
+-----------------------------------------+------------------------+----------------------+

+-----------------------------------------------------------------------------------------+
| MIG devices:                                                                            |
+------------------+----------------------------------+-----------+-----------------------+
| GPU  GI  CI  MIG |              Shared Memory-Usage |        Vol|        Shared         |
|      ID  ID  Dev |                Shared BAR1-Usage | SM     Unc| CE ENC  DEC  OFA  JPG |
|==================+==================================+===========+=======================|
|  1    2   0   0  |              26MiB / 40448MiB    | 60      0 |  3   0    3    0    3 |
|                  |               0MiB / 24739MiB    |           |                       |
+------------------+----------------------------------+-----------+-----------------------+

+-----------------------------------------------------------------------------------------+
| Processes:                                                                              |
|  GPU   GI   CI              PID   Type   Process name                        GPU Memory |
|        ID   ID                                                               Usage      |
|=========================================================================================|
|    0   N/A  N/A            4242      C   ./burn --all | tee x                   28234MiB |
|    1     2    0            4243      C   python                                   17MiB |
+-----------------------------------------------------------------------------------------+
`

const q = (
  inside: string,
  head = 'Timestamp                                 : Fri Nov 20 05:04:03 2026\nAttached GPUs                             : 1\n',
) => `\n==============NVSMI LOG==============\n\n${head}GPU 00000000:83:00.0\n${inside}`

describe('the table of nvidia-smi', () => {
  it('makes a reading of each GPU and MIG device and an event of each process', () => {
    const { readings, made, understood, records } = read(table)
    expect(readings).toEqual([
      {
        type: 'gpu',
        atMs,
        host: 'gpu-1',
        gpu: 'index-0',
        index: 0,
        utilPercent: 100,
        memoryUsedBytes: 32_362 * 1_048_576,
        memoryTotalBytes: 143_771 * 1_048_576,
        powerWatts: 628,
        powerLimitWatts: 700,
        temperatureC: 52,
        model: 'Vigil H1 80GB',
      },
      {
        type: 'gpu',
        atMs,
        host: 'gpu-1',
        gpu: 'index-1',
        index: 1,
        memoryUsedBytes: 59 * 1_048_576,
        memoryTotalBytes: 81_559 * 1_048_576,
        powerLimitWatts: 700,
        model: 'Vigil H1 80GB',
      },
      {
        type: 'gpu',
        atMs,
        host: 'gpu-1',
        gpu: 'index-1/2-0',
        index: 1,
        memoryUsedBytes: 26 * 1_048_576,
        memoryTotalBytes: 40_448 * 1_048_576,
        model: 'Vigil H1 80GB',
      },
    ])
    expect(made.map(({ data }) => data)).toEqual([
      {
        gpu: 'index-0',
        index: 0,
        pid: 4242,
        type: 'C',
        name: './burn --all | tee x',
        memoryUsedBytes: 28_234 * 1_048_576,
      },
      { gpu: 'index-1/2-0', index: 1, pid: 4243, type: 'C', name: 'python', memoryUsedBytes: 17 * 1_048_576 },
    ])
    expect([records, understood]).toEqual([2, [{ what: 'gpu', count: 2 }]])
  })

  it('reads the table of older drivers, without instances', () => {
    const old = `+-----------------------------------------------------------------------------+
| NVIDIA-SMI 418.67       Driver Version: 418.67       CUDA Version: 10.1     |
|-------------------------------+----------------------+----------------------+
| GPU  Name        Persistence-M| Bus-Id        Disp.A | Volatile Uncorr. ECC |
| Fan  Temp  Perf  Pwr:Usage/Cap|         Memory-Usage | GPU-Util  Compute M. |
|===============================+======================+======================|
|   0  Tesla T4            Off  | 0000:00:04.0     Off |                    2 |
| 30%   63C    P0    29W /  70W |   1091MiB / 15079MiB |     33%      Default |
+-------------------------------+----------------------+----------------------+
+-----------------------------------------------------------------------------+
| Processes:                                                       GPU Memory |
|  GPU       PID   Type   Process name                             Usage      |
|=============================================================================|
|    0      4242      C   python3                                     1081MiB |
+-----------------------------------------------------------------------------+
`
    const { readings, made } = read(old)
    expect(readings).toMatchObject([
      { atMs: testNowMs, model: 'Tesla T4', powerWatts: 29, powerLimitWatts: 70, temperatureC: 63, utilPercent: 33 },
    ])
    expect(made.map(({ data }) => data)).toEqual([
      { gpu: 'index-0', index: 0, pid: 4242, type: 'C', name: 'python3', memoryUsedBytes: 1081 * 1_048_576 },
      { gpu: 'index-0', index: 0, message: '2 uncorrectable ECC errors since the driver was loaded' },
    ])
  })

  it('tells each of the tables of a loop, with ids that differ and stay', () => {
    const loop = table + table.replace('05:04:03', '05:04:08')
    const ids = read(loop).made.map(({ id }) => id)
    expect(new Set(ids).size).toBe(4)
    expect(read(loop).made.map(({ id }) => id)).toEqual(ids)
    for (const pieceBytes of [1, 7]) {
      expect(readAll(nvidiaSmiText, loop, { host: 'gpu-1' as never }, pieceBytes)).toEqual(read(loop))
    }
  })

  it('tells a card that answers no more, and a machine without one', () => {
    const lost = 'Unable to determine the device handle for GPU 0000:5F:00.0: GPU is lost. Reboot the system\n'
    expect(read(lost + table).made[0]?.data).toEqual({
      gpu: 'pci-00000000:5F:00.0',
      message: 'device handle is lost: GPU is lost. Reboot the system',
    })
    expect(read('No devices were found\n').skipped).toMatchObject([{ reason: 'nvidia-smi found no GPU' }])
    const failed = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n"
    expect(read(failed).skipped).toMatchObject([{ reason: 'nvidia-smi found no GPU' }])
    expect(read('something else\n').refused).toHaveLength(1)
    expect(readAll(nvidiaSmiText, table).refused).toMatchObject([
      { reason: 'record does not name its host: say which with --host', count: 2 },
    ])
  })
})

describe('nvidia-smi -q', () => {
  it('reads the sections of a GPU by their indentation', () => {
    const text = q(`    Product Name                          : Vigil H1
    GPU UUID                              : ${uuid}
    Clocks Event Reasons
        Idle                              : Not Active
        SW Power Cap                      : Active
        HW Slowdown                       : Not Active
            HW Thermal Slowdown           : Active
    FB Memory Usage
        Total                             : 2048 MiB
        Used                              : 1024 MiB
    BAR1 Memory Usage
        Used                              : 1 MiB
    Utilization
        Gpu                               : 100 %
        Memory                            : 8 %
    Temperature
        GPU Current Temp                  : 61 C
        GPU Slowdown Temp                 : 99 C
    Power Readings
        Power Draw                        : 630.25 W
        Enforced Power Limit              : 700.00 W
    Clocks
        SM                                : 1980 MHz
        Memory                            : 2619 MHz
    Max Clocks
        SM                                : 1 MHz
    Processes
        GPU instance ID                   : 3
        Compute instance ID               : 0
        Process ID                        : 4242
            Type                          : C
            Name                          : /opt/a : b
            Used GPU Memory               : 5 MiB
        Process ID                        : 4243
            Type                          : G
            Used GPU Memory               : N/A
`)
    const { readings, made } = read(text)
    expect(readings).toEqual([
      {
        type: 'gpu',
        atMs,
        host: 'gpu-1',
        gpu: uuid,
        index: 0,
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
    expect(made.map(({ data }) => data)).toEqual([
      { gpu: `${uuid}/3/0`, index: 0, pid: 4242, type: 'C', name: '/opt/a : b', memoryUsedBytes: 5 * 1_048_576 },
      { gpu: uuid, index: 0, pid: 4243, type: 'G' },
    ])
  })

  it('reads several reports, some sections alone, Windows line ends and UTF-16', () => {
    const one = q('    Temperature\r\n        GPU Current Temp                  : 61 C\r\n')
    const loop = one + one.replace('05:04:03', '05:04:08')
    expect(read(loop).readings.map((sample) => [sample.temperatureC, sample.atMs - atMs])).toEqual([
      [61, 0],
      [61, 5_000],
    ])
    expect(read(Buffer.from(`\ufeff${one}`, 'utf16le')).readings).toHaveLength(1)
    expect(read(q('    Processes                             : None\n')).skipped[0]?.reason).toBe(
      'GPU without a reading',
    )
    expect(read(q('', 'Timestamp    : yesterday\n')).refused[0]?.reason).toMatch(/^time is missing/)
    expect(read('=====NVSMI LOG=====\n').skipped[0]?.reason).toBe('report without a GPU')
  })

  it('reads deep and wide text in one pass', () => {
    const startMs = performance.now()
    const deep = Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}a : b`).join('\n')
    for (const piece of [
      `${deep}\n`,
      ' : ',
      '=',
      '|',
      '| 0 ',
      '    x\n',
      'Unable to determine the device handle for \n',
    ]) {
      read(q(piece.repeat(Math.ceil(1_000_000 / piece.length))))
      read(table + piece.repeat(Math.ceil(1_000_000 / piece.length)))
    }
    expect(performance.now() - startMs).toBeLessThan(10_000)
  })

  it('never throws and never makes what does not fit, whatever is changed', () => {
    const text = q(
      '    Utilization\n        Gpu       : 100 %\n    Processes\n        Process ID     : 7\n            Type     : C\n',
    )
    fc.assert(
      fc.property(fc.nat(3_000), fc.nat(12), fc.string({ maxLength: 6 }), (at, cut, put) => {
        for (const whole of [text, table]) {
          for (const { reason } of read(whole.slice(0, at) + put + whole.slice(at + cut)).refusals) {
            expect(reason).not.toMatch(/does not fit the log|reading does|failed/)
          }
        }
      }),
      { numRuns: 200 },
    )
  })
})
