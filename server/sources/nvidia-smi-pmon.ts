// `nvidia-smi pmon`: which process uses how much of which GPU, one row a process and round. A `-` is no sample, never zero.
import { badTimeReason } from './event-draft.ts'
import { gpuProcess, noGpuReason, noHostReason } from './nvidia-smi-facts.ts'
import { createMonitor, monitorIdentity, monitorNamesOfHead } from './nvidia-smi-monitor.ts'
import { gpuIndexOf, gpuNameOf, memoryBytesOf, migNameOf, percentOf } from './nvidia-smi-values.ts'
import type { RecordContext, RecordReader, RecordSource } from './record-source.ts'

export const nvidiaSmiPmon: RecordSource = {
  format: 'nvidia-smi-pmon',
  title: 'nvidia-smi pmon',
  trust: 'gpu',
  framing: 'lines',
  hasHeader: true,
  looksLike: (head) => monitorNamesOfHead(head)?.includes('pid') ?? false,
  open: openReader,
}

function openReader(context: RecordContext): RecordReader<string> {
  const monitor = createMonitor(context, {
    lastIsText: true,
    keyOf: (cells) => `${cells.get('gpu')} ${cells.get('pid')} ${cells.get('gi') ?? ''} ${cells.get('ci') ?? ''}`,
  })
  return {
    read(line, sink) {
      const row = monitor.take(line)
      if (row.what === 'header') return sink.skipped('header line')
      if (row.what === 'headless') return sink.refused('row without a header above it')
      if (row.what === 'misfit') return sink.refused('row does not fit the header above it')
      const { cells, atMs } = row
      if (cells.get('pid') === '-') return sink.skipped('GPU without a process')
      if (context.host === undefined) return sink.refused(noHostReason)
      if (atMs === undefined) return sink.refused(badTimeReason)
      const index = gpuIndexOf(cells.get('gpu'))
      const gpu = gpuNameOf({ index })
      if (gpu === undefined) return sink.refused(noGpuReason)
      const event = gpuProcess(
        { host: context.host, atMs, gpu: migNameOf(gpu, cells.get('gi'), cells.get('ci')), index },
        {
          pid: cells.get('pid'),
          name: cells.get('command') ?? cells.get('name'),
          type: cells.get('type'),
          smPercent: percentOf(cells.get('sm')),
          memoryBandwidthPercent: percentOf(cells.get('mem')),
          memoryUsedBytes: memoryBytesOf(cells.get('fb')),
        },
      )
      if (event === undefined) return sink.refused('row has no process id')
      sink.understood('process', { events: [event], ...monitorIdentity(line, row) })
    },
    end() {},
  }
}
