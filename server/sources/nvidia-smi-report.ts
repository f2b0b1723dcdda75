// One GPU of a long report (`-q -x` or `-q`): its reading, the readings of its MIG devices, its processes, and faults that the driver names.
// Names of fields changed with the driver (power_readings, gpu_power_readings; throttle, event reasons): each is tried in turn.
// Source: nvsmi_device_v10.dtd to v13.dtd, and nvidia-smi(1).
import type { EventInput } from '../protocol/event.ts'
import type { HostId } from '../protocol/ids.ts'
import type { GpuSample } from '../protocol/sample.ts'
import { defined } from './normal-values.ts'
import {
  type GpuPlace,
  type GpuProcessFacts,
  type GpuValues,
  gpuFault,
  gpuProcess,
  gpuSample,
} from './nvidia-smi-facts.ts'
import { type Branch, branchIn, textIn } from './nvidia-smi-tree.ts'
import {
  celsiusOf,
  clockReasonOf,
  gpuIndexOf,
  gpuNameOf,
  lostCardOf,
  megahertzOf,
  memoryBytesOf,
  migNameOf,
  percentOf,
  uuidOf,
  wattsOf,
} from './nvidia-smi-values.ts'
import type { RecordContext } from './record-source.ts'

export type GpuReport = { events: EventInput[]; samples: GpuSample[] }

/** Of one host; more than these are left out. */
const migDevicesMax = 64
const processesMax = 4_096

/** A report names no index: its place is one where the report lists `all` GPUs; else the device's minor number is the best there is. */
function indexOf(gpu: Branch, place: number, all: boolean): number {
  const minor = gpuIndexOf(textIn(gpu, 'minor_number'))
  return all ? place : (minor ?? place)
}

export function readGpuReport(
  gpu: Branch,
  context: RecordContext,
  at: { host: HostId; atMs: number; ordinal: number; isWhole: boolean },
): GpuReport {
  const index = indexOf(gpu, at.ordinal, at.isWhole)
  const name = gpuNameOf({ uuid: uuidOf(textIn(gpu, 'uuid', 'gpu_uuid')), index }) ?? `index-${index}`
  const place: GpuPlace = { host: at.host, atMs: at.atMs, gpu: name, index }
  const sample = gpuSample(place, valuesOf(gpu))
  const samples = sample ? [sample] : []
  const events: EventInput[] = []
  for (const mig of migDevicesOf(gpu)) {
    const instance = migNameOf(name, textIn(mig, 'gpu_instance_id'), textIn(mig, 'compute_instance_id'))
    const memory = ['fb_memory_usage', 'shared_fb_memory_usage']
    const part = gpuSample(
      { ...place, gpu: instance },
      {
        memoryUsedBytes: memoryBytesOf(textIn(mig, ...memory.map((branch) => `${branch}/used`))),
        memoryTotalBytes: memoryBytesOf(textIn(mig, ...memory.map((branch) => `${branch}/total`))),
        utilPercent: percentOf(textIn(mig, 'utilization/gpu_util', 'utilization/gpu')),
        memoryBandwidthPercent: percentOf(textIn(mig, 'utilization/memory_util', 'utilization/memory')),
        model: textIn(gpu, 'product_name'),
      },
    )
    if (part && instance !== name) samples.push(part)
  }
  for (const { gi, ci, ...process } of processesOf(gpu)) {
    const event = gpuProcess({ ...place, gpu: migNameOf(name, gi, ci) }, process)
    if (event) events.push(event)
  }
  for (const message of faultsOf(gpu)) events.push(gpuFault(context, place, { message }))
  return { events, samples }
}

function valuesOf(gpu: Branch): GpuValues {
  const power = ['gpu_power_readings', 'power_readings']
  const watts = (...names: string[]) => {
    for (const name of names) {
      const value = wattsOf(textIn(gpu, ...power.map((branch) => `${branch}/${name}`)))
      if (value !== undefined) return value
    }
    return undefined
  }
  return defined({
    utilPercent: percentOf(textIn(gpu, 'utilization/gpu_util', 'utilization/gpu')),
    memoryBandwidthPercent: percentOf(textIn(gpu, 'utilization/memory_util', 'utilization/memory')),
    memoryUsedBytes: memoryBytesOf(textIn(gpu, 'fb_memory_usage/used', 'memory_usage/used')),
    memoryTotalBytes: memoryBytesOf(textIn(gpu, 'fb_memory_usage/total', 'memory_usage/total')),
    // `power_draw` of drivers that have all three is the average of a second.
    powerWatts: watts('power_draw', 'average_power_draw', 'instant_power_draw', 'instantaneous_power_draw'),
    temperatureC: celsiusOf(textIn(gpu, 'temperature/gpu_temp', 'temperature/gpu_current_temp', 'temperature/gpu')),
    smClockMhz: megahertzOf(textIn(gpu, 'clocks/sm_clock', 'clocks/sm', 'clocks/graphics_clock', 'clocks/graphics')),
    memoryClockMhz: megahertzOf(textIn(gpu, 'clocks/mem_clock', 'clocks/memory')),
    powerLimitWatts: watts('enforced_power_limit', 'current_power_limit', 'power_limit', 'requested_power_limit'),
    throttling: throttlingOf(gpu),
    model: textIn(gpu, 'product_name'),
  })
}

function throttlingOf(gpu: Branch): string[] | undefined {
  const told = branchIn(gpu, 'clocks_event_reasons') ?? branchIn(gpu, 'clocks_throttle_reasons')
  let isTold = false
  const reasons = new Set<string>()
  // `-q` puts two of the reasons below `HW Slowdown`.
  for (const branch of told?.branches.flatMap((outer) => [outer, ...outer.branches]) ?? []) {
    const reason = clockReasonOf(branch.name)
    if (reason === undefined || (branch.text !== 'Active' && branch.text !== 'Not Active')) continue
    isTold = true
    if (branch.text === 'Active') reasons.add(reason)
  }
  return isTold ? [...reasons].slice(0, 16) : undefined
}

function migDevicesOf(gpu: Branch): Branch[] {
  const list = branchIn(gpu, 'mig_devices')?.branches ?? gpu.branches
  return list.filter((branch) => branch.name === 'mig_device').slice(0, migDevicesMax)
}

type ReportedUse = GpuProcessFacts & { gi: string | undefined; ci: string | undefined }

/** XML has an element each; `-q` a flat list in which `Process ID` opens the next, after the instances that it runs in. */
function processesOf(gpu: Branch): ReportedUse[] {
  const found: ReportedUse[] = []
  let gi: string | undefined
  let ci: string | undefined
  for (const branch of branchIn(gpu, 'processes')?.branches.slice(0, 4 * processesMax) ?? []) {
    if (branch.name === 'gpu_instance_id') gi = branch.text
    else if (branch.name === 'compute_instance_id') ci = branch.text
    else if (branch.name === 'process_info') {
      const own = { gi: textIn(branch, 'gpu_instance_id'), ci: textIn(branch, 'compute_instance_id') }
      found.push({ ...reportedUse(branch), ...own, pid: textIn(branch, 'pid') })
    } else if (branch.name === 'process_id') {
      found.push({ ...reportedUse(branch), gi, ci, pid: branch.text })
      gi = undefined
      ci = undefined
    }
  }
  return found.slice(0, processesMax)
}

const reportedUse = (process: Branch) =>
  defined({
    name: textIn(process, 'process_name', 'name'),
    type: textIn(process, 'type'),
    memoryUsedBytes: memoryBytesOf(textIn(process, 'used_memory', 'used_gpu_memory')),
  })

/** Only what the driver calls a fault: corrected errors are everyday, and so are retired pages. */
function faultsOf(gpu: Branch): string[] {
  const faults = new Set<string>()
  const uncorrectable = uncorrectableErrors(gpu)
  if (uncorrectable > 0) faults.add(`${uncorrectable} uncorrectable ECC errors since the driver was loaded`)
  const isYes = (...paths: string[]) => textIn(gpu, ...paths) === 'Yes'
  if (isYes('ecc_errors/aggregate/sram_threshold_exceeded')) faults.add('threshold of SRAM errors is exceeded')
  if (isYes('ecc_errors/unrepairable_memory')) faults.add('memory cannot be repaired')
  if (isYes('remapped_rows/remapped_row_failure', 'remapped_rows/remapping_failure_occurred')) {
    faults.add('remapping of memory rows failed')
  }
  if (isYes('gpu_reset_status/reset_required')) faults.add('GPU requires reset')
  const action = textIn(gpu, 'gpu_recovery_action')
  if (action !== undefined && /^(?:Reset|Reboot|Drain)/i.test(action)) faults.add(`driver asks for: ${action}`)
  addLost(gpu, faults)
  return [...faults]
}

function uncorrectableErrors(gpu: Branch): number {
  const volatile = branchIn(gpu, 'ecc_errors', 'volatile')
  let sum = 0
  for (const { name, text } of volatile?.branches ?? []) {
    if (/^[sd]ram_uncorrectable/.test(name) && /^\d{1,12}$/.test(text)) sum += Number(text)
  }
  // Drivers before the Ampere cards.
  const doubleBit = volatile && textIn(volatile, 'double_bit/total')
  return sum + (doubleBit !== undefined && /^\d{1,12}$/.test(doubleBit) ? Number(doubleBit) : 0)
}

function addLost(branch: Branch, faults: Set<string>): void {
  const lost = lostCardOf(branch.text)
  if (lost !== undefined) faults.add(lost)
  for (const inner of branch.branches) addLost(inner, faults)
}
