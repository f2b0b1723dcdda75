// JSON records of a log, however its lines hold them (see `json-object-stream.ts`), with syslog's header before them or without. What waits
// for its end is bounded and is always told.
import { JsonObjectStream, type JsonObjectTaker, notJsonReason } from './json-object-stream.ts'
import { isObject, type JsonObject, jsonOfLine } from './normal-values.ts'
import type { RecordReader, RecordSink } from './record-source.ts'

/** Syslog puts a header of about this length before the record. */
const prefixCharsMax = 256

export const openArrayReason = 'array of records is cut off'

/** Told once for each record. `text` is the record's own text: its identity, and where digits that JSON.parse rounds are still whole. */
export type TellRecord = (record: JsonObject, text: string, sink: RecordSink) => void

export function jsonRecordReader(tell: TellRecord): RecordReader<string> {
  const objects = new JsonObjectStream()
  const takerOf = (sink: RecordSink): JsonObjectTaker => ({
    object: (record, text) => tell(record, text, sink),
    broken: (reason, raw) => sink.refused(reason, raw),
  })
  return {
    read(line, sink) {
      if (objects.isWaiting && startsAnew(line)) objects.giveUp(takerOf(sink))
      if (objects.isWaiting || /^\s*[{[\],]/.test(line)) return objects.take(line, takerOf(sink))
      const start = line.slice(0, prefixCharsMax).indexOf('{"')
      const record = start === -1 ? undefined : jsonOfLine(line.slice(start))
      // The whole line stays the identity: its prefix may hold what sets it apart.
      if (isObject(record)) tell(record, line, sink)
      else sink.refused(notJsonReason)
    },
    end(sink) {
      if (objects.isWaiting) objects.giveUp(takerOf(sink))
      else if (objects.isInArray) sink.refused(openArrayReason, '[')
    },
  }
}

/** Inside of a record, printers indent: an object that begins a line is the next record, so one damaged line costs only itself. */
function startsAnew(line: string): boolean {
  return line.startsWith('{') && line.trimEnd().length > 1
}

/** How often a key is looked for in a record's text: a hostile record may repeat it. */
const mentionsMax = 8

/**
 * A whole number as its text. JSON.parse rounds those above 2^53, so for them the digits are taken from the record's text; only digits
 * that round to the very number that was parsed count.
 */
export function exactWhole(value: unknown, key: string, text: string): string | undefined {
  if (typeof value === 'string') return /^\d{1,20}$/.test(value) ? value : undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) return undefined
  if (Number.isSafeInteger(value)) return String(value)
  const quotedKey = `"${key}"`
  let from = 0
  for (let mention = 0; mention < mentionsMax; mention += 1) {
    const at = text.indexOf(quotedKey, from)
    if (at === -1) break
    from = at + quotedKey.length
    const digits = /^\s{0,8}:\s{0,8}(\d{16,20})(?!\d)/.exec(text.slice(from, from + 48))?.[1]
    if (digits !== undefined && Number(digits) === value) return digits
  }
  return undefined
}
