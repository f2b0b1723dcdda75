// OTLP requests to events: each span or record is read by the first convention that knows it, gets its session, and is counted
// whatever becomes of it. Pure; the same request gives the same events with the same ids.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { GpuSample } from '../protocol/sample.ts'
import { readClaudeCodeLog } from './claude-code-log.ts'
import { readClaudeCodeSpan } from './claude-code-span.ts'
import { badTimeReason, type Draft, eventOfDraft, isTime } from './event-draft.ts'
import { readGenAiLog } from './genai-log.ts'
import { readGenAiSpan } from './genai-span.ts'
import { eventNameOf, timeOfRecord } from './log-reading.ts'
import { readMastraSpan } from './mastra-span.ts'
import { readOpenInferenceSpan } from './openinference-span.ts'
import { readOpenLlmetrySpan } from './openllmetry-span.ts'
import type { LogsRequest, TracesRequest } from './otlp-model.ts'
import { type SessionDescriptor, SessionDescriptors } from './session-descriptor.ts'
import type { Parsed, Rejected, SourceContext } from './source.ts'
import { draftsOfAction, draftsOfModel } from './span-drafts.ts'
import type { ReadSpan } from './span-reading.ts'
import { namedSession, sessionOfTraceId, spanSessions } from './span-session.ts'
import { quoted, Tally } from './tally.ts'
import { readVercelAiSpan } from './vercel-ai-span.ts'

export type OtlpContext = SourceContext & {
  /** Sessions that earlier requests named for a trace: tool spans often come before the span that names their session. */
  sessionOfTrace?: ((traceId: string) => SessionId | undefined) | undefined
  /** Of log records and data points that name neither a session nor a trace: only whoever imports a file may say it. */
  sessionOfUnnamed?: SessionId | undefined
}

export type OtlpParsed = Parsed & {
  /** GPU readings among metrics. */
  samples?: GpuSample[]
  /** How many spans or records each convention read, by fixed names of ours. */
  understood: Record<string, number>
  descriptors: Map<SessionId, SessionDescriptor>
  /** What this request named; the caller may remember it (bounded) for `sessionOfTrace`. */
  sessionOfTrace: Map<string, SessionId>
}

/** Special conventions first: most of them also set some gen_ai.* attributes. */
const conventions: readonly ReadSpan[] = [
  readClaudeCodeSpan,
  readVercelAiSpan,
  readOpenInferenceSpan,
  readMastraSpan,
  readOpenLlmetrySpan,
  readGenAiSpan,
]

class Collector {
  readonly events = new Map<string, EventInput>()
  readonly skipped = new Tally()
  readonly rejected = new Tally()
  readonly understood: Record<string, number> = {}
  readonly described = new SessionDescriptors()
  readonly #boundTo: string

  constructor(context: OtlpContext) {
    this.#boundTo = context.session ?? ''
  }

  /** The first of equal ids is kept: the log takes an id once, and a batch must not hold it twice. */
  keep(what: string, drafts: readonly Draft[], session: SessionId): void {
    this.understood[what] = (this.understood[what] ?? 0) + 1
    for (const draft of drafts) {
      const event = eventOfDraft(draft, session, this.#boundTo)
      if (event.id !== undefined && !this.events.has(event.id)) this.events.set(event.id, event)
    }
  }

  done(sessionOfTrace: Map<string, SessionId>, malformed: Tally): OtlpParsed {
    this.rejected.addAll(malformed)
    return {
      events: [...this.events.values()].sort((a, b) => a.atMs - b.atMs),
      understood: this.understood,
      skipped: this.skipped.list(),
      rejected: this.rejected.list().map(rejection),
      descriptors: this.described.descriptors,
      sessionOfTrace,
    }
  }
}

function rejection({ reason, count, example }: { reason: string; count: number; example: string }): Rejected {
  return { reason: example === '' ? reason : `${reason}, for example ${example}`, count }
}

export function eventsOfTraces(request: TracesRequest, context: OtlpContext): OtlpParsed {
  const collector = new Collector(context)
  const sessions = spanSessions(request.groups, context.session, context.sessionOfTrace ?? (() => undefined))
  for (const { resource, spans } of request.groups) {
    for (const span of spans) {
      const reading = firstReading(span)
      if (reading === undefined || reading.type === 'nothing') {
        collector.skipped.add(reading?.reason ?? 'span of no known agent, model or tool convention', quoted(span.name))
        continue
      }
      const found = sessions.of(span)
      if (!found.ok) {
        collector.rejected.add(found.reason, found.example)
        continue
      }
      if (!isTime(span.startMs) || (span.endMs !== 0 && !isTime(span.endMs))) {
        collector.rejected.add(badTimeReason, quoted(span.name))
        continue
      }
      const { session } = found
      collector.described.note(session, resource, span.attributes, reading.type === 'agent' ? reading.task : undefined)
      if (reading.type === 'action') collector.keep(reading.what, draftsOfAction(span, reading, session), session)
      else if (reading.type === 'model') collector.keep(reading.what, draftsOfModel(span, reading, session), session)
      else collector.keep(reading.what, [], session)
    }
  }
  return collector.done(sessions.ofTraces, request.rejected)
}

function firstReading(span: Parameters<ReadSpan>[0]): ReturnType<ReadSpan> {
  for (const read of conventions) {
    const reading = read(span)
    if (reading !== undefined) return reading
  }
  return undefined
}

export function eventsOfLogs(request: LogsRequest, context: OtlpContext): OtlpParsed {
  const collector = new Collector(context)
  const sessionOfTrace = new Map<string, SessionId>()
  for (const { resource, records } of request.groups) {
    for (const record of records) {
      const given = eventNameOf(record)
      const name = isClaudeCode(resource, record.attributes, given)
        ? `claude_code.${given.replace(/^claude_code\./, '')}`
        : given
      const atMs = timeOfRecord(record, context.nowMs)
      const named = namedSession(resource, record.attributes, context.session)
      if (named?.ok === false) {
        collector.rejected.add(named.reason, named.example)
        continue
      }
      const remembered = record.traceId === undefined ? undefined : context.sessionOfTrace?.(record.traceId)
      const fromTrace = record.traceId === undefined ? undefined : sessionOfTraceId(record.traceId)
      const session = named?.session ?? remembered ?? fromTrace ?? context.sessionOfUnnamed
      const reading =
        readClaudeCodeLog(name, record, atMs, session ?? '') ?? readGenAiLog(name, record, atMs, session ?? '')
      if (reading === undefined || 'nothing' in reading) {
        collector.skipped.add(reading?.nothing ?? 'log record of no known agent convention', quoted(name))
      } else if (session === undefined) {
        collector.rejected.add('log record names no session (session.id, vigil.session or a trace)', quoted(name))
      } else if (!reading.drafts.every((draft) => isTime(draft.atMs))) {
        collector.rejected.add(badTimeReason, quoted(name))
      } else {
        if (named && record.traceId !== undefined) sessionOfTrace.set(record.traceId, named.session)
        collector.described.note(session, resource, record.attributes)
        collector.keep(reading.what, reading.drafts, session)
      }
    }
  }
  return collector.done(sessionOfTrace, request.rejected)
}

/** Claude Code's `event.name` comes with or without its prefix; the resource says whose event it is. */
function isClaudeCode(
  resource: LogsRequest['groups'][number]['resource'],
  own: ReadonlyMap<string, unknown>,
  name: string,
): boolean {
  if (name.startsWith('claude_code.')) return true
  return resource.get('service.name') === 'claude-code' && own.has('event.name')
}
