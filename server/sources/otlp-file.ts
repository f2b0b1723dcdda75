// OTLP in files: one export request in JSON a line (as collectors' file exporters write it), or one pretty-printed document. Read as the
// server reads `POST /v1/traces`, `/v1/logs` and `/v1/metrics`; every span, log record and data point is one record. Must never hold back
// more than requests whose session a later line may name.
import type { SessionId } from '../protocol/ids.ts'
import { jsonRecordReader } from './json-records.ts'
import type { JsonObject } from './normal-values.ts'
import { type FileRequestRead, readFileRequest } from './otlp-file-request.ts'
import { HeldRequests } from './otlp-held-requests.ts'
import { introductionsOf, tellParsed, tracesRemembered } from './otlp-tell.ts'
import type { OtlpParsed } from './otlp-to-events.ts'
import type { RecordContext, RecordReader, RecordSink, RecordSource } from './record-source.ts'
import { sessionOfTraceId } from './span-session.ts'

export const otlpFile: RecordSource = {
  format: 'otlp-json',
  title: 'OpenTelemetry JSON (file)',
  trust: 'trainer',
  framing: 'lines',
  looksLike: (head) => /^\s*(?:\[\s*)?\{\s*"resource_?(?:[Ss]pans|[Ll]ogs|[Mm]etrics)"\s*:/.test(head),
  open(context) {
    const reader = new OtlpFileReader(context)
    const lines = jsonRecordReader((request, text, sink) => reader.take({ request, text }, sink))
    return {
      read: lines.read,
      idle: (sink) => reader.release(sink),
      end(sink) {
        lines.end(sink)
        reader.release(sink)
      },
    } satisfies RecordReader<string>
  },
}

const traceIdChars = 32

type Request = { request: JsonObject; text: string }

class OtlpFileReader {
  readonly #context: RecordContext
  readonly #sessionOfTrace = new Map<string, SessionId>()
  readonly #introduced = new Map<SessionId, string>()
  /** Requests with a trace that nobody has named yet: a file knows what comes later, a server does not. */
  readonly #held = new HeldRequests<Request>()

  constructor(context: RecordContext) {
    this.#context = context
  }

  take(given: Request, sink: RecordSink): void {
    const read = this.#read(given, undefined)
    if ('refused' in read) return sink.refused(read.refused, `${read.why}\n${given.text}`)
    const named: string[] = []
    for (const [trace, session] of read.parsed.sessionOfTrace) {
      if (!this.#sessionOfTrace.has(trace)) named.push(trace)
      this.#remember(trace, session)
    }
    const unnamed = unnamedTraces(read.parsed, this.#sessionOfTrace)
    if (unnamed.size === 0) this.#tell(read, given, sink)
    else this.#held.hold(given, given.text.length, unnamed)
    for (const ready of this.#held.named(named)) this.#tellLate(ready, sink)
    for (const tooMany of this.#held.overflow()) this.#tellLate(tooMany, sink)
  }

  /** Nobody names them any more. */
  release(sink: RecordSink): void {
    for (const each of this.#held.all()) this.#tellLate(each, sink)
  }

  #tellLate(given: Request, sink: RecordSink): void {
    const read = this.#read(given, this.#context.session)
    if ('refused' in read) sink.refused(read.refused, given.text)
    else this.#tell(read, given, sink)
  }

  #tell({ parsed, earliestMs }: { parsed: OtlpParsed; earliestMs: number }, given: Request, sink: RecordSink): void {
    tellParsed(parsed, introductionsOf(parsed, this.#introduced, this.#context, earliestMs), sink, given.text)
  }

  /** `otherwise`: the session of traces that nobody named. */
  #read(given: Request, otherwise: SessionId | undefined): FileRequestRead {
    const otlp = {
      nowMs: this.#context.recordedAtMs ?? this.#context.nowMs,
      session: this.#context.boundSession,
      sessionOfTrace: (traceId: string) => this.#sessionOfTrace.get(traceId) ?? otherwise,
      sessionOfUnnamed: this.#context.session,
    }
    return readFileRequest(given.request, otlp)
  }

  #remember(trace: string, session: SessionId): void {
    this.#sessionOfTrace.delete(trace)
    this.#sessionOfTrace.set(trace, session)
    if (this.#sessionOfTrace.size <= tracesRemembered) return
    for (const oldest of this.#sessionOfTrace.keys()) {
      this.#sessionOfTrace.delete(oldest)
      return
    }
  }
}

/** Traces that are all that what was understood has for a session. */
function unnamedTraces(parsed: OtlpParsed, known: ReadonlyMap<string, SessionId>): Set<string> {
  const unnamed = new Set<string>()
  const prefix = sessionOfTraceId('')
  for (const session of parsed.descriptors.keys()) {
    if (!session.startsWith(prefix) || session.length !== prefix.length + traceIdChars) continue
    const trace = session.slice(prefix.length)
    if (!known.has(trace)) unnamed.add(trace)
  }
  return unnamed
}
