// Cells of nvidia-smi to values: whatever the driver cannot say ("N/A", "[Not Supported]", "ERR!", a sentence about deprecation) is absent,
// never zero. Also the one rule of how a GPU is named.
// Source: nvidia-smi(1), and NVML's nvmlClocksEventReasons.
import { countOf, numberOf } from './normal-values.ts'

const mib = 1_048_576
const bytesOfUnit: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KB', 1024],
  ['KiB', 1024],
  // nvidia-smi writes MB where it counts MiB (pmon, dmon, old drivers).
  ['MB', mib],
  ['MiB', mib],
  ['GB', 1024 * mib],
  ['GiB', 1024 * mib],
])
const otherUnits: ReadonlySet<string> = new Set(['', '%', 'W', 'C', 'MHz'])
const cellPattern = /^([+-]?\d{1,15}(?:\.\d{1,9})?) {0,2}([A-Za-z%]{0,4})$/

function numberAndUnit(cell: string | undefined): { number: number; unit: string } | undefined {
  const match = cell === undefined || cell.length > 64 ? null : cellPattern.exec(cell.trim())
  return match ? { number: Number(match[1]), unit: match[2] ?? '' } : undefined
}

function amountWithin(cell: string | undefined, min: number, max: number): number | undefined {
  const found = numberAndUnit(cell)
  return found && otherUnits.has(found.unit) ? within(found.number, min, max) : undefined
}

/** A reading outside of what hardware can say (blank values of NVML and DCGM are huge) is none. */
export function within(value: number | undefined, min: number, max: number): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined
}

export const percentOf = (cell: string | undefined) => amountWithin(cell, 0, 100)
export const wattsOf = (cell: string | undefined) => amountWithin(cell, 0, 100_000)
export const celsiusOf = (cell: string | undefined) => amountWithin(cell, -100, 300)
export const megahertzOf = (cell: string | undefined) => amountWithin(cell, 0, 100_000)

/** Bytes; a number without a unit is MiB, as with `nounits`. */
export function memoryBytesOf(cell: string | undefined): number | undefined {
  const found = numberAndUnit(cell)
  const scale = found && (found.unit === '' ? mib : bytesOfUnit.get(found.unit))
  return found && scale !== undefined ? within(Math.round(found.number * scale), 0, Number.MAX_SAFE_INTEGER) : undefined
}

/** How many GPUs one host can have: an index above is no index. */
export function gpuIndexOf(value: unknown): number | undefined {
  return within(countOf(value), 0, 4_095)
}

const uuidPattern = /^(MIG-)?(GPU-)?([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})(\/\d{1,3}\/\d{1,3})?$/i

/** The device's uuid with its prefix; undefined when it is masked (all zeros, REDACTED): a masked one would melt two cards into one. */
export function uuidOf(value: string | undefined): string | undefined {
  const match = value === undefined || value.length > 80 ? null : uuidPattern.exec(value.trim())
  const digits = match?.[3]
  if (!match || digits === undefined || /^[0-]+$/.test(digits)) return undefined
  const prefix = match[1] ? `MIG-${match[2] ? 'GPU-' : ''}` : 'GPU-'
  return `${prefix}${digits}${match[4] ?? ''}`
}

/** `00000000:83:00.0` in whichever length of its domain; undefined for anything else. */
export function busIdOf(value: string | undefined): string | undefined {
  const match = value === undefined ? null : /^([\da-f]{4,8}):([\da-f]{2}:[\da-f]{2}\.[\da-f])$/i.exec(value.trim())
  return match ? `${match[1]?.padStart(8, '0')}:${match[2]}`.toUpperCase() : undefined
}

export type GpuIdentity = { uuid?: string | undefined; index?: number | undefined; busId?: string | undefined }

/** The uuid where it is not masked, else `index-N`, else the place on the bus. Undefined: nothing tells this GPU from others. */
export function gpuNameOf({ uuid, index, busId }: GpuIdentity): string | undefined {
  if (uuid !== undefined) return uuid
  if (index !== undefined) return `index-${index}`
  return busId === undefined ? undefined : `pci-${busId}`
}

/**
 * A MIG device inside of a GPU: `GPU-uuid/GI/CI` or `index-N/GI-CI`; `gpu` itself without a GPU instance. Exporters that know no compute
 * instance name the GPU instance alone.
 */
export function migNameOf(gpu: string, gi: unknown, ci: unknown): string {
  const gpuInstance = within(countOf(gi), 0, 65_535)
  if (gpuInstance === undefined) return gpu
  const computeInstance = within(countOf(ci), 0, 65_535)
  if (computeInstance === undefined) return `${gpu}/${gpuInstance}`
  return `${gpu}/${gpuInstance}${gpu.startsWith('GPU-') ? '/' : '-'}${computeInstance}`
}

const clockReasons = [
  'gpu_idle',
  'applications_clocks_setting',
  'sw_power_cap',
  'hw_slowdown',
  'sync_boost',
  'sw_thermal_slowdown',
  'hw_thermal_slowdown',
  'hw_power_brake_slowdown',
  'display_clocks_setting',
] as const

/** `SW Power Cap`, `clocks_throttle_reason_sw_power_cap` -> `sw_power_cap`; undefined: no reason of NVML. */
export function clockReasonOf(name: string): string | undefined {
  const word = name
    .toLowerCase()
    .replaceAll(' ', '_')
    .replace(/^(?:nvidia_smi_)?clocks_(?:throttle|event)_reasons?[._]/, '')
  const reason = word === 'idle' ? 'gpu_idle' : word === 'display_clock_setting' ? 'display_clocks_setting' : word
  return clockReasons.find((known) => known === reason)
}

/** Bits of NVML's and DCGM's mask as words; undefined when it is no mask. */
export function clockReasonsOfMask(value: string | number | undefined): string[] | undefined {
  const text = typeof value === 'string' && /^0x[\da-f]{1,16}$/i.test(value.trim()) ? Number.parseInt(value, 16) : value
  const mask = countOf(text)
  // Above 2^31: DCGM's blank values.
  if (mask === undefined || mask >= 2 ** 31) return undefined
  const reasons: string[] = []
  for (let bit = 0; bit < 31; bit++) {
    if ((mask & (1 << bit)) !== 0) reasons.push(clockReasons[bit] ?? `reason_0x${(1 << bit).toString(16)}`)
  }
  return reasons.slice(0, 16)
}

/** What the driver says in place of a value when the card is gone: the fault in its own words. */
export function lostCardOf(cell: string | undefined): string | undefined {
  const word = cell?.replace(/^\[|\]$/g, '').trim()
  return word === 'GPU is lost' || word === 'GPU requires reset' || word === 'GPU requires restart' ? word : undefined
}

const handleLost = 'Unable to determine the device handle for '
const handlePattern = /^GPU ?(\d{1,4})?:? ?([\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}\.[\da-f])?:? ?([\w .]{0,80})$/i

/** nvidia-smi's line in place of a card's rows when the card does not answer any more; undefined for every other line. */
export function lostCardOfLine(line: string): (GpuIdentity & { message: string }) | undefined {
  if (!line.startsWith(handleLost)) return undefined
  const match = handlePattern.exec(line.slice(handleLost.length).trim())
  return {
    index: gpuIndexOf(numberOf(match?.[1])),
    busId: busIdOf(match?.[2]),
    message: `device handle is lost: ${match?.[3]?.trim() || 'Unknown Error'}`,
  }
}
