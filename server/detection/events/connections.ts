// Open connections of each session: their ends are told once, when they open, and needed whenever they move bytes or close.
import type { EventOf } from '../../protocol/event.ts'
import type { SessionSample } from '../../protocol/sample.ts'
import type { DetectionEvent, Fields } from '../detection-event.ts'
import { RecencyMap } from '../stateful/recency-map.ts'
import { knownScopeOf } from './describe-traffic.ts'

type Open = { fields: Fields; host: string | undefined; openedAtMs: number; bytesOut: number; bytesIn: number }

const sessionsMax = 4_096
/** Those that move bytes stay: each reading is a use. */
const perSession = 256

export class Connections {
  readonly #sessions = new RecencyMap<RecencyMap<Open>>(sessionsMax)

  opened(event: EventOf<'connection.opened'>, image: string): Fields {
    const { local, remote, protocol, direction, state, connection } = event.data
    const fields: Fields = {
      DestinationIp: remote.address,
      DestinationPort: remote.port,
      DestinationScope: knownScopeOf(remote.address),
      SourceIp: local.address,
      SourcePort: local.port,
      Protocol: protocol,
      Direction: direction,
      Initiated: direction === 'out',
      Image: image === '' ? undefined : image,
      // Seen while it waits for an answer: most that are seen so get none.
      Unanswered: state === 'SYN-SENT' || undefined,
    }
    let open = this.#sessions.get(event.session ?? '')
    if (open === undefined) {
      open = new RecencyMap(perSession)
      this.#sessions.set(event.session ?? '', open)
    }
    open.set(connection, { fields, host: event.host, openedAtMs: event.atMs, bytesOut: 0, bytesIn: 0 })
    return fields
  }

  /** Undefined where its beginning was not seen: nobody knows to whom it went. */
  closed(event: EventOf<'connection.closed'>): { connection: Fields; traffic: Fields } | undefined {
    const sessions = this.#sessions.get(event.session ?? '')
    const known = sessions?.get(event.data.connection)
    if (sessions === undefined || known === undefined) return undefined
    sessions.delete(event.data.connection)
    const { bytesOut, bytesIn } = event.data
    const durationMs = event.data.durationMs ?? Math.max(0, event.atMs - known.openedAtMs)
    return {
      connection: endedFields(known.fields, bytesOut, bytesIn, durationMs),
      traffic: moved(known, bytesOut, bytesIn, durationMs, false),
    }
  }

  sampled(sample: SessionSample): DetectionEvent[] {
    const open = sample.connections === undefined ? undefined : this.#sessions.get(sample.session)
    if (open === undefined) return []
    const events: DetectionEvent[] = []
    for (const { connection, bytesOut, bytesIn } of sample.connections ?? []) {
      const known = open.get(connection)
      if (known === undefined) continue
      events.push({
        source: 'traffic',
        atMs: sample.atMs,
        session: sample.session,
        host: known.host,
        call: undefined,
        fields: moved(known, bytesOut, bytesIn, Math.max(0, sample.atMs - known.openedAtMs), true),
        trust: 'kernel',
        notFully: undefined,
      })
    }
    return events
  }

  forget(session: string | undefined): void {
    this.#sessions.delete(session ?? '')
  }
}

/** Written out: copying objects costs more than all detectors. */
function endedFields(
  opened: Fields,
  bytesOut: number | undefined,
  bytesIn: number | undefined,
  durationMs: number,
): Fields {
  const { DestinationIp, DestinationPort, DestinationScope, SourceIp, SourcePort, Protocol, Direction, Image } = opened
  return {
    DestinationIp,
    DestinationPort,
    DestinationScope,
    SourceIp,
    SourcePort,
    Protocol,
    Direction,
    Initiated: opened.Initiated,
    Image,
    Unanswered: opened.Unanswered,
    BytesOut: bytesOut,
    BytesIn: bytesIn,
    DurationMs: durationMs,
    Ended: true,
  }
}

/** What moved since the last reading; counters that fell back are another connection's and count from nothing. */
function moved(known: Open, out: number | undefined, into: number | undefined, ageMs: number, isOpen: boolean): Fields {
  const { DestinationIp, DestinationPort, DestinationScope, SourceIp, Protocol } = known.fields
  const movedOut = out === undefined ? undefined : out >= known.bytesOut ? out - known.bytesOut : out
  const movedIn = into === undefined ? undefined : into >= known.bytesIn ? into - known.bytesIn : into
  known.bytesOut = out ?? known.bytesOut
  known.bytesIn = into ?? known.bytesIn
  return {
    DestinationIp,
    DestinationPort,
    DestinationScope,
    SourceIp,
    Protocol,
    BytesOut: movedOut,
    BytesIn: movedIn,
    DurationMs: ageMs,
    Open: isOpen,
  }
}
