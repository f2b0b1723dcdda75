// Parsers of `nvidia-smi … --format=csv`. Pure. Columns are found by the query's own order, or by a header line if there is one;
// any cell may be N/A, in any of the driver's spellings, and then the value is absent, never zero.

export type GpuReading = {
  uuid: string
  index: number
  name: string
  utilPercent: number | undefined
  memoryBandwidthPercent: number | undefined
  memoryUsedBytes: number | undefined
  memoryTotalBytes: number | undefined
  powerWatts: number | undefined
  temperatureC: number | undefined
  smClockMhz: number | undefined
  memoryClockMhz: number | undefined
  powerLimitWatts: number | undefined
  /** Why the clocks are held down; empty: nothing holds them. */
  throttling: string[] | undefined
}
export type GpuProcess = { gpu: string; pid: number; name: string; memoryUsedBytes: number | undefined }

export const gpuFields = [
  'uuid',
  'index',
  'name',
  'utilization.gpu',
  'utilization.memory',
  'memory.used',
  'memory.total',
  'power.draw',
  'temperature.gpu',
  'clocks.current.sm',
] as const

/**
 * What is asked for beside `gpuFields`, newest driver's names first: a driver that does not know a field refuses the whole query, and then
 * the next list is tried. XID errors are in no query of nvidia-smi: they come from dcgm-exporter or the kernel's log.
 */
export const furtherGpuFields: readonly (readonly string[])[] = [
  ['clocks.current.memory', 'power.limit', 'clocks_event_reasons.active'],
  ['clocks.current.memory', 'power.limit', 'clocks_throttle_reasons.active'],
  [],
]

/** Bits of `clocks_event_reasons.active` (nvml.h, nvmlClocksEventReasons). Idle is no throttling. */
const clockReasons: readonly (readonly [bit: number, name: string])[] = [
  [0x2, 'applications_clocks_setting'],
  [0x4, 'sw_power_cap'],
  [0x8, 'hw_slowdown'],
  [0x10, 'sync_boost'],
  [0x20, 'sw_thermal_slowdown'],
  [0x40, 'hw_thermal_slowdown'],
  [0x80, 'hw_power_brake_slowdown'],
  [0x100, 'display_clock_setting'],
]

export const processFields = ['gpu_uuid', 'pid', 'process_name', 'used_gpu_memory'] as const

const mib = 1_048_576

/** `further`: what was asked for behind `gpuFields`. */
export function parseGpus(text: string, further: readonly string[] = []): GpuReading[] {
  const gpus: GpuReading[] = []
  for (const row of rows(text, [...gpuFields, ...further])) {
    const index = amount(row.index)
    if (row.uuid === undefined || row.uuid === '' || index === undefined) continue
    gpus.push({
      uuid: row.uuid,
      index,
      name: row.name ?? '',
      utilPercent: amount(row['utilization.gpu']),
      memoryBandwidthPercent: amount(row['utilization.memory']),
      memoryUsedBytes: scaled(row['memory.used']),
      memoryTotalBytes: scaled(row['memory.total']),
      powerWatts: amount(row['power.draw']),
      temperatureC: amount(row['temperature.gpu']),
      smClockMhz: amount(row['clocks.current.sm']),
      memoryClockMhz: amount(row['clocks.current.memory']),
      powerLimitWatts: amount(row['power.limit']),
      throttling: reasonsOf(row['clocks_event_reasons.active'] ?? row['clocks_throttle_reasons.active']),
    })
  }
  return gpus
}

export function parseGpuProcesses(text: string): GpuProcess[] {
  const processes: GpuProcess[] = []
  for (const row of rows(text, processFields)) {
    const pid = amount(row.pid)
    if (row.gpu_uuid === undefined || pid === undefined || !Number.isInteger(pid) || pid < 1) continue
    processes.push({
      gpu: row.gpu_uuid,
      pid,
      name: row.process_name ?? '',
      memoryUsedBytes: scaled(row.used_gpu_memory),
    })
  }
  return processes
}

/** Each row by field name. A header (its first cell is a field's name) sets the columns; otherwise they are the query's. */
function* rows(text: string, fields: readonly string[]): Generator<Record<string, string | undefined>> {
  let columns: readonly string[] = fields
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const cells = line.split(', ').map((cell) => cell.trim())
    const names = cells.map((cell) => cell.replace(/ \[[^\]]*\]$/, ''))
    if (names.filter((name) => fields.includes(name)).length >= 2) {
      columns = names
      continue
    }
    // A process may be named with a comma: what is too much belongs to the name.
    const nameAt = columns.findIndex((column) => column === 'process_name' || column === 'name')
    const extra = cells.length - columns.length
    if (extra > 0 && nameAt >= 0) cells.splice(nameAt, extra + 1, cells.slice(nameAt, nameAt + extra + 1).join(', '))
    if (cells.length !== columns.length) continue
    yield Object.fromEntries(columns.map((column, i) => [column, cells[i]]))
  }
}

function reasonsOf(cell: string | undefined): string[] | undefined {
  if (cell === undefined || !/^0x[0-9a-f]{1,16}$/i.test(cell)) return undefined
  const mask = Number(cell)
  return clockReasons.filter(([bit]) => Math.floor(mask / bit) % 2 === 1).map(([, name]) => name)
}

/** The number before an optional unit; undefined for N/A and every other word. */
function amount(cell: string | undefined): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)(?: (?:%|W|MiB|MHz|C))?$/.exec(cell ?? '')
  return match ? Number(match[1]) : undefined
}

function scaled(cell: string | undefined): number | undefined {
  const value = amount(cell)
  return value === undefined ? undefined : value * mib
}
