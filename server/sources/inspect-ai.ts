// Logs of Inspect (UK AI Security Institute): `.json`, one object, and `.eval`, a ZIP archive with one file a sample. A sample of one epoch is
// one session. The log is written by the harness; what models and tools wrote in it stays hostile text.
// Source: UKGovernmentBEIS/inspect_ai, src/inspect_ai/log/_log.py (EvalLog, EvalSample) and log/_recorders/eval.py (entries of the archive).
import { type InspectHeader, inspectHeaderOf, readInspectSample } from './inspect-sample.ts'
import { isZip, openZip, type ZipArchive, type ZipEntry } from './inspect-zip.ts'
import { fieldOf, isObject } from './normal-values.ts'
import { jsonOfPython } from './python-json.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'

export const inspectAi: RecordSource = {
  format: 'inspect-ai',
  title: 'Inspect log',
  trust: 'trainer',
  framing: 'document',
  looksLike(head, fileName) {
    if (head.startsWith('PK'))
      return fileName.endsWith('.eval') || head.includes('_journal/') || head.includes('samples/')
    return (
      /^\s*\{\s*"(version|status)"/.test(head) && head.includes('"eval"') && /"(run_id|task_id|eval_id)"/.test(head)
    )
  },
  open: (context) => ({
    read: (document, sink) =>
      isZip(document) ? readArchive(document, context, sink) : readLog(document, context, sink),
    end() {},
  }),
}

function readLog(document: Uint8Array, context: RecordContext, sink: RecordSink): void {
  const log = jsonOfBytes(document)
  if (!isObject(log) || !isObject(fieldOf(log, 'eval'))) {
    return sink.refused('document is neither the JSON of an Inspect log nor a whole .eval archive')
  }
  const samples = fieldOf(log, 'samples')
  if (!Array.isArray(samples) || samples.length === 0) return sink.skipped('log holds no samples (yet)')
  const header = inspectHeaderOf(log)
  for (const sample of samples) readInspectSample(sample, header, context, sink)
}

function readArchive(document: Uint8Array, context: RecordContext, sink: RecordSink): void {
  const opened = openZip(document)
  if (!opened.ok) return sink.refused(opened.reason, context.fileName ?? 'archive')
  const { zip } = opened
  /** Of an entry written again (a retried sample, a header after an interruption) the last counts. */
  const newest = new Map(zip.entries.map((entry) => [entry.name, entry]))
  const { header, failed } = headerOf(zip, newest)
  for (const entry of zip.entries) {
    const failure = failed.get(entry.name)
    if (newest.get(entry.name) !== entry) sink.skipped('older copy of an entry that was written again', entry.name)
    else if (failure !== undefined) sink.refused(failure, entry.name)
    else if (!/^samples\/.+\.json$/.test(entry.name)) sink.skipped(aboutEntry(entry.name), entry.name)
    else readSampleEntry(zip, entry, header, context, sink)
  }
}

/** `header.json` is written when the evaluation ends; until then its start is in the journal. */
function headerOf(
  zip: ZipArchive,
  entries: ReadonlyMap<string, ZipEntry>,
): { header: InspectHeader; failed: ReadonlyMap<string, string> } {
  const failed = new Map<string, string>()
  for (const name of ['header.json', '_journal/start.json']) {
    const entry = entries.get(name)
    if (entry === undefined) continue
    const read = zip.read(entry)
    const log = read.ok ? jsonOfBytes(read.bytes) : undefined
    if (!isObject(fieldOf(log, 'eval'))) {
      failed.set(name, read.ok ? 'header of the log is no header' : read.reason)
      continue
    }
    const header = inspectHeaderOf(log)
    if (name !== 'header.json') header.status ??= 'started'
    return { header, failed }
  }
  return { header: inspectHeaderOf(undefined), failed }
}

function aboutEntry(name: string): string {
  if (name === 'header.json' || name === '_journal/start.json') return 'header of the log: told with each sample'
  if (name === 'summaries.json' || name.startsWith('_journal/')) return 'summary of samples that the log holds itself'
  if (name === 'reductions.json') return 'scores reduced over epochs'
  return 'entry of the archive that this reader does not know'
}

function readSampleEntry(
  zip: ZipArchive,
  entry: ZipEntry,
  header: InspectHeader,
  context: RecordContext,
  sink: RecordSink,
): void {
  const read = zip.read(entry)
  if (!read.ok) return sink.refused(read.reason, entry.name)
  const sample = jsonOfBytes(read.bytes)
  if (sample === undefined) return sink.refused('sample of the archive is no JSON', entry.name)
  readInspectSample(sample, header, context, sink)
}

function jsonOfBytes(bytes: Uint8Array): unknown {
  return jsonOfPython(new TextDecoder().decode(bytes))
}
