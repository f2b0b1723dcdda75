// OTLP in files: one export request in JSON a line (as collectors' file exporters write it), or one pretty-printed document. Read as the
// server reads `POST /v1/traces` and `/v1/logs`; every span and log record is one record.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { eventIdOf } from './event-id.ts'
import { jsonRecordReader } from './json-records.ts'
import { fieldOf } from './normal-values.ts'
import { logsOfJson, tracesOfJson } from './otlp-json.ts'
import { eventsOfLogs, eventsOfTraces, type OtlpContext, type OtlpParsed } from './otlp-to-events.ts'
import type { RecordContext, RecordSink, RecordSource } from './record-source.ts'
import type { SessionDescriptor } from './session-descriptor.ts'

/** Spans of one trace come in several requests; the one that names the session may come last. */
const tracesRemembered = 20_000

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
      else tell(parsed, introductionsOf(parsed, introduced, context), sink, text)
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

/** Events belong to the request as a whole: the first span told carries them, the others are counted as what they were. */
function tell(parsed: OtlpParsed, introductions: EventInput[], sink: RecordSink, text: string): void {
  let events: EventInput[] = [...introductions, ...parsed.events]
  for (const [what, count] of Object.entries(parsed.understood)) {
    for (let n = 0; n < count; n += 1) {
      sink.understood(what, { events, identity: text })
      events = []
    }
  }
  for (const { reason, count, example } of parsed.skipped)
    for (let n = 0; n < count; n += 1) sink.skipped(reason, example)
  for (const { reason, count } of parsed.rejected)
    for (let n = 0; n < count; n += 1) sink.refused('span or record was refused', reason)
}

/** Who works in a session, on what and where, once and again when more is known of it. */
function introductionsOf(parsed: OtlpParsed, introduced: Map<SessionId, string>, context: RecordContext): EventInput[] {
  const events: EventInput[] = []
  for (const [session, descriptor] of parsed.descriptors) {
    const told = JSON.stringify(descriptor)
    if (told === '{}' || introduced.get(session) === told) continue
    if (introduced.size < tracesRemembered) introduced.set(session, told)
    const atMs = parsed.events.find((event) => event.session === session)?.atMs ?? context.recordedAtMs ?? context.nowMs
    events.push(introduction(session, descriptor, atMs, context.boundSession ?? ''))
  }
  return events
}

function introduction(session: SessionId, descriptor: SessionDescriptor, atMs: number, boundTo: string): EventInput {
  const { agent, task, labels } = descriptor
  return {
    v: 1,
    kind: 'session.started',
    atMs,
    // By what it says, not by when: the same file again says nothing new.
    id: eventIdOf(boundTo, 'introduction', session, JSON.stringify(descriptor)),
    session,
    data: {
      held: 'none',
      abilities: [],
      ...(agent !== undefined && { agent }),
      ...(task !== undefined && { task }),
      ...(labels !== undefined && { labels }),
    },
  }
}
