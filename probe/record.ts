// The one way in which the probe says something: a fact becomes an event, goes to the spool, then into the session's state.
import { randomUUID } from 'node:crypto'
import type { EventInput, EventKind } from '../server/protocol/event.ts'
import { EventId, type HostId, type SessionId } from '../server/protocol/ids.ts'
import { applyToSession, type Session } from './session.ts'
import type { Spool } from './spool.ts'

export type Fact = {
  [K in EventKind]: {
    kind: K
    session?: SessionId
    atMs?: number
    data: Extract<EventInput, { kind: K }>['data']
  }
}[EventKind]

export type Record = (fact: Fact) => void

/** First to give way when the spool is nearly full. Controls and sessions never are. */
export function isLowValue(kind: EventKind): boolean {
  return kind.startsWith('process.') || kind.startsWith('connection.')
}

/** `onWritten` is called when there is more on disk than before, to send it. */
export function makeRecord(parts: {
  spool: Spool
  host: HostId
  sessions: ReadonlyMap<string, Session>
  onWritten: () => void
}): Record {
  const write = (fact: Fact): void => {
    const event = {
      v: 1,
      ...fact,
      atMs: fact.atMs ?? Date.now(),
      id: EventId.parse(randomUUID()),
      host: parts.host,
    } as EventInput
    const before = parts.spool.lastN
    parts.spool.append(JSON.stringify(event), isLowValue(event.kind), event.atMs)
    const session = event.session === undefined ? undefined : parts.sessions.get(event.session)
    // Also when it was not written: it waits for the disk, or is counted as lost; saying it again would help neither.
    if (session) applyToSession(session, event)
    if (parts.spool.lastN > before) parts.onWritten()
  }
  return (fact) => {
    const lost = parts.spool.takeLoss()
    if (lost) {
      write({ kind: 'gap.recorded', data: { stream: 'events', ...lost } })
    }
    write(fact)
  }
}
