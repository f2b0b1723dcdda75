// The one interface of every format: a source opens a reader, the reader is given lines or a whole document and says of every record
// what became of it. Readers are pure: clock, host and session come in by the context; nothing is read or written from here.
import type { EventInput } from '../protocol/event.ts'
import type { HostId, SessionId } from '../protocol/ids.ts'
import type { GpuSample } from '../protocol/sample.ts'
import type { Trust } from '../protocol/trust.ts'

/** What is known besides the records themselves. Whatever a record says of itself goes before it, but for a key's bound session. */
export type RecordContext = {
  /** This server's clock. */
  nowMs: number
  /** When the file was written, for records that carry no time of their own; absent: they are of now. */
  recordedAtMs?: number | undefined
  /** Year or zone that a record leaves out (auditd never does; syslog and OpenHands do): minutes east of UTC, 0 when not given. */
  zoneOffsetMinutes?: number | undefined
  /** Host that the key is bound to, or that the sender named, for records that name none. */
  host?: HostId | undefined
  /** Session that the sender named, for records that name none. */
  session?: SessionId | undefined
  /** The session that the key is bound to: everything belongs to it, and a record that names another is refused. */
  boundSession?: SessionId | undefined
  /** Without its folders. */
  fileName?: string | undefined
}

/** Events as a reader makes them. Without `id` they get one made from the record's text, so that the same record twice is one event. */
export type Made = {
  events?: readonly EventInput[]
  samples?: readonly GpuSample[]
  /**
   * What makes the record itself: default is the text of the line being read. Readers of documents and of records of several lines
   * must give it, and readers of records without a time of their own put the time that they gave into it.
   */
  identity?: string
}

/**
 * Where a reader says what became of each record. Every record is told exactly once: understood (it made something), skipped (known, and
 * no fact of ours) or refused (meant as something and wrong). `reason` is one of a few fixed sentences; only `example` may hold text
 * from outside, and it is quoted and cut by the receiver.
 */
export type RecordSink = {
  /** `what` is a fixed name of ours or the format's own record type, for example `alert` or `conn`. */
  understood(what: string, made: Made): void
  skipped(reason: string, example?: string): void
  /** `raw` is kept for download: by default the line being read. */
  refused(reason: string, raw?: string): void
}

export type RecordReader<Chunk> = {
  /** One line without its line end, never empty; or the whole document. May throw nothing. */
  read(chunk: Chunk, sink: RecordSink): void
  /** The input is over: tells what still waits for another line. */
  end(sink: RecordSink): void
  /** With a tail: nothing came for a while, so a record that waits for its last line may be told now. */
  idle?(sink: RecordSink): void
}

type Common = {
  /** Name in `POST /api/ingest/{format}` and `vigil import --format`. */
  format: string
  /** For people: "Suricata EVE". */
  title: string
  /** What its facts are worth when a key that may vouch for them sends them. */
  trust: Trust
  /** Files that look like this format: first bytes as text, and the name. For `--format auto`; must not match other formats' files. */
  looksLike(head: string, fileName: string): boolean
  /** The first lines of a file say how to read the others: a tail that goes on in the middle reads them first. */
  hasHeader?: boolean
}

/** Framed by lines (streamed, any size), or a document (whole, bounded in size). */
export type RecordSource = Common &
  (
    | { framing: 'lines'; open(context: RecordContext): RecordReader<string> }
    | { framing: 'document'; open(context: RecordContext): RecordReader<Uint8Array> }
  )
