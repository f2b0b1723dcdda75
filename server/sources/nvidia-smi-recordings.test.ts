// Recordings of real GPUs in every shape: counts against what is really in each file, counted without our readers, and their meaning.
import { basename, dirname } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dcgmExporter } from './dcgm-exporter.ts'
import { describeFixtures, fixtureBytes, fixtureFiles, fixtureText } from './fixtures-for-test.ts'
import { nvidiaSmiComputeApps } from './nvidia-smi-compute-apps.ts'
import { nvidiaSmiCsv } from './nvidia-smi-csv.ts'
import { nvidiaSmiDmon } from './nvidia-smi-dmon.ts'
import { nvidiaSmiPmon } from './nvidia-smi-pmon.ts'
import { nvidiaSmiText } from './nvidia-smi-text.ts'
import { nvidiaSmiXml } from './nvidia-smi-xml.ts'
import { readAll } from './read-all-for-test.ts'
import type { RecordSource } from './record-source.ts'

const sources = [
  dcgmExporter,
  nvidiaSmiCsv,
  nvidiaSmiComputeApps,
  nvidiaSmiPmon,
  nvidiaSmiDmon,
  nvidiaSmiXml,
  nvidiaSmiText,
]
const ends: readonly [string, RecordSource][] = [
  ['.prom', dcgmExporter],
  ['.query-gpu.csv', nvidiaSmiCsv],
  ['.compute-apps.csv', nvidiaSmiComputeApps],
  ['.pmon.txt', nvidiaSmiPmon],
  ['.dmon.txt', nvidiaSmiDmon],
  ['.xml', nvidiaSmiXml],
  ['.q.txt', nvidiaSmiText],
  ['.table.txt', nvidiaSmiText],
]
const files = ['dcgm-exporter', 'nvidia-smi-text', 'nvidia-smi-xml'].flatMap(fixtureFiles)
const recordedAtMs = Date.UTC(2026, 8, 1)
const context = { host: 'gpu-1' as never, recordedAtMs }
const mib = 1_048_576

function sourceOf(path: string): RecordSource {
  const source = ends.find(([end]) => path.endsWith(end))?.[1]
  if (source === undefined) throw new Error(`no format for ${path}`)
  return source
}
const read = (path: string) => readAll(sourceOf(path), fixtureBytes(path), context)
const text = (name: string) => read(`nvidia-smi-text/${name}`)
const count = (whole: string, pattern: RegExp) => [...whole.matchAll(pattern)].length

/** What is in the file, found with patterns of its own. */
function expectedOf(path: string): { understood: number; skipped: number; events: number; samples: number } {
  const whole = fixtureText(path)
  const lines = whole.split('\n').filter((line) => line.trim() !== '')
  const bodies = lines.slice(1).length
  switch (sourceOf(path)) {
    case nvidiaSmiCsv:
      return { understood: bodies, skipped: 1, events: 0, samples: bodies }
    case nvidiaSmiComputeApps:
      return { understood: bodies, skipped: 1, events: bodies, samples: 0 }
    case nvidiaSmiDmon:
      return { understood: lines.length - 2, skipped: 2, events: 0, samples: lines.length - 2 }
    case nvidiaSmiPmon: {
      const processes = count(whole, /^ +\d+ +\d+ /gm)
      return { understood: processes, skipped: lines.length - processes, events: processes, samples: 0 }
    }
    case nvidiaSmiXml: {
      const gpus = count(whole, /<gpu id=/g)
      const samples = gpus + count(whole, /<mig_device>/g)
      return { understood: gpus, skipped: 0, events: count(whole, /<process_info>/g), samples }
    }
    case nvidiaSmiText: {
      const gpus = count(whole, /^GPU [\dA-F]{8}:|^\| +\d+ .*\| +[\dA-F]{8}:/gm)
      const migs = count(whole, /^ {4}MIG Device$|^\| +\d+ +\d+ +\d+ +\d+ +\|/gm)
      const processes = count(whole, /^ +Process ID +: \d|^\| +\d+ +(?:N\/A +N\/A|\d+ +\d+) +\d+ +[CGM+]+ /gm)
      return { understood: gpus, skipped: 0, events: processes, samples: gpus + migs }
    }
    default: {
      const gpus = new Set([...whole.matchAll(/(?:UUID|uuid)="([^"]+)"/g)].map((match) => match[1])).size
      const names = new Set(lines.filter((line) => !line.startsWith('#')).map((line) => /^\w+/.exec(line)?.[0] ?? ''))
      const processes = count(whole, /^nvidia_smi_compute_app_info/gm)
      return {
        understood: gpus,
        skipped: [...names].filter((name) => !isRead(name)).length,
        events: processes,
        samples: gpus,
      }
    }
  }
}

const isRead = (name: string) =>
  /^DCGM_FI_(?:DEV_(?:GPU_UTIL|MEM_COPY_UTIL|GPU_TEMP|POWER_USAGE|SM_CLOCK|MEM_CLOCK|FB_(?:USED|FREE|RESERVED)|ROW_REMAP_FAILURE)|PROF_(?:GR_ENGINE|DRAM)_ACTIVE)$/.test(
    name,
  ) ||
  /^nvidia_smi_(?:index|gpu_info|utilization_(?:gpu|memory)_ratio|memory_(?:used|total)_bytes|power_draw(?:_instant)?_watts|(?:enforced_)?power_limit_watts|temperature_gpu|clocks_current_(?:sm|memory)_clock_hz|clocks_event_reasons_(?!counters|supported)\w+|compute_app_\w+|remapped_rows_failure|ecc_errors_uncorrected_volatile_total)$/.test(
    name,
  )

describeFixtures('recordings of GPUs', () => {
  it('are all there', () => {
    expect(files.length).toBeGreaterThanOrEqual(46)
  })

  it.each(files)('come out as what is in them: %s', (path) => {
    const expected = expectedOf(path)
    const result = read(path)
    const sum = (tallies: { count: number }[]) => tallies.reduce((all, tally) => all + tally.count, 0)
    expect(result.refused).toEqual([])
    expect({
      understood: sum(result.understood),
      skipped: sum(result.skipped),
      events: result.events,
      samples: result.samples,
    }).toEqual(expected)
    expect(result.records).toBe(expected.understood + expected.skipped)
    expect(new Set(result.made.map(({ id }) => id)).size).toBe(result.events)
    expect(readAll(sourceOf(path), fixtureBytes(path), context, 7)).toEqual(result)
    expect(new Set(result.readings.map(({ gpu, atMs }) => `${gpu} ${atMs}`)).size).toBe(result.samples)
  })

  it.each(files)('are known by their first bytes, by one format alone: %s', (path) => {
    const bytes = fixtureBytes(path)
    for (const size of [512, 1_000, 4_096, bytes.length]) {
      const head = Buffer.from(bytes.subarray(0, size)).toString('utf8')
      const found = sources.filter((source) => source.looksLike(head, basename(path)))
      expect(found.map(({ format }) => format)).toEqual([sourceOf(path).format])
    }
  })

  it('of other formats are none of ours', () => {
    const own = new Set(['dcgm-exporter', 'nvidia-smi-text', 'nvidia-smi-xml'])
    for (const path of fixtureFiles('.')) {
      if (own.has(dirname(path))) continue
      const head = Buffer.from(fixtureBytes(path).subarray(0, 4_096)).toString('utf8')
      expect([
        path,
        ...sources.filter((source) => source.looksLike(head, basename(path))).map((s) => s.format),
      ]).toEqual([path])
    }
  })

  it('show the H200 under load in every shape: 100 % SM, 7 to 8 % memory, some 630 W, by one process', () => {
    const dmon = text('h200.load.dmon.txt').readings
    expect(dmon.map(({ utilPercent, memoryBandwidthPercent }) => [utilPercent, memoryBandwidthPercent])).toEqual(
      Array(5).fill([100, 8]),
    )
    expect(dmon.map(({ powerWatts }) => powerWatts)).toEqual([630, 628, 629, 632, 630])
    for (const { readings, made } of [
      text('h200.load.q.txt'),
      text('h200.load.table.txt'),
      text('h200.load.query-gpu.csv'),
      read('dcgm-exporter/nvidia_gpu_exporter_h200_load.prom'),
    ]) {
      expect(readings).toHaveLength(1)
      expect(readings[0]).toMatchObject({
        gpu: 'index-0',
        index: 0,
        utilPercent: 100,
        memoryUsedBytes: 32_362 * mib,
        memoryTotalBytes: 143_771 * mib,
        temperatureC: 52,
        powerLimitWatts: 700,
        model: 'NVIDIA H200',
      })
      expect(readings[0]?.memoryBandwidthPercent ?? 7).toBe(7)
      expect(Math.abs((readings[0]?.powerWatts ?? 0) - 628)).toBeLessThan(5)
      for (const { kind, data } of made) {
        expect([kind, 'gpu' in data && data.gpu]).toEqual(['gpu.process.reported', 'index-0'])
      }
    }
    const shares = text('h200.load.pmon.txt').made.flatMap(({ data }) =>
      'smPercent' in data && 'name' in data ? [[data.name, data.smPercent, data.memoryBandwidthPercent]] : [],
    )
    expect(shares).toEqual([
      ['gpu_burn', 99, 7],
      ['gpu_burn', 99, 7],
      ['gpu_burn', 99, 7],
      ['memhog', 19, 1],
      ['gpu_burn', 79, 5],
      ['gpu_burn', 99, 7],
    ])
    expect(text('h200.load.compute-apps.csv').made[2]).toMatchObject({
      atMs: Date.UTC(2026, 6, 3, 22, 11, 9, 916),
      data: { gpu: 'pci-00000000:83:00.0', pid: 10309, name: './gpu_burn', memoryUsedBytes: 28_234 * mib },
    })
  })

  it('show the MIG devices of the H100 apart, and no utilization', () => {
    for (const name of ['h100-mig.load.q.txt', 'h100-mig.load.table.txt']) {
      const { readings, made } = text(name)
      expect(readings.map(({ gpu, memoryUsedBytes }) => [gpu, (memoryUsedBytes ?? 0) / mib])).toEqual([
        ['index-0', 11_125],
        ['index-0/2-0', 11_091],
        ['index-0/3-0', 17],
        ['index-0/9-0', 9],
        ['index-0/10-0', 9],
      ])
      for (const sample of readings) expect(sample).not.toHaveProperty('utilPercent')
      for (const { data } of made) expect(data).toMatchObject({ gpu: 'index-0/2-0', index: 0, type: 'C' })
    }
    for (const name of ['h100-mig.load.dmon.txt', 'h100-mig.load.query-gpu.csv']) {
      for (const sample of text(name).readings) expect(sample).not.toHaveProperty('utilPercent')
    }
    expect(read('nvidia-smi-xml/telegraf_a100-sxm4-v12.xml').readings.map(({ gpu, index }) => [gpu, index])).toEqual(
      ['', '/3/0', '/4/0', '/5/0', '/6/0'].map((part) => [`GPU-513536b6-7d19-9063-b049-1e69664bb298${part}`, 1]),
    )
  })

  it('show a busy T4, an idle H100 with its pod, and the processes of a desktop', () => {
    expect(read('dcgm-exporter/ericsson_tesla-t4_busy.prom').readings).toMatchObject([
      { host: 'cp-bm14r7', utilPercent: 91, powerWatts: 68.244, memoryUsedBytes: 5_120 * mib, temperatureC: 74 },
    ])
    const users = read('dcgm-exporter/aicr_8xh100.prom').readings.map(({ index, user }) => [index, user])
    expect(users).toEqual([
      [0, 'dynamo-workload/vllm-agg-0-vllmdecodeworker-s65j5/main'],
      ...[1, 2, 3, 4, 5, 6, 7].map((index) => [index, undefined]),
    ])
    expect(read('nvidia-smi-xml/telegraf_tesla-t4.xml').made).toMatchObject([
      { data: { pid: 675, type: 'G', name: '/usr/lib/xorg/Xorg', memoryUsedBytes: 22 * mib } },
      { data: { pid: 5762, type: 'C', name: 'python', memoryUsedBytes: 1_005 * mib } },
    ])
    expect(read('nvidia-smi-xml/telegraf_rtx-4000-sff-ada-v13.xml').readings).toMatchObject([
      { powerWatts: 8.81, powerLimitWatts: 70, throttling: ['gpu_idle'], memoryBandwidthPercent: 37 },
    ])
    expect(text('geforce-rtx-4080-super.load.pmon.txt').made[0]).toMatchObject({
      data: { pid: 2165, type: 'C+G', name: 'kwin_wayland' },
    })
  })

  it('never throw and never make what does not fit, however they are cut and changed', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(40),
        fc.string({ maxLength: 8 }),
        (path, place, cut, put) => {
          const whole = fixtureText(path)
          const at = Math.floor(place * whole.length)
          const { refusals } = readAll(sourceOf(path), whole.slice(0, at) + put + whole.slice(at + cut), context)
          for (const { reason } of refusals) expect(reason).not.toMatch(/does not fit the log|reading does|failed/)
        },
      ),
      { numRuns: 300 },
    )
  })
})
