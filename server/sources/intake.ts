// From bytes in pieces to events: finds lines, refuses what is too long or not text, gives events their ids, checks every event against
// its schema, and counts what became of each record. The same for an HTTP body, a file, a tail and a test.
import { isUtf8 } from 'node:buffer'
import type { EventInput } from '../protocol/event.ts'
import { parseEvent } from '../protocol/parse-event.ts'
import { GpuSample } from '../protocol/sample.ts'
import { eventIdOf } from './event-id.ts'
import type { Made, RecordContext, RecordReader, RecordSink, RecordSource } from './record-source.ts'
import { quoted, Tally } from './tally.ts'

/** A longer line is refused without being kept in memory. Transcripts carry whole files and pictures in one line. */
export const recordLineBytesMax = 8 * 1024 * 1024
/** A longer document is refused. */
export const documentBytesMax = 64 * 1024 * 1024
/** Of a refused record, kept for download. */
const rawKeptChars = 2_000

export type RefusedRecord = { line: number; reason: string; raw: string }

export type IntakeOutput = {
  event(event: EventInput, line: number): void
  sample(sample: GpuSample): void
  refused(record: RefusedRecord): void
}

export type IntakeCounts = {
  /** Lines that hold anything, or parts of a document, each told once: `understood + skipped + refused`. */
  records: number
  understood: { what: string; count: number }[]
  skipped: { reason: string; count: number; example: string }[]
  refused: { reason: string; count: number; example: string }[]
  events: number
  samples: number
  bytes: number
  lines: number
}

export type Intake = {
  /** Parses what is whole in it; the rest waits for the next piece. */
  push(bytes: Uint8Array): void
  /** A tail has been silent: tells records that wait for a line that may never come. */
  idle(): void
  end(): void
  counts(): IntakeCounts
}

export function createIntake(source: RecordSource, context: RecordContext, output: IntakeOutput): Intake {
  const understood = new Tally()
  const skipped = new Tally()
  const refused = new Tally()
  let events = 0
  let samples = 0
  let bytes = 0
  let line = 0
  let current = ''

  const refuse = (reason: string, raw: string) => {
    refused.add(reason, quoted(raw))
    output.refused({ line, reason, raw: raw.slice(0, rawKeptChars) })
  }

  const sink: RecordSink = {
    understood(what, made) {
      const faults = makeAll(made)
      if (faults === undefined) understood.add(what)
      else refuse(faults, made.identity ?? current)
    },
    skipped: (reason, example) => skipped.add(reason, quoted(example ?? current)),
    refused: (reason, raw) => refuse(reason, raw ?? current),
  }

  /** All or nothing: a record whose event does not fit its schema makes none. Answers what does not fit. */
  function makeAll({ events: made = [], samples: read = [], identity }: Made): string | undefined {
    const whole: EventInput[] = []
    for (const [index, event] of made.entries()) {
      const id =
        event.id ?? eventIdOf(context.boundSession ?? '', source.format, identity ?? current, String(index), event.kind)
      const parsed = parseEvent({ ...event, id })
      if (!parsed.ok) return `record does not fit the log: ${event.kind} ${parsed.reason}`
      if (context.boundSession !== undefined && parsed.event.session !== context.boundSession) {
        return 'record is of another session than the one this key is bound to'
      }
      whole.push(parsed.event)
    }
    for (const sample of read) {
      const parsed = GpuSample.safeParse(sample)
      if (!parsed.success)
        return `reading does not fit: ${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`
    }
    for (const event of whole) output.event(event, line)
    for (const sample of read) output.sample(sample)
    events += whole.length
    samples += read.length
    return undefined
  }

  const frame = source.framing === 'lines' ? frameLines(source.open(context)) : frameDocument(source.open(context))

  function frameLines(reader: RecordReader<string>) {
    /** Pieces of a line that has not ended yet. */
    let rest: Uint8Array[] = []
    let restBytes = 0
    let tooLong = false

    /** Keeps a copy: the caller may use its buffer again. Of a line that is too long only the beginning stays. */
    function take(piece: Uint8Array): void {
      restBytes += piece.length
      if (tooLong) return
      if (restBytes > recordLineBytesMax) {
        tooLong = true
        rest = [Uint8Array.prototype.slice.call(rest[0] ?? piece, 0, rawKeptChars)]
      } else rest.push(Uint8Array.prototype.slice.call(piece))
    }

    function finishLine(given?: Uint8Array): void {
      line += 1
      const whole = given ?? (rest.length === 1 ? (rest[0] as Uint8Array) : Buffer.concat(rest))
      const wasTooLong = tooLong || whole.length > recordLineBytesMax
      rest = []
      restBytes = 0
      tooLong = false
      if (wasTooLong) {
        refuse(`line is longer than ${recordLineBytesMax} bytes`, decodeLoosely(whole))
        return
      }
      if (!isUtf8(whole)) {
        const looks16 = whole.includes(0)
        refuse(
          looks16 ? 'line is not UTF-8 (UTF-16?): convert the file first' : 'line is not valid UTF-8',
          decodeLoosely(whole),
        )
        return
      }
      let text = Buffer.from(whole.buffer, whole.byteOffset, whole.length).toString('utf8')
      if (line === 1 && text.charCodeAt(0) === 0xfeff) text = text.slice(1)
      if (text.endsWith('\r')) text = text.slice(0, -1)
      if (text.trim() === '') return
      current = text
      readSafely(() => reader.read(text, sink))
    }

    return {
      push(piece: Uint8Array) {
        for (let start = 0; start < piece.length; ) {
          const newline = piece.indexOf(0x0a, start)
          if (newline === -1) {
            take(piece.subarray(start))
            return
          }
          // A whole line needs no copy: it is read before this returns.
          if (restBytes === 0) finishLine(piece.subarray(start, newline))
          else {
            take(piece.subarray(start, newline))
            finishLine()
          }
          start = newline + 1
        }
      },
      idle: () => readSafely(() => reader.idle?.(sink)),
      end() {
        if (restBytes > 0) finishLine()
        current = ''
        readSafely(() => reader.end(sink))
      },
    }
  }

  function frameDocument(reader: RecordReader<Uint8Array>) {
    let pieces: Uint8Array[] = []
    let size = 0
    return {
      push(piece: Uint8Array) {
        size += piece.length
        if (size <= documentBytesMax) pieces.push(Uint8Array.prototype.slice.call(piece))
        else pieces = pieces.slice(0, 1)
      },
      idle() {},
      end() {
        if (size === 0) return
        const whole = Buffer.concat(pieces)
        pieces = []
        current = decodeLoosely(whole.subarray(0, rawKeptChars))
        line = 1
        if (size > documentBytesMax) refuse(`document is longer than ${documentBytesMax} bytes`, current)
        else
          readSafely(() => {
            reader.read(whole, sink)
            reader.end(sink)
          })
      },
    }
  }

  /** Readers throw nothing; one that does all the same costs its record, not the import. */
  function readSafely(read: () => void): void {
    try {
      read()
    } catch (error) {
      refuse(
        'the reader failed on this record (a fault of ours)',
        `${error instanceof Error ? error.message : error}: ${current}`,
      )
    }
  }

  return {
    push(piece) {
      bytes += piece.length
      frame.push(piece)
    },
    idle: () => frame.idle(),
    end: () => frame.end(),
    counts: () => ({
      records: understood.total + skipped.total + refused.total,
      understood: understood.list().map(({ reason, count }) => ({ what: reason, count })),
      skipped: skipped.list(),
      refused: refused.list(),
      events,
      samples,
      bytes,
      lines: line,
    }),
  }
}

function decodeLoosely(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, rawKeptChars))
}
