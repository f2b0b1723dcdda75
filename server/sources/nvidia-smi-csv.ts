// Tables of `nvidia-smi --query-gpu=… --format=csv`, once or with `-l`. One row, one GPU at one time.
// Source: `nvidia-smi --help-query-gpu`.
import type { EventInput } from '../protocol/event.ts'
import { badTimeReason } from './event-draft.ts'
import { defined, hostOf } from './normal-values.ts'
import { type Columns, columnsOf, columnsOfHead, rowOf } from './nvidia-smi-columns.ts'
import {
  type GpuValues,
  givenTimeMs,
  gpuFault,
  gpuSample,
  noGpuReason,
  noHostReason,
  nothingReadReason,
  smiTimeMs,
} from './nvidia-smi-facts.ts'
import {
  busIdOf,
  celsiusOf,
  clockReasonOf,
  clockReasonsOfMask,
  gpuIndexOf,
  gpuNameOf,
  lostCardOf,
  lostCardOfLine,
  megahertzOf,
  memoryBytesOf,
  percentOf,
  uuidOf,
  wattsOf,
} from './nvidia-smi-values.ts'
import type { RecordContext, RecordReader, RecordSource } from './record-source.ts'

/** Columns that only this table has; `name`, `uuid` and others are also those of processes. */
const known: ReadonlySet<string> = new Set([
  'index',
  'utilization.gpu',
  'utilization.memory',
  'memory.used',
  'memory.free',
  'memory.total',
  'power.draw',
  'power.draw.instant',
  'power.draw.average',
  'power.limit',
  'enforced.power.limit',
  'temperature.gpu',
  'clocks.current.sm',
  'clocks.current.memory',
  'clocks.current.graphics',
  'fan.speed',
  'pstate',
  'clocks_event_reasons.active',
  'clocks_throttle_reasons.active',
])
/** What a file is known by: other tables have an index and a pstate of their own. A head may end before the columns that are read. */
const telling: ReadonlySet<string> = new Set([
  ...[...known].filter((column) => column.includes('.')),
  'pci.bus_id',
  'pci.domain',
  'pcie.link.gen.max',
  'pcie.link.gen.current',
  'ecc.mode.current',
])
const headerOf = (line: string): Columns | undefined => withoutProcesses(columnsOf(line, known))
const withoutProcesses = (columns: Columns | undefined) => (columns?.includes('pid') ? undefined : columns)

export const nvidiaSmiCsv: RecordSource = {
  format: 'nvidia-smi-csv',
  title: 'nvidia-smi --query-gpu (CSV)',
  trust: 'gpu',
  framing: 'lines',
  hasHeader: true,
  looksLike: (head) => withoutProcesses(columnsOfHead(head, telling)) !== undefined,
  open: openReader,
}

type Row = ReadonlyMap<string, string>

/** More cards than a host has: their order of appearance is then no index any more. */
const orderMax = 4_096

function openReader(context: RecordContext): RecordReader<string> {
  let columns: Columns | undefined
  /** nvidia-smi lists GPUs in the order of their indexes: where the query left `index` out, the place in the list is it. */
  const order = new Map<string, number>()
  let row = 0

  function indexOf(uuid: string | undefined, busId: string | undefined): number | undefined {
    const key = busId ?? uuid
    if (key === undefined) return undefined
    const found = order.get(key)
    if (found !== undefined || order.size >= orderMax) return found
    order.set(key, order.size)
    return order.size - 1
  }

  return {
    read(line, sink) {
      const header = headerOf(line)
      if (header !== undefined) {
        columns = header
        return sink.skipped('header line')
      }
      const lost = lostCardOfLine(line)
      const cells = lost || columns === undefined ? undefined : rowOf(line, columns, 'name')
      const host = hostOf(hostCell(cells)) ?? context.host
      if (lost === undefined && /^No devices were found/.test(line)) return sink.skipped('nvidia-smi found no GPU')
      if (lost === undefined && columns === undefined) {
        return sink.refused('row without a header above it: record with --format=csv, not csv,noheader')
      }
      if (lost === undefined && cells === undefined) return sink.refused('row does not fit the header above it')
      if (host === undefined) return sink.refused(noHostReason)
      row += 1
      const told = cells?.get('timestamp')
      const atMs = told === undefined ? givenTimeMs(context) : smiTimeMs(told, context)
      if (atMs === undefined) return sink.refused(badTimeReason)
      const uuid = uuidOf(cells?.get('uuid'))
      const busId = lost?.busId ?? busIdOf(cells?.get('pci.bus_id'))
      const index = lost ? lost.index : (gpuIndexOf(cells?.get('index')) ?? indexOf(uuid, busId))
      const gpu = gpuNameOf({ uuid, index, busId })
      if (gpu === undefined) return sink.refused(noGpuReason)
      const place = { host, atMs, gpu, index }
      // Without a time of their own two rows may be the same text.
      const identity = told === undefined ? { identity: [line, String(atMs), String(row)].join('\n') } : {}
      if (cells === undefined) {
        const message = lost?.message
        return sink.understood('lost GPU', { events: [gpuFault(context, place, { message })], ...identity })
      }
      if (index === undefined) return sink.refused(noGpuReason)
      const sample = gpuSample({ ...place, index }, valuesOf(cells))
      const events = faultsOf(cells).map((message): EventInput => gpuFault(context, place, { message }))
      if (sample === undefined && events.length === 0) return sink.skipped(nothingReadReason)
      sink.understood('gpu', { events, samples: sample ? [sample] : [], ...identity })
    },
    end() {},
  }
}

function hostCell(cells: Row | undefined): string | undefined {
  const name = cells?.get('hostname')
  return name === undefined || /^\[?N\/A\]?$/.test(name) ? undefined : name
}

function valuesOf(row: Row): GpuValues {
  return defined({
    utilPercent: percentOf(row.get('utilization.gpu')),
    memoryBandwidthPercent: percentOf(row.get('utilization.memory')),
    memoryUsedBytes: memoryBytesOf(row.get('memory.used')),
    memoryTotalBytes: memoryBytesOf(row.get('memory.total')),
    powerWatts:
      wattsOf(row.get('power.draw')) ??
      wattsOf(row.get('power.draw.average')) ??
      wattsOf(row.get('power.draw.instant')),
    temperatureC: celsiusOf(row.get('temperature.gpu')),
    smClockMhz: megahertzOf(row.get('clocks.current.sm')) ?? megahertzOf(row.get('clocks.current.graphics')),
    memoryClockMhz: megahertzOf(row.get('clocks.current.memory')),
    powerLimitWatts: wattsOf(row.get('enforced.power.limit')) ?? wattsOf(row.get('power.limit')),
    throttling: throttlingOf(row),
    model: modelOf(row.get('name') ?? row.get('gpu_name')),
  })
}

const modelOf = (name: string | undefined) =>
  name === undefined || name.startsWith('[') || name === 'N/A' || name === 'ERR!' ? undefined : name

function throttlingOf(row: Row): string[] | undefined {
  const ofMask = clockReasonsOfMask(row.get('clocks_event_reasons.active') ?? row.get('clocks_throttle_reasons.active'))
  if (ofMask !== undefined) return ofMask
  const reasons: string[] = []
  let isTold = false
  for (const [column, cell] of row) {
    const reason = /^clocks_(?:event|throttle)_reasons\./.test(column) ? clockReasonOf(column) : undefined
    if (reason === undefined || (cell !== 'Active' && cell !== 'Not Active')) continue
    isTold = true
    if (cell === 'Active') reasons.push(reason)
  }
  return isTold ? reasons : undefined
}

/** Only what the driver calls a fault: corrected errors are everyday. */
function faultsOf(row: Row): string[] {
  const faults = new Set<string>()
  for (const cell of row.values()) {
    const lost = lostCardOf(cell)
    if (lost !== undefined) faults.add(lost)
  }
  const count = row.get('ecc.errors.uncorrected.volatile.total') ?? ''
  if (/^[1-9]\d{0,14}$/.test(count)) faults.add(`${count} uncorrectable ECC errors since the driver was loaded`)
  if (row.get('remapped_rows.failure') === 'Yes') faults.add('remapping of memory rows failed')
  const action = row.get('gpu_recovery_action')
  if (action !== undefined && /^(?:Reset|Reboot|Drain)/i.test(action)) faults.add(`driver asks for: ${action}`)
  return [...faults]
}
