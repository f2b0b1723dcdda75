// What came of OTLP spans, log records and data points, told one by one to a sink: shared by all files that hold them.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { isTime } from './event-draft.ts'
import { eventIdOf } from './event-id.ts'
import type { OtlpParsed } from './otlp-to-events.ts'
import type { RecordContext, RecordSink } from './record-source.ts'
import type { SessionDescriptor } from './session-descriptor.ts'

/** Spans of one trace come in several requests; the one that names the session may come last. */
export const tracesRemembered = 20_000
export const nothingInsideReason = 'request without a span, log record or data point'

/** Events belong to the request as a whole: the first record told carries them, the others are counted as what they were. */
export function tellParsed(parsed: OtlpParsed, introductions: EventInput[], sink: RecordSink, text: string): void {
  let events: EventInput[] = [...introductions, ...parsed.events]
  let samples = parsed.samples ?? []
  let told = 0
  for (const [what, count] of Object.entries(parsed.understood)) {
    for (let n = 0; n < count; n += 1) {
      sink.understood(what, { events, samples, identity: text })
      events = []
      samples = []
    }
    told += count
  }
  for (const { reason, count, example } of parsed.skipped) {
    for (let n = 0; n < count; n += 1) sink.skipped(reason, example)
    told += count
  }
  for (const { reason, count } of parsed.rejected) {
    for (let n = 0; n < count; n += 1) sink.refused(withoutExample(reason), reason)
    told += count
  }
  if (told === 0) sink.skipped(nothingInsideReason, text)
}

/** Reasons of OTLP quote the sender behind these words; what is counted must be a fixed sentence. */
function withoutExample(reason: string): string {
  const at = reason.indexOf(', for example ')
  return at === -1 ? reason : reason.slice(0, at)
}

/**
 * Who works in a session, on what and where, once and again when more is known of it. `earliestMs`: of the request (or no valid time),
 * for sessions of which it holds no fact with a time.
 */
export function introductionsOf(
  parsed: OtlpParsed,
  introduced: Map<SessionId, string>,
  context: RecordContext,
  earliestMs: number,
): EventInput[] {
  const events: EventInput[] = []
  const firstAtMs = new Map<SessionId, number>()
  for (const { session, atMs } of parsed.events) {
    if (session !== undefined) firstAtMs.set(session, Math.min(atMs, firstAtMs.get(session) ?? atMs))
  }
  for (const [session, descriptor] of parsed.descriptors) {
    const told = JSON.stringify(descriptor)
    if (told === '{}' || introduced.get(session) === told) continue
    if (introduced.size < tracesRemembered) introduced.set(session, told)
    const atMs = firstAtMs.get(session) ?? (isTime(earliestMs) ? earliestMs : (context.recordedAtMs ?? context.nowMs))
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
