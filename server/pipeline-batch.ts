// One batch being put together for the log: what is admitted, what is a repeat, what each fact is worth.
import { hash } from 'node:crypto'
import { admitEvent, emptyBatchMemory, type Sender } from './control/admit-event.ts'
import type { ConsoleState } from './model/state.ts'
import type { Submission, Submitted } from './pipeline.ts'
import { actorOfEvent, auditBodyOf } from './protocol/audit.ts'
import { type EventInput, eventVersion, type StoredEvent } from './protocol/event.ts'
import type { EventId } from './protocol/ids.ts'
import type { Trust } from './protocol/trust.ts'
import type { AppendRow, StreamPosition } from './store/append-events.ts'
import type { AuditDeed } from './store/audit-chain.ts'

export type Assembly = ReturnType<typeof newAssembly>

/** One batch being put together: admits events in order and keeps what the log and the reducer need. */
export function newAssembly(
  state: ConsoleState,
  ackedN: ReadonlyMap<string, number>,
  newEventId: () => EventId,
  seenAtMs: number,
  partition: number,
) {
  const memory = emptyBatchMemory()
  const rows: AppendRow[] = []
  const events: { event: EventInput; id: EventId; trust: Trust; source: string | undefined }[] = []
  const deeds: AuditDeed[] = []
  const keys = new Set<string>()
  const streams = new Map<string, StreamPosition>()

  function add(submission: Submission, rejected: Submitted['rejected']): { taken: number[]; repeats: number } {
    const { sender, stream, source } = submission
    /** Places in the batch. */
    const taken: number[] = []
    let repeats = 0
    const name = stream ? streamName(stream.host, stream.stream) : ''
    const durable = stream ? (streams.get(name)?.ackedN ?? ackedN.get(name) ?? 0) : 0
    submission.events.forEach((event, index) => {
      if (stream && stream.fromN + index <= durable) {
        repeats += 1
        return
      }
      const key = event.id === undefined ? undefined : eventKey(sender, event.id)
      if (key !== undefined && keys.has(key)) {
        repeats += 1
        return
      }
      const admission = admitEvent(state, memory, sender, event)
      if (!admission.ok) {
        rejected.push({ index, reason: admission.reason })
        return
      }
      const id = event.id ?? newEventId()
      if (key !== undefined) keys.add(key)
      taken.push(rows.length)
      const trust = isAgentsWord(event) ? 'agent' : (submission.trust ?? trustOf(sender, event))
      events.push({ event, id, trust, source })
      // Only Vigil itself says who did something; and what has no key is never a repeat that the log leaves out.
      if (sender.type === 'vigil' && key === undefined) {
        const by = actorOfEvent(event)
        const body = auditBodyOf({ ...event, id }, seenAtMs)
        if (by && body !== undefined) deeds.push({ body, kind: event.kind, by, session: event.session })
      }
      rows.push({
        id,
        key,
        atMs: event.atMs,
        kind: event.kind,
        version: eventVersion,
        trust,
        session: event.session,
        host: event.host,
        source,
        dataJson: JSON.stringify(event.data),
      })
    })
    if (stream) {
      const last = stream.fromN + submission.events.length - 1
      if (last > durable) streams.set(name, { stream: name, host: stream.host, ackedN: last })
    }
    return { taken, repeats }
  }

  return {
    rows,
    streams,
    add,
    batch: () => ({ seenAtMs, rows, streams: [...streams.values()], deeds }),
    /** The events as the log has them now. */
    stored(headBefore: number, duplicates: ReadonlySet<number>): StoredEvent[] {
      const stored: StoredEvent[] = []
      for (const [place, { event, id, trust, source }] of events.entries()) {
        if (duplicates.has(place)) continue
        stored.push({
          v: event.v,
          kind: event.kind,
          atMs: event.atMs,
          id,
          session: event.session,
          host: event.host,
          data: event.data,
          partition,
          seq: headBefore + stored.length + 1,
          seenAtMs,
          trust,
          ...(source !== undefined && { source }),
        } as StoredEvent)
      }
      return stored
    },
  }
}

/** A data folder may be copied to another host, spool and all: positions are a host's own. */
export function streamName(host: string, stream: string): string {
  return `${host} ${stream}`
}

/** An event id counts within its sender: nobody can use up the ids of another's events before they come. */
function eventKey(sender: Sender, id: EventId): string {
  const owner = sender.type === 'source' ? sender.name : sender.type === 'probe' ? `probe/${sender.host}` : 'vigil'
  return hash('sha1', `${owner}\n${id.toLowerCase()}`).slice(0, 32)
}

/** What the agent said it did stays the agent's word, whoever collects it as evidence. */
function isAgentsWord(event: EventInput): boolean {
  return event.kind === 'evidence.recorded' && event.data.evidence.part === 'actions'
}

/** What a fact is worth, from the key it came with and the kind of thing it says. */
function trustOf(sender: Sender, event: EventInput): Trust {
  if (sender.type === 'vigil') return 'vigil'
  if (sender.type === 'source') return sender.trust
  return event.kind.startsWith('gpu.') ? 'gpu' : 'kernel'
}
