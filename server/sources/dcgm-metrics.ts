// Which metrics of GPU exporters are read, and into what: names and units of dcgm-exporter (new and old namespace), of nvidia_gpu_exporter
// (nvidia_smi_*) and of nvidia_gpu_prometheus_exporter (nvidia_gpu_*). A metric that is not here is told as not read.
// Source: dcgm_fields.h of DCGM, etc/default-counters.csv of dcgm-exporter, METRICS.md of nvidia_gpu_exporter.
import type { GpuValues } from './nvidia-smi-facts.ts'
import { clockReasonsOfMask, within } from './nvidia-smi-values.ts'

const mib = 1_048_576

/** What a metric says; several metrics may say the same thing in better and worse ways. */
export type DcgmQuantity =
  | 'util'
  | 'engineActive'
  | 'memoryCopy'
  | 'dramActive'
  | 'memoryUsed'
  | 'memoryFree'
  | 'memoryReserved'
  | 'memoryTotal'
  | 'power'
  | 'powerInstant'
  | 'powerLimit'
  | 'powerLimitSet'
  | 'temperature'
  | 'smClock'
  | 'memoryClock'
  | 'clockReasons'
  | 'index'

type Reading = { quantity: DcgmQuantity; scale: number }
const reading = (quantity: DcgmQuantity, scale = 1): Reading => ({ quantity, scale })

export const dcgmReadings: ReadonlyMap<string, Reading> = new Map([
  ['DCGM_FI_DEV_GPU_UTIL', reading('util')],
  ['DCGM_FI_PROF_GR_ENGINE_ACTIVE', reading('engineActive', 100)],
  ['DCGM_FI_DEV_MEM_COPY_UTIL', reading('memoryCopy')],
  ['DCGM_FI_PROF_DRAM_ACTIVE', reading('dramActive', 100)],
  ['DCGM_FI_DEV_FB_USED', reading('memoryUsed', mib)],
  ['DCGM_FI_DEV_FB_FREE', reading('memoryFree', mib)],
  ['DCGM_FI_DEV_FB_RESERVED', reading('memoryReserved', mib)],
  ['DCGM_FI_DEV_FB_TOTAL', reading('memoryTotal', mib)],
  ['DCGM_FI_DEV_POWER_USAGE', reading('power')],
  ['DCGM_FI_DEV_POWER_USAGE_INSTANT', reading('powerInstant')],
  ['DCGM_FI_DEV_ENFORCED_POWER_LIMIT', reading('powerLimit')],
  ['DCGM_FI_DEV_POWER_MGMT_LIMIT', reading('powerLimitSet')],
  ['DCGM_FI_DEV_GPU_TEMP', reading('temperature')],
  ['DCGM_FI_DEV_SM_CLOCK', reading('smClock')],
  ['DCGM_FI_DEV_MEM_CLOCK', reading('memoryClock')],
  ['DCGM_FI_DEV_CLOCKS_EVENT_REASONS', reading('clockReasons')],
  ['DCGM_FI_DEV_CLOCK_THROTTLE_REASONS', reading('clockReasons')],
  ['dcgm_gpu_utilization', reading('util')],
  ['dcgm_mem_copy_utilization', reading('memoryCopy')],
  ['dcgm_fb_used', reading('memoryUsed', mib)],
  ['dcgm_fb_free', reading('memoryFree', mib)],
  ['dcgm_power_usage', reading('power')],
  ['dcgm_gpu_temp', reading('temperature')],
  ['dcgm_sm_clock', reading('smClock')],
  ['dcgm_memory_clock', reading('memoryClock')],
  ['nvidia_smi_index', reading('index')],
  ['nvidia_smi_utilization_gpu_ratio', reading('util', 100)],
  ['nvidia_smi_utilization_memory_ratio', reading('memoryCopy', 100)],
  ['nvidia_smi_memory_used_bytes', reading('memoryUsed')],
  ['nvidia_smi_memory_total_bytes', reading('memoryTotal')],
  ['nvidia_smi_power_draw_watts', reading('power')],
  ['nvidia_smi_power_draw_instant_watts', reading('powerInstant')],
  ['nvidia_smi_enforced_power_limit_watts', reading('powerLimit')],
  ['nvidia_smi_power_limit_watts', reading('powerLimitSet')],
  ['nvidia_smi_temperature_gpu', reading('temperature')],
  ['nvidia_smi_clocks_current_sm_clock_hz', reading('smClock', 1e-6)],
  ['nvidia_smi_clocks_current_memory_clock_hz', reading('memoryClock', 1e-6)],
  ['nvidia_smi_clocks_event_reasons_active', reading('clockReasons')],
  ['nvidia_smi_clocks_throttle_reasons_active', reading('clockReasons')],
  ['nvidia_gpu_duty_cycle', reading('util')],
  ['nvidia_gpu_memory_used_bytes', reading('memoryUsed')],
  ['nvidia_gpu_memory_total_bytes', reading('memoryTotal')],
  ['nvidia_gpu_power_usage_milliwatts', reading('power', 1e-3)],
  ['nvidia_gpu_temperature_celsius', reading('temperature')],
])

/** The last XID that the card showed, 0 for none, until the exporter is restarted. */
export const xidMetrics: ReadonlySet<string> = new Set(['DCGM_FI_DEV_XID_ERRORS', 'dcgm_xid_errors'])
/** How often each XID came within a window; the label `xid` says which. */
export const xidCountMetrics: ReadonlySet<string> = new Set(['DCGM_EXP_XID_ERRORS_COUNT', 'DCGM_EXP_XID_ERRORS_TOTAL'])
/** Counters and flags that are a fault when they are not 0. */
export const faultMetrics: ReadonlyMap<string, (value: number) => string> = new Map([
  ['DCGM_FI_DEV_ROW_REMAP_FAILURE', () => 'remapping of memory rows failed'],
  ['nvidia_smi_remapped_rows_failure', () => 'remapping of memory rows failed'],
  ['DCGM_FI_DEV_ECC_DBE_VOL_TOTAL', uncorrectable],
  ['nvidia_smi_ecc_errors_uncorrected_volatile_total', uncorrectable],
])
function uncorrectable(count: number): string {
  return `${count} uncorrectable ECC errors since the driver was loaded`
}

/** Labels with the index and the names of a card, beside a value of 1. */
export const infoMetrics: ReadonlySet<string> = new Set(['nvidia_smi_gpu_info'])
export const processMetrics: ReadonlySet<string> = new Set([
  'nvidia_smi_compute_app_info',
  'nvidia_smi_compute_app_used_memory_bytes',
])

/** One GPU's metrics as one reading. `isPart`: a MIG device, of which the driver itself has no utilisation. */
export function valuesOfQuantities(of: ReadonlyMap<DcgmQuantity, number>, isPart: boolean): GpuValues {
  const bytes = (value: number | undefined) =>
    value === undefined ? undefined : within(Math.round(value), 0, Number.MAX_SAFE_INTEGER)
  const used = bytes(of.get('memoryUsed'))
  const free = bytes(of.get('memoryFree'))
  const sum =
    used === undefined || free === undefined ? undefined : used + free + (bytes(of.get('memoryReserved')) ?? 0)
  const util = percent(of.get('util'))
  const engine = percent(of.get('engineActive'))
  const copy = percent(of.get('memoryCopy'))
  const dram = percent(of.get('dramActive'))
  // Profiling sometimes dies and says 0 for ever while the card is busy (NVIDIA/DCGM issue 303).
  const isProfilingDead = engine === 0 && dram === 0 && (util ?? 0) > 0
  return {
    utilPercent: isPart ? (engine ?? util) : (util ?? engine),
    memoryBandwidthPercent: isProfilingDead ? copy : (dram ?? copy),
    memoryUsedBytes: used,
    memoryTotalBytes: bytes(of.get('memoryTotal')) ?? sum,
    powerWatts: within(of.get('power') ?? of.get('powerInstant'), 0, 100_000),
    powerLimitWatts: within(of.get('powerLimit') ?? of.get('powerLimitSet'), 0, 100_000),
    temperatureC: within(of.get('temperature'), -100, 300),
    smClockMhz: within(of.get('smClock'), 0, 100_000),
    memoryClockMhz: within(of.get('memoryClock'), 0, 100_000),
    throttling: clockReasonsOfMask(of.get('clockReasons')),
  }
}

/** Ratios of the profiler go a little above 1. Thousandths are what a chart can show. */
function percent(value: number | undefined): number | undefined {
  const read = within(value, 0, 105)
  return read === undefined ? undefined : Math.min(100, Math.round(read * 1e4) / 1e4)
}
