// Reports of `nvidia-smi -q -x`, one or, with `-l`, many in a row. One record is one GPU of one report.
import { badTimeReason } from './event-draft.ts'
import {
  givenTimeMs,
  gpuRecordsMax,
  noHostReason,
  nothingReadReason,
  smiTimeMs,
  textOfDocument,
  tooManyGpusReason,
} from './nvidia-smi-facts.ts'
import { readGpuReport } from './nvidia-smi-report.ts'
import { type Branch, textIn, treeOfXml } from './nvidia-smi-tree.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'

export const nvidiaSmiXml: RecordSource = {
  format: 'nvidia-smi-xml',
  title: 'nvidia-smi -q -x (XML)',
  trust: 'gpu',
  framing: 'document',
  looksLike: (head) => head.includes('<nvidia_smi_log'),
  open: (context) => ({ read: (bytes, sink) => read(textOfDocument(bytes), context, sink), end() {} }),
}

function read(xml: string, context: RecordContext, sink: RecordSink): void {
  const reports = treeOfXml(xml).branches.filter((branch) => branch.name === 'nvidia_smi_log')
  if (reports.length === 0) return sink.refused('document is no report of nvidia-smi: it has no nvidia_smi_log')
  let place = 0
  for (const report of reports) {
    const gpus = report.branches.filter((branch) => branch.name === 'gpu')
    if (gpus.length === 0) sink.skipped('report without a GPU')
    const isWhole = textIn(report, 'attached_gpus') === String(gpus.length)
    const time = textIn(report, 'timestamp')
    for (const [ordinal, gpu] of gpus.entries()) {
      place += 1
      if (place > gpuRecordsMax) return sink.refused(tooManyGpusReason, '')
      tellGpu(gpu, { ordinal, isWhole, place, time }, xml, context, sink)
    }
  }
}

function tellGpu(
  gpu: Branch,
  { time, place, ...at }: { ordinal: number; isWhole: boolean; place: number; time: string | undefined },
  xml: string,
  context: RecordContext,
  sink: RecordSink,
): void {
  const raw = xml.slice(gpu.start, gpu.end)
  if (context.host === undefined) return sink.refused(noHostReason, raw)
  const atMs = time === undefined ? givenTimeMs(context) : smiTimeMs(time, context)
  if (atMs === undefined) return sink.refused(badTimeReason, raw)
  const { events, samples } = readGpuReport(gpu, context, { ...at, host: context.host, atMs })
  if (events.length === 0 && samples.length === 0) return sink.skipped(nothingReadReason, raw)
  const identity = [context.host, String(atMs), time === undefined ? String(place) : '', raw].join('\n')
  sink.understood('gpu', { events, samples, identity })
}
