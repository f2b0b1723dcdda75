// What nvidia-smi prints for people: the table, and `-q` (also with `-d` for some of its sections). One record is one GPU as printed once.
import type { EventInput } from '../protocol/event.ts'
import type { HostId } from '../protocol/ids.ts'
import { badTimeReason } from './event-draft.ts'
import {
  givenTimeMs,
  gpuFault,
  gpuProcess,
  gpuRecordsMax,
  gpuSample,
  noGpuReason,
  noHostReason,
  nothingReadReason,
  smiTimeMs,
  textOfDocument,
  tooManyGpusReason,
} from './nvidia-smi-facts.ts'
import { type GpuReport, readGpuReport } from './nvidia-smi-report.ts'
import { type TableGpu, tablesOf } from './nvidia-smi-table.ts'
import { type Branch, treeOfIndentedText } from './nvidia-smi-tree.ts'
import { gpuNameOf, lostCardOfLine, migNameOf } from './nvidia-smi-values.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'

const isReport = (text: string) => /^=+NVSMI LOG=+/m.test(text)
const isTable = (text: string) => /^\| NVIDIA-SMI \d/m.test(text)

export const nvidiaSmiText: RecordSource = {
  format: 'nvidia-smi-text',
  title: 'nvidia-smi (table and -q)',
  trust: 'gpu',
  framing: 'document',
  looksLike: (head) => isReport(head) || isTable(head),
  open: (context) => ({ read: (bytes, sink) => read(textOfDocument(bytes), context, sink), end() {} }),
}

function read(text: string, context: RecordContext, sink: RecordSink): void {
  let told = 0
  let isFull = false
  const tell = (raw: string, time: string | undefined, make: (at: { host: HostId; atMs: number }) => GpuReport) => {
    told += 1
    if (told > gpuRecordsMax) {
      if (!isFull) sink.refused(tooManyGpusReason, '')
      isFull = true
      return
    }
    if (context.host === undefined) return sink.refused(noHostReason, raw)
    const atMs = time === undefined ? givenTimeMs(context) : smiTimeMs(time, context)
    if (atMs === undefined) return sink.refused(badTimeReason, raw)
    const { events, samples } = make({ host: context.host, atMs })
    if (events.length === 0 && samples.length === 0) return sink.skipped(nothingReadReason, raw)
    const identity = [context.host, String(atMs), time === undefined ? String(told) : '', raw].join('\n')
    sink.understood('gpu', { events, samples, identity })
  }

  for (const line of lostLinesOf(text)) {
    const lost = lostCardOfLine(line)
    const gpu = lost && gpuNameOf(lost)
    told += 1
    if (lost === undefined || gpu === undefined) sink.refused(noGpuReason, line)
    else if (context.host === undefined) sink.refused(noHostReason, line)
    else {
      const place = { host: context.host, atMs: givenTimeMs(context), gpu, index: lost.index }
      sink.understood('lost GPU', { events: [gpuFault(context, place, lost)], identity: line })
    }
  }
  for (const { gpu, ...printed } of isReport(text) ? printedGpusOf(text) : []) {
    tell(printed.raw, printed.time, (at) => readGpuReport(gpu, context, { ...at, ...printed }))
  }
  for (const table of tablesOf(text)) {
    for (const gpu of table.gpus) tell(gpu.rows.join('\n'), table.time, (at) => readTableGpu(gpu, context, at))
  }
  if (told > 0) return
  if (/No devices were found|couldn't communicate with the NVIDIA driver/.test(text)) {
    return sink.skipped('nvidia-smi found no GPU')
  }
  if (isReport(text) || isTable(text)) return sink.skipped('report without a GPU')
  sink.refused('document is neither a table nor a report of nvidia-smi')
}

function* lostLinesOf(text: string): Generator<string> {
  const mark = 'Unable to determine the device handle for '
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + mark.length)) {
    if (at === 0 || text[at - 1] === '\n') yield text.slice(at, at + 256).split(/\r?\n/, 1)[0] ?? ''
  }
}

type PrintedGpu = { gpu: Branch; raw: string; time: string | undefined; ordinal: number; isWhole: boolean }

/** GPUs of all reports in the text: a `Timestamp` begins the next report. */
function printedGpusOf(text: string): PrintedGpu[] {
  const found: PrintedGpu[] = []
  let report: PrintedGpu[] = []
  let time: string | undefined
  let attached: string | undefined
  const close = () => {
    for (const gpu of report) gpu.isWhole = String(report.length) === attached
    report = []
  }
  for (const branch of treeOfIndentedText(text).branches) {
    if (branch.name === 'nvsmi_log') {
      close()
      time = undefined
      attached = undefined
    } else if (branch.name === 'timestamp') time = branch.text
    else if (branch.name === 'attached_gpus') attached = branch.text
    else if (/^gpu_[\da-f]{4,8}_[\da-f]{2}_[\da-f]{2}_[\da-f]$/.test(branch.name)) {
      const raw = text.slice(branch.start, branch.end)
      const gpu: PrintedGpu = { gpu: branch, raw, time, ordinal: report.length, isWhole: false }
      report.push(gpu)
      found.push(gpu)
    }
  }
  close()
  return found
}

function readTableGpu(gpu: TableGpu, context: RecordContext, at: { host: HostId; atMs: number }): GpuReport {
  const name = gpuNameOf(gpu) ?? `index-${gpu.index}`
  const place = { ...at, gpu: name, index: gpu.index }
  const whole = gpuSample(place, gpu.values)
  const samples = whole ? [whole] : []
  for (const { gi, ci, values } of gpu.migDevices) {
    const part = gpuSample({ ...place, gpu: migNameOf(name, gi, ci) }, { ...values, model: gpu.values.model })
    if (part && part.gpu !== name) samples.push(part)
  }
  const events: EventInput[] = gpu.processes.flatMap(({ gi, ci, ...process }) => {
    const event = gpuProcess({ ...place, gpu: migNameOf(name, gi, ci) }, process)
    return event ? [event] : []
  })
  for (const message of gpu.faults) events.push(gpuFault(context, place, { message }))
  return { events, samples }
}
