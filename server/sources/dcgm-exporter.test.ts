// Scrapes of dcgm-exporter and of nvidia_gpu_exporter: what each metric means, whose a GPU is, MIG, faults without repetition.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dcgmExporter } from './dcgm-exporter.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'

const uuid = 'GPU-0a1b2c3d-0000-4000-8000-00000000beef'
const masked = '00000000-0000-0000-0000-000000000000'
type Labels = { [label: string]: string | undefined }
function metric(name: string, value: number | string, labels: Labels = {}): string {
  const all: Labels = { gpu: '3', UUID: uuid, device: 'nvidia3', modelName: 'Vigil H1', Hostname: 'gpu-1', ...labels }
  const told = Object.entries(all).flatMap(([label, text]) => (text === undefined ? [] : [`${label}="${text}"`]))
  return `${name}{${told.join(',')}} ${value}\n`
}
const read = (text: string, context: Parameters<typeof readAll>[2] = {}) => readAll(dcgmExporter, text, context)
const one = (text: string, context: Parameters<typeof readAll>[2] = {}) => {
  const { readings, refusals } = read(text, context)
  expect(refusals).toEqual([])
  expect(readings).toHaveLength(1)
  return readings[0]
}
const smi = (name: string, value: number, labels = '') =>
  `nvidia_smi_${name}{uuid="${uuid.slice(4)}"${labels}} ${value}\n`

describe('dcgm-exporter', () => {
  it('makes one reading of all metrics of a GPU, in our units', () => {
    const text = [
      '# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).\n# TYPE DCGM_FI_DEV_GPU_UTIL gauge\n',
      metric('DCGM_FI_DEV_GPU_UTIL', 97),
      metric('DCGM_FI_PROF_GR_ENGINE_ACTIVE', 0.96),
      metric('DCGM_FI_DEV_MEM_COPY_UTIL', 40),
      metric('DCGM_FI_PROF_DRAM_ACTIVE', 0.0875),
      metric('DCGM_FI_DEV_FB_USED', 1024),
      metric('DCGM_FI_DEV_FB_FREE', 2048),
      metric('DCGM_FI_DEV_FB_RESERVED', 512),
      metric('DCGM_FI_DEV_POWER_USAGE', '630.250000'),
      metric('DCGM_FI_DEV_POWER_MGMT_LIMIT', 700),
      metric('DCGM_FI_DEV_GPU_TEMP', 61),
      metric('DCGM_FI_DEV_MEMORY_TEMP', 0),
      metric('DCGM_FI_DEV_SM_CLOCK', 1980),
      metric('DCGM_FI_DEV_MEM_CLOCK', 2619),
      metric('DCGM_FI_DEV_CLOCKS_EVENT_REASONS', 0x44),
    ].join('')
    expect(one(text)).toEqual({
      type: 'gpu',
      atMs: testNowMs,
      host: 'gpu-1',
      gpu: uuid,
      index: 3,
      utilPercent: 97,
      memoryBandwidthPercent: 8.75,
      memoryUsedBytes: 1024 * 1_048_576,
      memoryTotalBytes: 3584 * 1_048_576,
      powerWatts: 630.25,
      powerLimitWatts: 700,
      temperatureC: 61,
      smClockMhz: 1980,
      memoryClockMhz: 2619,
      throttling: ['sw_power_cap', 'hw_thermal_slowdown'],
      model: 'Vigil H1',
    })
    const { records, understood, skipped } = read(text)
    expect({ records, understood, skipped }).toEqual({
      records: 2,
      understood: [{ what: 'gpu', count: 1 }],
      skipped: [{ reason: 'metric not read', count: 1, example: '"DCGM_FI_DEV_MEMORY_TEMP"' }],
    })
  })

  it('reads the old namespace, and tells a metric that it does not read once a family', () => {
    expect(one(metric('dcgm_gpu_utilization', 5, { UUID: undefined, uuid }))).toMatchObject({
      gpu: uuid,
      utilPercent: 5,
    })
    const noise = '# TYPE go_gc summary\ngo_gc{quantile="0"} 1\ngo_gc_sum 2\ngo_gc_count 2\nprocess_open_fds 9\n'
    const { skipped, understood } = read(
      `${noise}${metric('DCGM_FI_DEV_ENC_UTIL', 1)}${metric('DCGM_FI_DEV_GPU_UTIL', 1)}`,
    )
    expect(skipped).toEqual([{ reason: 'metric not read', count: 3, example: '"go_gc"' }])
    expect(understood).toEqual([{ what: 'gpu', count: 1 }])
  })

  it('takes the profiler for utilization where nothing else says it, and distrusts it where it died', () => {
    expect(one(metric('DCGM_FI_PROF_GR_ENGINE_ACTIVE', 1.004))?.utilPercent).toBe(100)
    const dead = metric('DCGM_FI_PROF_GR_ENGINE_ACTIVE', 0) + metric('DCGM_FI_PROF_DRAM_ACTIVE', 0)
    const busy = metric('DCGM_FI_DEV_GPU_UTIL', 100) + metric('DCGM_FI_DEV_MEM_COPY_UTIL', 31)
    expect(one(dead + busy)).toMatchObject({ utilPercent: 100, memoryBandwidthPercent: 31 })
  })

  it('leaves out what is blank, not a number or impossible, never making it zero', () => {
    const text = [
      metric('DCGM_FI_DEV_GPU_UTIL', 'NaN'),
      metric('DCGM_FI_DEV_POWER_USAGE', '140737488355328.0'),
      metric('DCGM_FI_DEV_FB_USED', '9223372036854775792'),
      metric('DCGM_FI_DEV_SM_CLOCK', -5),
      metric('DCGM_FI_DEV_CLOCK_THROTTLE_REASONS', 9_223_372_036_854_776_000),
      metric('DCGM_FI_DEV_GPU_TEMP', 40),
    ].join('')
    expect(Object.keys(one(text) ?? {}).sort()).toEqual([
      'atMs',
      'gpu',
      'host',
      'index',
      'model',
      'temperatureC',
      'type',
    ])
    expect(read(metric('DCGM_FI_DEV_GPU_UTIL', 'NaN')).skipped.map(({ reason }) => reason)).toEqual([
      'GPU without a reading',
    ])
  })

  describe('names the user', () => {
    const userOf = (labels: Labels) => one(metric('DCGM_FI_DEV_GPU_UTIL', 1, labels))?.user

    it('by namespace, pod and container', () => {
      expect(userOf({ namespace: 'rl', pod: 'rollout-7', container: 'main' })).toBe('rl/rollout-7/main')
      expect(userOf({ namespace: '', pod: '', container: '' })).toBeUndefined()
      expect(userOf({ pod_namespace: 'rl', pod_name: 'rollout-7', container_name: 'main' })).toBe('rl/rollout-7/main')
      expect(userOf({ hpc_job: '4711' })).toBe('hpc_job/4711')
    })

    it('by the exported labels where a scrape wrote the exporter over the plain ones', () => {
      const own = { namespace: 'monitoring', pod: 'sensor-x1', container: 'exporter' }
      const exported = { exported_namespace: 'rl', exported_pod: 'rollout-7', exported_container: 'main' }
      expect(userOf({ ...own, ...exported })).toBe('rl/rollout-7/main')
      expect(userOf({ namespace: 'monitoring', pod: 'nvidia-dcgm-exporter-x1' })).toBeUndefined()
      const text =
        metric('DCGM_FI_DEV_GPU_UTIL', 1, { ...own, ...exported }) +
        metric('DCGM_FI_DEV_GPU_UTIL', 2, { ...own, gpu: '4', UUID: masked })
      expect(read(text).readings.map(({ user }) => user)).toEqual(['rl/rollout-7/main', undefined])
    })

    it('all of them where they share the GPU', () => {
      const text =
        metric('DCGM_FI_DEV_GPU_UTIL', 1, { namespace: 'rl', pod: 'a' }) +
        metric('DCGM_FI_DEV_GPU_UTIL', 1, { namespace: 'rl', pod: 'b' })
      expect(one(text)?.user).toBe('rl/a, rl/b')
    })
  })

  it('keeps MIG devices apart from each other and from their GPU', () => {
    const text =
      metric('DCGM_FI_DEV_POWER_USAGE', 400) +
      metric('DCGM_FI_PROF_GR_ENGINE_ACTIVE', 0.5, { GPU_I_PROFILE: '1g.10gb', GPU_I_ID: '7' }) +
      metric('DCGM_FI_DEV_FB_USED', 10, { GPU_I_PROFILE: '1g.10gb', GPU_I_ID: '8' })
    const { readings, understood } = read(text)
    expect(readings.map(({ gpu, index, utilPercent }) => [gpu, index, utilPercent])).toEqual([
      [uuid, 3, undefined],
      [`${uuid}/7`, 3, 50],
      [`${uuid}/8`, 3, undefined],
    ])
    expect(understood).toEqual([
      { what: 'gpu', count: 1 },
      { what: 'MIG device', count: 2 },
    ])
  })

  it('names cards with the same masked uuid by their index', () => {
    const text = ['0', '1'].map((gpu) => metric('DCGM_FI_DEV_GPU_UTIL', 1, { gpu, UUID: `GPU-${masked}` })).join('')
    expect(read(text).readings.map(({ gpu }) => gpu)).toEqual(['index-0', 'index-1'])
    const twice = [0, 1].map((index) => `nvidia_smi_gpu_info{uuid="${masked}",index="${index}"} 1\n`).join('')
    const { refused } = read(`${twice}nvidia_smi_temperature_gpu{uuid="${masked}"} 50\n`, { host: 'gpu-1' as never })
    expect(refused.map(({ reason }) => reason)).toEqual(['two GPUs have the same uuid: they cannot be told apart'])
  })

  it('tells an XID once, however often it is scraped, and 0 is none', () => {
    const xid = metric('DCGM_FI_DEV_XID_ERRORS', 79, { err_code: '79', err_msg: 'GPU has fallen off the bus' })
    const first = read(xid)
    const later = read(xid, { nowMs: testNowMs + 15_000 })
    expect(first.made).toEqual([
      {
        v: 1,
        kind: 'gpu.fault',
        id: expect.any(String),
        atMs: testNowMs,
        host: 'gpu-1',
        data: { gpu: uuid, index: 3, xid: 79, message: 'GPU has fallen off the bus' },
      },
    ])
    expect(later.made[0]?.id).toBe(first.made[0]?.id)
    expect(read(metric('DCGM_FI_DEV_XID_ERRORS', 31)).made[0]?.id).not.toBe(first.made[0]?.id)
    expect(read(metric('DCGM_FI_DEV_XID_ERRORS', 79, { Hostname: 'gpu-2' })).made[0]?.id).not.toBe(first.made[0]?.id)
    expect(read(metric('DCGM_FI_DEV_XID_ERRORS', 0)).made).toEqual([])
    expect(read(metric('DCGM_EXP_XID_ERRORS_COUNT', 2, { xid: '42', window_size_in_ms: '300000' })).made).toMatchObject(
      [{ data: { xid: 42 } }],
    )
  })

  it('tells a fault of a card once where each of its MIG devices repeats it', () => {
    const text = ['7', '8'].map((GPU_I_ID) => metric('DCGM_FI_DEV_XID_ERRORS', 63, { GPU_I_ID })).join('')
    expect(read(text).made).toMatchObject([{ data: { gpu: uuid, xid: 63 } }])
    expect(read(metric('DCGM_FI_DEV_ROW_REMAP_FAILURE', 1)).made).toMatchObject([
      { data: { message: 'remapping of memory rows failed' } },
    ])
  })

  it('knows its host by the exporter, by the node where the exporter names its pod, or by the sender', () => {
    const hostOf = (labels: Labels, host?: string) =>
      one(metric('DCGM_FI_DEV_GPU_UTIL', 1, labels), { host: host as never })?.host
    expect(hostOf({}, 'other')).toBe('gpu-1')
    expect(hostOf({ Hostname: 'dcgm-exporter-x1', node: 'node-9' })).toBe('node-9')
    expect(hostOf({ Hostname: 'dcgm-exporter-x1' }, 'other')).toBe('other')
    const { refused } = read(metric('DCGM_FI_DEV_GPU_UTIL', 1, { Hostname: undefined }))
    expect(refused.map(({ reason }) => reason)).toEqual(['record does not name its host: say which with --host'])
    const nameless = { gpu: undefined, device: undefined }
    expect(read(metric('DCGM_FI_DEV_GPU_UTIL', 1, nameless)).refused).toHaveLength(1)
  })

  it('takes the time of the metric, else of the file, else now; and refuses an absurd one', () => {
    const line = metric('DCGM_FI_DEV_GPU_UTIL', 1).trim()
    expect(one(`${line} 1795000000000\n`)?.atMs).toBe(1_795_000_000_000)
    expect(one(line, { recordedAtMs: 1_700_000_000_000 })?.atMs).toBe(1_700_000_000_000)
    expect(read(`${line} 1795000000000\n${line} 1795000015000\n`).readings).toHaveLength(2)
    expect(read(`${line} 99999999999999\n`).refused[0]?.reason).toMatch(/^time is missing/)
  })

  it('reads nvidia_gpu_exporter: ratios, bytes, hertz, reasons one by one, and its processes', () => {
    const text = [
      smi('gpu_info', 1, ',index="2",name="Vigil H2"'),
      smi('utilization_gpu_ratio', 1),
      smi('utilization_memory_ratio', 0.07),
      smi('memory_used_bytes', 3.3934016512e10),
      smi('power_draw_watts', 627.4),
      smi('enforced_power_limit_watts', 700),
      smi('clocks_current_sm_clock_hz', 1.98e9),
      smi('clocks_event_reasons_sw_power_cap', 1),
      smi('clocks_event_reasons_hw_slowdown', 0),
      smi('compute_app_info', 1, ',pid="4242",process_name="./burn"'),
      smi('compute_app_used_memory_bytes', 1e9, ',pid="4242",process_name="./burn"'),
    ].join('')
    const { readings, made } = read(text, { host: 'gpu-9' as never })
    expect(readings).toEqual([
      {
        type: 'gpu',
        atMs: testNowMs,
        host: 'gpu-9',
        gpu: uuid,
        index: 2,
        utilPercent: 100,
        memoryBandwidthPercent: 7,
        memoryUsedBytes: 33_934_016_512,
        powerWatts: 627.4,
        powerLimitWatts: 700,
        smClockMhz: 1980,
        throttling: ['sw_power_cap'],
        model: 'Vigil H2',
      },
    ])
    expect(made).toMatchObject([
      { kind: 'gpu.process.reported', data: { gpu: uuid, index: 2, pid: 4242, name: './burn', memoryUsedBytes: 1e9 } },
    ])
  })

  it('tells broken lines beside what is whole, in pieces of any size, with ids that stay', () => {
    const text = `${metric('DCGM_FI_DEV_XID_ERRORS', 13)}DCGM_FI_DEV_GPU_UTIL{gpu="0\nnot a metric at all\n`
    const whole = read(text)
    expect(whole.refused).toMatchObject([{ reason: 'line does not fit the text format of Prometheus', count: 2 }])
    expect(whole.records).toBe(3)
    for (const pieceBytes of [1, 7]) expect(readAll(dcgmExporter, text, {}, pieceBytes)).toEqual(whole)
    expect(read('\n').records).toBe(1)
  })

  it('never throws and never makes what does not fit, whatever is changed in a scrape', () => {
    const lines = [
      metric('DCGM_FI_DEV_GPU_UTIL', 5, { pod: 'p', namespace: 'n' }),
      metric('DCGM_FI_DEV_XID_ERRORS', 79, { err_msg: 'x' }),
      smi('gpu_info', 1, ',index="2"'),
      smi('compute_app_used_memory_bytes', 5, ',pid="9"'),
    ].join('')
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.nat(12), fc.string({ maxLength: 6 }), (at, cut, put) => {
        const { refusals } = read(lines.slice(0, at) + put + lines.slice(at + cut))
        for (const { reason } of refusals)
          expect(reason).not.toMatch(/does not fit the log|reading does not fit|reader failed/)
      }),
      { numRuns: 300 },
    )
  })
})
