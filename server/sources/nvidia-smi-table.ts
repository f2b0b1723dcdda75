// The table that plain `nvidia-smi` prints, in its widths since 2015. Cells are found by the lines between them and by their units, never
// by their column on the screen. A name of a process in it is text that an agent chose.
import { type GpuProcessFacts, type GpuValues, gpuRecordsMax } from './nvidia-smi-facts.ts'
import { busIdOf, celsiusOf, gpuIndexOf, memoryBytesOf, percentOf, wattsOf } from './nvidia-smi-values.ts'

export type TableGpu = {
  index: number
  values: GpuValues
  faults: string[]
  migDevices: { gi: string; ci: string; values: GpuValues }[]
  processes: (GpuProcessFacts & { gi: string | undefined; ci: string | undefined })[]
  /** Its rows, word for word. */
  rows: string[]
}

export type Table = { time: string | undefined; gpus: TableGpu[] }

const rowLengthMax = 1_024
const perGpuMax = 4_096
const ctimeLine = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}\s{0,20}$/

/** Every table in the text, each with the time in the line before it. */
export function tablesOf(text: string): Table[] {
  const tables: Table[] = []
  let time: string | undefined
  let table: ReturnType<typeof createTable> | undefined
  for (let at = 0; at < text.length && tables.length <= gpuRecordsMax; ) {
    const newline = text.indexOf('\n', at)
    const end = newline === -1 ? text.length : newline
    const line = text.slice(at, Math.min(end, at + rowLengthMax)).trimEnd()
    at = end + 1
    if (line.length < 64 && ctimeLine.test(line)) time = line.trim()
    else if (/^\| NVIDIA-SMI /.test(line)) {
      table = createTable(time)
      tables.push(table.table)
      time = undefined
    } else if (line.startsWith('|') && line.endsWith('|')) table?.take(line)
  }
  return tables
}

function createTable(time: string | undefined) {
  const gpus = new Map<number, TableGpu>()
  const table: Table = { time, gpus: [] }
  let part: 'gpus' | 'mig' | 'processes' = 'gpus'
  let last: TableGpu | undefined
  let hasInstances = false
  let hasTypes = true

  function gpuAt(index: number | undefined): TableGpu | undefined {
    if (index === undefined) return undefined
    const known = gpus.get(index)
    if (known) return known
    const made = { index, values: {}, faults: [], migDevices: [], processes: [], rows: [] }
    gpus.set(index, made)
    table.gpus.push(made)
    return made
  }

  function takeGpuRow(cells: string[]): void {
    const [first = '', second = '', third = ''] = cells
    const index = /^ {1,6}(\d{1,4}) {1,4}(\S.*)$/.exec(first)
    const busId = busIdOf(second.trim().split(' ')[0])
    if (index && busId !== undefined) {
      last = gpuAt(gpuIndexOf(index[1]))
      if (!last) return
      // The name ends where the state of the persistence mode (driver model on Windows) begins.
      last.values.model = index[2]
        ?.trimEnd()
        .replace(/ {1,40}\S{1,12}$/, '')
        .trimEnd()
      const count = third.trim()
      if (/^[1-9]\d{0,11}$/.test(count))
        last.faults.push(`${count} uncorrectable ECC errors since the driver was loaded`)
    } else if (last && / [/] /.test(` ${second} `)) {
      const words = first.split(/ {1,80}/)
      const slash = words.indexOf('/')
      const [used, total] = second.split('/')
      Object.assign(last.values, {
        temperatureC: celsiusOf(words.find((word) => /^\d+C$/.test(word))),
        powerWatts: slash > 0 ? wattsOf(words[slash - 1]) : undefined,
        powerLimitWatts: slash > 0 ? wattsOf(words[slash + 1]) : undefined,
        memoryUsedBytes: memoryBytesOf(used),
        memoryTotalBytes: memoryBytesOf(total),
        utilPercent: percentOf(third.trim().split(' ')[0]),
      })
    }
  }

  function takeMigRow(cells: string[]): void {
    const [index, gi, ci] = cells[0]?.trim().split(/ {1,20}/) ?? []
    const [used, total] = cells[1]?.split('/') ?? []
    last = gpuAt(gpuIndexOf(index))
    if (!last || gi === undefined || ci === undefined || last.migDevices.length >= perGpuMax) return
    const values = { memoryUsedBytes: memoryBytesOf(used), memoryTotalBytes: memoryBytesOf(total) }
    last.migDevices.push({ gi, ci, values })
  }

  function takeProcessRow(line: string): void {
    const words = line
      .slice(1, -1)
      .trim()
      .split(/ {1,80}/)
    last = gpuAt(gpuIndexOf(words[0]))
    if (!last || last.processes.length >= perGpuMax) return
    const [gi, ci] = hasInstances ? words.slice(1, 3) : []
    const pidAt = hasInstances ? 3 : 1
    const nameAt = pidAt + (hasTypes ? 2 : 1)
    last.processes.push({
      gi,
      ci,
      pid: words[pidAt],
      type: hasTypes ? words[pidAt + 1] : undefined,
      name: words.slice(nameAt, -1).join(' ') || undefined,
      memoryUsedBytes: memoryBytesOf(words.at(-1)),
    })
  }

  function take(line: string): void {
    if (/^\| {1,4}(?:Compute )?Processes:/.test(line)) part = 'processes'
    else if (/^\| {1,4}MIG devices:/.test(line)) part = 'mig'
    // Windows and drivers before 2020 have no instances, those before 2015 no types.
    else if (part === 'processes' && /^\| {1,4}GPU .*PID/.test(line)) {
      hasInstances = / GI /.test(line)
      hasTypes = / Type /.test(line)
    } else {
      const cells = line.slice(1, -1).split('|')
      if (part === 'gpus') takeGpuRow(cells)
      else if (!/^\| {1,8}\d/.test(line)) return
      else if (part === 'mig') takeMigRow(cells)
      else takeProcessRow(line)
      last?.rows.push(line)
    }
  }
  return { table, take }
}
