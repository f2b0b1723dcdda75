// `nvidia-smi dmon`: readings of each GPU, one row a GPU and round. A `-` is no sample, never zero.
import { badTimeReason } from './event-draft.ts'
import { gpuSample, noGpuReason, noHostReason, nothingReadReason } from './nvidia-smi-facts.ts'
import { createMonitor, monitorIdentity, monitorNamesOfHead } from './nvidia-smi-monitor.ts'
import {
  celsiusOf,
  gpuIndexOf,
  gpuNameOf,
  megahertzOf,
  memoryBytesOf,
  migNameOf,
  percentOf,
  wattsOf,
} from './nvidia-smi-values.ts'
import type { RecordContext, RecordReader, RecordSource } from './record-source.ts'

/** At least one of them is there, whichever groups of metrics `-s` asked for. */
const known = ['pwr', 'temp', 'gtemp', 'sm', 'mem', 'mclk', 'pclk', 'pviol', 'fb', 'sbecc', 'rxpci', 'gract', 'smutil']

export const nvidiaSmiDmon: RecordSource = {
  format: 'nvidia-smi-dmon',
  title: 'nvidia-smi dmon',
  trust: 'gpu',
  framing: 'lines',
  hasHeader: true,
  looksLike: (head) => {
    const names = monitorNamesOfHead(head)
    return names !== undefined && !names.includes('pid') && names.some((name) => known.includes(name))
  },
  open: openReader,
}

function openReader(context: RecordContext): RecordReader<string> {
  const monitor = createMonitor(context, {
    lastIsText: false,
    keyOf: (cells) => `${cells.get('gpu')} ${cells.get('gi') ?? ''} ${cells.get('ci') ?? ''}`,
  })
  return {
    read(line, sink) {
      const row = monitor.take(line)
      if (row.what === 'header') return sink.skipped('header line')
      if (row.what === 'headless') return sink.refused('row without a header above it')
      if (row.what === 'misfit') return sink.refused('row does not fit the header above it')
      const { cells, atMs } = row
      if (context.host === undefined) return sink.refused(noHostReason)
      if (atMs === undefined) return sink.refused(badTimeReason)
      const index = gpuIndexOf(cells.get('gpu'))
      const gpu = gpuNameOf({ index })
      if (index === undefined || gpu === undefined) return sink.refused(noGpuReason)
      const sample = gpuSample(
        { host: context.host, atMs, gpu: migNameOf(gpu, cells.get('gi'), cells.get('ci')), index },
        {
          utilPercent: percentOf(cells.get('sm')),
          memoryBandwidthPercent: percentOf(cells.get('mem')),
          memoryUsedBytes: memoryBytesOf(cells.get('fb')),
          powerWatts: wattsOf(cells.get('pwr')),
          temperatureC: celsiusOf(cells.get('gtemp') ?? cells.get('temp')),
          smClockMhz: megahertzOf(cells.get('pclk')),
          memoryClockMhz: megahertzOf(cells.get('mclk')),
        },
      )
      if (sample === undefined) return sink.skipped(nothingReadReason)
      sink.understood('gpu', { samples: [sample], ...monitorIdentity(line, row) })
    },
    end() {},
  }
}
