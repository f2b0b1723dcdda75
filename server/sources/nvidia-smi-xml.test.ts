// Reports of `nvidia-smi -q -x` of many drivers: what each field means, MIG, faults, and that XML can do nothing but hold values.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { treeOfXml } from './nvidia-smi-tree.ts'
import { nvidiaSmiXml } from './nvidia-smi-xml.ts'
import { readAll, testNowMs } from './read-all-for-test.ts'

const uuid = 'GPU-0a1b2c3d-0000-4000-8000-00000000beef'
const atMs = Date.UTC(2026, 10, 20, 5, 4, 3)
const read = (text: string | Uint8Array, context: Parameters<typeof readAll>[2] = {}) =>
  readAll(nvidiaSmiXml, text, { host: 'gpu-1' as never, ...context })
const gpu = (inside: string, id = uuid) =>
  `<gpu id="00000000:83:00.0"><product_name>Vigil H1</product_name><uuid>${id}</uuid>${inside}</gpu>`
const report = (
  gpus: string,
  head = '<timestamp>Fri Nov 20 05:04:03 2026</timestamp><attached_gpus>1</attached_gpus>',
) =>
  `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>${head}${gpus}</nvidia_smi_log>\n`
const temperature = '<temperature><gpu_temp>61 C</gpu_temp></temperature>'
const faultsOf = (inside: string) =>
  read(report(gpu(inside))).made.flatMap((event) => (event.kind === 'gpu.fault' ? [event.data.message] : []))

describe('nvidia-smi -q -x', () => {
  it('makes a reading of a GPU, in our units, and an event of each of its processes', () => {
    const text = report(
      gpu(`${temperature}<utilization><gpu_util>100 %</gpu_util><memory_util>8 %</memory_util></utilization>
      <fb_memory_usage><total>2048 MiB</total><used>1024 MiB</used></fb_memory_usage>
      <bar1_memory_usage><total>9 MiB</total><used>9 MiB</used></bar1_memory_usage>
      <gpu_power_readings><average_power_draw>630.25 W</average_power_draw><instant_power_draw>628 W</instant_power_draw>
      <current_power_limit>700.00 W</current_power_limit></gpu_power_readings>
      <module_power_readings><power_draw>1 W</power_draw></module_power_readings>
      <clocks><sm_clock>1980 MHz</sm_clock><mem_clock>2619 MHz</mem_clock></clocks>
      <max_clocks><sm_clock>1 MHz</sm_clock></max_clocks>
      <clocks_event_reasons><clocks_event_reason_sw_power_cap>Active</clocks_event_reason_sw_power_cap>
      <clocks_event_reason_hw_slowdown>Not Active</clocks_event_reason_hw_slowdown></clocks_event_reasons>
      <processes><process_info><gpu_instance_id>N/A</gpu_instance_id><compute_instance_id>N/A</compute_instance_id>
      <pid>4242</pid><type>C</type><process_name>a &amp; b &lt;c&gt; &#65;</process_name><used_memory>5 MiB</used_memory></process_info></processes>`),
    )
    const { readings, made, records } = read(text)
    expect(records).toBe(1)
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
        throttling: ['sw_power_cap'],
        model: 'Vigil H1',
      },
    ])
    expect(made).toMatchObject([
      {
        kind: 'gpu.process.reported',
        atMs,
        data: { gpu: uuid, index: 0, pid: 4242, type: 'C', name: 'a & b <c> A', memoryUsedBytes: 5 * 1_048_576 },
      },
    ])
  })

  it('reads the names of older drivers', () => {
    const text = report(
      gpu(`<clocks_throttle_reasons><clocks_throttle_reason_gpu_idle>Active</clocks_throttle_reason_gpu_idle></clocks_throttle_reasons>
      <power_readings><power_draw>26.78 W</power_draw><power_limit>75 W</power_limit><enforced_power_limit>70.00 W</enforced_power_limit></power_readings>`),
    )
    expect(read(text).readings[0]).toMatchObject({ throttling: ['gpu_idle'], powerWatts: 26.78, powerLimitWatts: 70 })
    const only = (draw: string) =>
      read(report(gpu(`<gpu_power_readings><${draw}>5 W</${draw}></gpu_power_readings>`))).readings[0]?.powerWatts
    expect(['power_draw', 'average_power_draw', 'instant_power_draw'].map(only)).toEqual([5, 5, 5])
  })

  it('keeps MIG devices apart, without inventing a utilization for the card', () => {
    const mig = (gi: number) =>
      `<mig_device><index>0</index><gpu_instance_id>${gi}</gpu_instance_id><compute_instance_id>0</compute_instance_id><fb_memory_usage><total>10 MiB</total><used>${gi} MiB</used></fb_memory_usage></mig_device>`
    const inside = `<mig_devices>${mig(3)}${mig(4)}</mig_devices>${temperature}<utilization><gpu_util>N/A</gpu_util></utilization>
      <processes><process_info><gpu_instance_id>4</gpu_instance_id><compute_instance_id>0</compute_instance_id><pid>7</pid></process_info></processes>`
    const { readings, made } = read(report(gpu(inside)))
    expect(readings.map((sample) => [sample.gpu, sample.memoryUsedBytes, 'utilPercent' in sample])).toEqual([
      [uuid, undefined, false],
      [`${uuid}/3/0`, 3 * 1_048_576, false],
      [`${uuid}/4/0`, 4 * 1_048_576, false],
    ])
    expect(made).toMatchObject([{ data: { gpu: `${uuid}/4/0`, pid: 7 } }])
    const masked = read(report(gpu(inside, 'GPU-00000000-0000-0000-0000-000000000000')))
    expect(masked.readings.map((sample) => sample.gpu)).toEqual(['index-0', 'index-0/3-0', 'index-0/4-0'])
  })

  it('takes the place in a whole report for the index, and the minor number in a report of some GPUs', () => {
    const minor = `${temperature}<minor_number>5</minor_number>`
    const head = (count: number) => `<attached_gpus>${count}</attached_gpus>`
    const two = gpu(minor, uuid) + gpu(minor, 'REDACTED')
    expect(read(report(two, head(2))).readings.map(({ index }) => index)).toEqual([0, 1])
    expect(read(report(gpu(minor), head(8))).readings.map(({ index }) => index)).toEqual([5])
  })

  it('reads reports that follow each other, and takes the time of the file where a report has none', () => {
    const at = (second: string) => `<timestamp>Fri Nov 20 05:04:${second} 2026</timestamp>`
    const { readings } = read(report(gpu(temperature), at('03')) + report(gpu(temperature), at('04')))
    expect(readings.map((sample) => sample.atMs - atMs)).toEqual([0, 1_000])
    expect(read(report(gpu(temperature), '')).readings[0]?.atMs).toBe(testNowMs)
    expect(read(report(gpu(temperature), '<timestamp>soon</timestamp>')).refused[0]?.reason).toMatch(/^time is missing/)
  })

  it('tells only what the driver calls a fault', () => {
    const ecc = (volatile: string, aggregate = '') =>
      `<ecc_errors><volatile>${volatile}</volatile><aggregate>${aggregate}</aggregate></ecc_errors>`
    expect(faultsOf(ecc('<sram_correctable>9</sram_correctable><dram_correctable>9</dram_correctable>'))).toEqual([])
    expect(
      faultsOf(ecc('<dram_uncorrectable>0</dram_uncorrectable>', '<dram_uncorrectable>4</dram_uncorrectable>')),
    ).toEqual([])
    const two = '<sram_uncorrectable_parity>1</sram_uncorrectable_parity><dram_uncorrectable>2</dram_uncorrectable>'
    expect(faultsOf(ecc(two))).toEqual(['3 uncorrectable ECC errors since the driver was loaded'])
    expect(faultsOf('<gpu_recovery_action>None</gpu_recovery_action>')).toEqual([])
    expect(faultsOf('<gpu_recovery_action>Reboot</gpu_recovery_action>')).toEqual(['driver asks for: Reboot'])
    expect(faultsOf('<remapped_rows><remapped_row_failure>Yes</remapped_row_failure></remapped_rows>')).toHaveLength(1)
    expect(faultsOf('<gpu_reset_status><reset_required>Yes</reset_required></gpu_reset_status>')).toEqual([
      'GPU requires reset',
    ])
    expect(faultsOf('<fan_speed>GPU is lost</fan_speed><pci>GPU is lost</pci>')).toEqual(['GPU is lost'])
  })

  it('gives a fault the same id in every later report, and processes one of their own', () => {
    const inside =
      '<gpu_recovery_action>Reset</gpu_recovery_action><processes><process_info><pid>7</pid></process_info></processes>'
    const [first, later] = ['03', '18'].map((second) =>
      read(report(gpu(inside), `<timestamp>Fri Nov 20 05:04:${second} 2026</timestamp>`)).made.map(({ id }) => id),
    )
    expect(first?.[1]).toBe(later?.[1])
    expect(first?.[0]).not.toBe(later?.[0])
  })

  it('expands nothing, and reads on behind comments, CDATA and what is not closed', () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><nvidia_smi_log>${gpu(`${temperature}<x>&b;</x>`)}`
    expect(read(bomb).readings).toHaveLength(1)
    expect(treeOfXml('<a>&b;&#0;&#x110000;&#65;<![CDATA[<&amp;>]]></a>').branches[0]?.text).toBe(
      '&b;&#0;&#x110000;A<&amp;>',
    )
    expect(treeOfXml('<a><!-- <b> --><b><c>1</b></x></a><d/>').branches.map(({ name }) => name)).toEqual(['a', 'd'])
    expect(read(report(gpu(temperature)).slice(0, -40)).readings).toHaveLength(1)
  })

  it('reads a megabyte of hostile text in one pass, and deep nesting', () => {
    const startMs = performance.now()
    for (const piece of ['<a>', '<!DOCTYPE>', '<!DOCTYPE[', '<!--', '<![CDATA[', '<', 'x<b/>', '&#', '</a>', '<a ']) {
      read(`<nvidia_smi_log><gpu>${piece.repeat(Math.ceil(1_000_000 / piece.length))}`)
    }
    expect(performance.now() - startMs).toBeLessThan(8_000)
  })

  it('refuses what is no report, and a report of an unnamed host', () => {
    expect(read('<html></html>').refused[0]?.reason).toBe(
      'document is no report of nvidia-smi: it has no nvidia_smi_log',
    )
    expect(readAll(nvidiaSmiXml, report(gpu(temperature))).refused[0]?.reason).toMatch(/--host$/)
    expect(read(report('')).skipped[0]?.reason).toBe('report without a GPU')
    expect(read(report(gpu('<x>1</x>'))).skipped[0]?.reason).toBe('GPU without a reading')
  })

  it('comes to the same in pieces of any size and from UTF-16', () => {
    const text = report(gpu(temperature))
    for (const pieceBytes of [1, 7]) {
      expect(readAll(nvidiaSmiXml, text, { host: 'gpu-1' as never }, pieceBytes)).toEqual(read(text))
    }
    expect(read(Buffer.from(`\ufeff${text}`, 'utf16le')).readings).toEqual(read(text).readings)
  })

  it('never throws and never makes what does not fit, whatever is changed', () => {
    const text = report(gpu(`${temperature}<processes><process_info><pid>7</pid></process_info></processes>`))
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(12), fc.string({ maxLength: 6 }), (at, cut, put) => {
        for (const { reason } of read(text.slice(0, at) + put + text.slice(at + cut)).refusals) {
          expect(reason).not.toMatch(/does not fit the log|reading does|failed/)
        }
      }),
      { numRuns: 300 },
    )
  })
})
