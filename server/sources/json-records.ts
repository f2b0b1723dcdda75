// JSON records out of lines: one record a line, several on a line (Firehose puts no line end between them), pretty-printed over many
// lines, or elements of an array. What waits for its end is bounded and is always told.
import { isObject, type JsonObject, jsonOfLine } from './normal-values.ts'
import type { RecordReader, RecordSink } from './record-source.ts'

/** A record that is spread over more text than this is refused. A record on one line of its own may be longer. */
export const spreadRecordCharsMax = 1024 * 1024
/** Syslog puts a header of about this length before the record. */
const prefixCharsMax = 256

export const notJsonReason = 'line is not a JSON object'
export const cutOffReason = 'JSON record is cut off or damaged'
export const tooLongReason = 'JSON record spread over several lines is too long'
export const openArrayReason = 'array of records is cut off'

/** Told once for each record. `text` is the record's own text: its identity, and where digits that JSON.parse rounds are still whole. */
export type TellRecord = (record: JsonObject, text: string, sink: RecordSink) => void

export function jsonRecordReader(tell: TellRecord): RecordReader<string> {
  const spread = new SpreadRecords(tell)
  return {
    read(line, sink) {
      if (spread.waits && startsAnew(line)) spread.giveUp(sink)
      if (!spread.waits && line.startsWith('{')) {
        const record = jsonOfLine(line)
        if (isObject(record)) return tell(record, line, sink)
      }
      if (spread.waits || /^\s*[{[\],]/.test(line)) return spread.read(line, sink)
      const start = line.slice(0, prefixCharsMax).indexOf('{"')
      const record = start === -1 ? undefined : jsonOfLine(line.slice(start))
      // The whole line stays the identity: its prefix may hold what sets it apart.
      if (isObject(record)) tell(record, line, sink)
      else sink.refused(notJsonReason)
    },
    end: (sink) => spread.end(sink),
  }
}

/** Inside of a record, printers indent: an object that begins a line is the next record, so one damaged line costs only itself. */
function startsAnew(line: string): boolean {
  return line.startsWith('{') && line.trimEnd().length > 1
}

/** Finds where records begin and end by counting braces outside of strings. Keeps the text of one record at most. */
class SpreadRecords {
  readonly #tell: TellRecord
  #text: string[] = []
  #chars = 0
  #depth = 0
  #arrays = 0
  #inString = false

  constructor(tell: TellRecord) {
    this.#tell = tell
  }

  /** A record has begun and not ended. */
  get waits(): boolean {
    return this.#depth > 0
  }

  read(line: string, sink: RecordSink): void {
    let from = 0
    for (let at = 0; at < line.length; at += 1) {
      const code = line.charCodeAt(at)
      if (this.#inString) {
        if (code === 0x5c) at += 1
        else if (code === 0x22) this.#inString = false
      } else if (this.#depth > 0) {
        if (code === 0x22) this.#inString = true
        else if (code === 0x7b || code === 0x5b) this.#depth += 1
        else if (code === 0x7d || code === 0x5d) {
          this.#depth -= 1
          if (this.#depth === 0) {
            this.#keep(line.slice(from, at + 1))
            this.#finish(sink)
          }
        }
      } else if (code === 0x7b) {
        this.#depth = 1
        from = at
      } else if (code === 0x5b) this.#arrays += 1
      else if (code === 0x5d && this.#arrays > 0) this.#arrays -= 1
      else if (code !== 0x2c && code !== 0x20 && code !== 0x09 && code !== 0x0d) {
        return sink.refused(notJsonReason)
      }
    }
    if (this.#depth === 0) return
    this.#keep(`${line.slice(from)}\n`)
    // No string goes on over the end of a line.
    if (this.#inString) this.giveUp(sink)
    else if (this.#chars > spreadRecordCharsMax) this.#refuse(tooLongReason, sink)
  }

  giveUp(sink: RecordSink): void {
    this.#refuse(cutOffReason, sink)
  }

  end(sink: RecordSink): void {
    if (this.waits) this.giveUp(sink)
    else if (this.#arrays > 0) sink.refused(openArrayReason, '[')
    this.#arrays = 0
  }

  #keep(piece: string): void {
    this.#text.push(piece)
    this.#chars += piece.length
  }

  #finish(sink: RecordSink): void {
    const text = this.#text.join('')
    this.#clear()
    const record = jsonOfLine(text)
    if (isObject(record)) this.#tell(record, text, sink)
    else sink.refused(cutOffReason, text)
  }

  #refuse(reason: string, sink: RecordSink): void {
    const text = this.#text.join('')
    this.#clear()
    sink.refused(reason, text)
  }

  #clear(): void {
    this.#text = []
    this.#chars = 0
    this.#depth = 0
    this.#inString = false
  }
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
