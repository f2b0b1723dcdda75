// Tables of `nvidia-smi --query-compute-apps=… --format=csv`: which process holds memory of which GPU. One row, one process.
// Source: `nvidia-smi --help-query-compute-apps`.
import { badTimeReason } from './event-draft.ts'
import { hostOf } from './normal-values.ts'
import { type Columns, columnsOf, columnsOfHead, rowOf } from './nvidia-smi-columns.ts'
import { givenTimeMs, gpuFault, gpuProcess, noGpuReason, noHostReason, smiTimeMs } from './nvidia-smi-facts.ts'
import { busIdOf, gpuIndexOf, gpuNameOf, lostCardOfLine, memoryBytesOf, uuidOf } from './nvidia-smi-values.ts'
import type { RecordContext, RecordReader, RecordSource } from './record-source.ts'

const known: ReadonlySet<string> = new Set(['pid'])
/** `--query-accounted-apps` also has pids, of processes that are over. */
const accounted = ['max_memory_usage', 'gpu_utilization', 'mem_utilization', 'time']

export const nvidiaSmiComputeApps: RecordSource = {
  format: 'nvidia-smi-compute-apps',
  title: 'nvidia-smi --query-compute-apps (CSV)',
  trust: 'gpu',
  framing: 'lines',
  hasHeader: true,
  looksLike: (head) => {
    const columns = columnsOfHead(head, known)
    return columns?.some((name) => ['used_gpu_memory', 'process_name', 'uuid', 'pci.bus_id'].includes(name)) ?? false
  },
  open: openReader,
}

function openReader(context: RecordContext): RecordReader<string> {
  let columns: Columns | undefined
  let row = 0
  return {
    read(line, sink) {
      const header = columnsOf(line, known)
      if (header !== undefined) {
        columns = header
        return sink.skipped('header line')
      }
      if (/^(?:No devices were found|No running processes)/.test(line)) return sink.skipped('nvidia-smi found nothing')
      const host = context.host
      const lost = lostCardOfLine(line)
      if (lost !== undefined) {
        const gpu = gpuNameOf(lost)
        if (host === undefined || gpu === undefined) return sink.refused(host ? noGpuReason : noHostReason)
        const place = { host, atMs: givenTimeMs(context), gpu, index: lost.index }
        return sink.understood('lost GPU', { events: [gpuFault(context, place, { message: lost.message })] })
      }
      if (columns === undefined) {
        return sink.refused('row without a header above it: record with --format=csv, not csv,noheader')
      }
      // Memory of processes that are over says nothing of who holds the GPU.
      if (accounted.some((column) => columns?.includes(column)))
        return sink.skipped('accounting of a process that is over')
      const nameColumn = columns.includes('process_name') ? 'process_name' : 'name'
      const cells = rowOf(line, columns, nameColumn)
      if (cells === undefined) return sink.refused('row does not fit the header above it')
      const named = hostOf(cells.get('hostname')) ?? host
      if (named === undefined) return sink.refused(noHostReason)
      row += 1
      const told = cells.get('timestamp')
      const atMs = told === undefined ? givenTimeMs(context) : smiTimeMs(told, context)
      if (atMs === undefined) return sink.refused(badTimeReason)
      const index = gpuIndexOf(cells.get('index'))
      const gpu = gpuNameOf({ uuid: uuidOf(cells.get('uuid')), index, busId: busIdOf(cells.get('pci.bus_id')) })
      if (gpu === undefined) return sink.refused(noGpuReason)
      const event = gpuProcess(
        { host: named, atMs, gpu, index },
        {
          pid: cells.get('pid'),
          name: cells.get(nameColumn),
          memoryUsedBytes: memoryBytesOf(cells.get('used_gpu_memory')),
        },
      )
      if (event === undefined) return sink.refused('row has no process id')
      const identity = told === undefined ? { identity: [line, String(atMs), String(row)].join('\n') } : {}
      sink.understood('process', { events: [event], ...identity })
    },
    end() {},
  }
}
