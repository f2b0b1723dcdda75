// What came of OTLP spans and log records, told record by record to a sink: shared by all files that hold spans.
import type { EventInput } from '../protocol/event.ts'
import type { SessionId } from '../protocol/ids.ts'
import { eventIdOf } from './event-id.ts'
import type { OtlpParsed } from './otlp-to-events.ts'
import type { RecordContext, RecordSink } from './record-source.ts'
import type { SessionDescriptor } from './session-descriptor.ts'

/** Spans of one trace come in several requests; the one that names the session may come last. */
export const tracesRemembered = 20_000

/** Events belong to the request as a whole: the first span told carries them, the others are counted as what they were. */
export function tellParsed(parsed: OtlpParsed, introductions: EventInput[], sink: RecordSink, text: string): void {
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
export function introductionsOf(
  parsed: OtlpParsed,
  introduced: Map<SessionId, string>,
  context: RecordContext,
): EventInput[] {
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
