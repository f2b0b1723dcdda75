// OTLP in files: one export request in JSON a line (as collectors' file exporters write it), or one pretty-printed document. Read as the
// server reads `POST /v1/traces` and `/v1/logs`; every span and log record is one record.
import type { SessionId } from '../protocol/ids.ts'
import { jsonRecordReader } from './json-records.ts'
import { fieldOf } from './normal-values.ts'
import { logsOfJson, tracesOfJson } from './otlp-json.ts'
import { introductionsOf, tellParsed, tracesRemembered } from './otlp-tell.ts'
import { eventsOfLogs, eventsOfTraces, type OtlpContext, type OtlpParsed } from './otlp-to-events.ts'
import type { RecordSink, RecordSource } from './record-source.ts'

export const otlpFile: RecordSource = {
  format: 'otlp-json',
  title: 'OpenTelemetry JSON (file)',
  trust: 'trainer',
  framing: 'lines',
  looksLike: (head) => /^\s*\{\s*"resource(?:Spans|Logs)"\s*:/.test(head),
  open(context) {
    const sessionOfTrace = new Map<string, SessionId>()
    const introduced = new Map<SessionId, string>()
    /** Requests with a trace that nobody has named yet: a file knows what comes later, a server does not. */
    let held: Held[] = []
    let heldChars = 0
    const otlp: OtlpContext = {
      nowMs: context.nowMs,
      session: context.boundSession ?? context.session,
      sessionOfTrace: (traceId) => sessionOfTrace.get(traceId),
    }

    function tellNow({ request, text }: Held, sink: RecordSink): void {
      const parsed = parse(request, otlp)
      if (parsed === undefined) sink.refused('neither resourceSpans nor resourceLogs')
      else if (typeof parsed === 'string') sink.refused('request does not fit OTLP', parsed)
      else tellParsed(parsed, introductionsOf(parsed, introduced, context), sink, text)
    }

    function tellHeld(sink: RecordSink, all: boolean): void {
      const waiting = held
      held = []
      heldChars = 0
      for (const each of waiting) {
        if (!all && isUnnamed(parse(each.request, otlp))) hold(each, sink)
        else tellNow(each, sink)
      }
    }

    function hold(each: Held, sink: RecordSink): void {
      held.push(each)
      heldChars += each.text.length
      if (held.length > heldRequestsMax || heldChars > heldCharsMax) tellHeld(sink, true)
    }

    const reader = jsonRecordReader((request, text, sink) => {
      const parsed = parse(request, otlp)
      let named = false
      if (typeof parsed === 'object') {
        for (const [trace, session] of parsed.sessionOfTrace) {
          named ||= !sessionOfTrace.has(trace)
          if (sessionOfTrace.size < tracesRemembered) sessionOfTrace.set(trace, session)
        }
      }
      if (isUnnamed(parsed)) hold({ request, text }, sink)
      else tellNow({ request, text }, sink)
      if (named && held.length > 0) tellHeld(sink, false)
    })
    return {
      read: reader.read,
      idle: (sink) => tellHeld(sink, true),
      end(sink) {
        reader.end(sink)
        tellHeld(sink, true)
      },
    }
  },
}

type Held = { request: object; text: string }
const heldRequestsMax = 2_000
const heldCharsMax = 32 * 1024 * 1024

/** Is something in it of a session that has only its trace for a name? */
function isUnnamed(parsed: OtlpParsed | string | undefined): boolean {
  return typeof parsed === 'object' && parsed.events.some((event) => event.session?.startsWith('trace-') === true)
}

function parse(request: object, context: OtlpContext): OtlpParsed | string | undefined {
  if (fieldOf(request, 'resourceSpans') !== undefined) {
    const decoded = tracesOfJson(request)
    return decoded.ok ? eventsOfTraces(decoded.request, context) : decoded.reason
  }
  if (fieldOf(request, 'resourceLogs') !== undefined) {
    const decoded = logsOfJson(request)
    return decoded.ok ? eventsOfLogs(decoded.request, context) : decoded.reason
  }
  return undefined
}
