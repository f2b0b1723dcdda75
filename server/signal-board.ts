// The newest facts that name no session of their own, in memory, for the pages that list them. The log has them all; a flood of flows must
// not push the alerts out, so each group has room of its own.
import { aboutOf, namesIn, trafficOf } from './attribution/read-evidence.ts'
import type { StoredEvent } from './protocol/event.ts'
import type { EventId } from './protocol/ids.ts'
import { type SignalGroup, type SignalView, signalGroups, type TieView } from './protocol/signal-view.ts'
import type { SignalCounts, SignalQuery } from './web/ports.ts'

const keptPerGroup = 3_000

const groupOfKind = new Map<string, SignalGroup>(
  (Object.entries(signalGroups) as [SignalGroup, readonly string[]][]).flatMap(([group, kinds]) =>
    kinds.map((kind): [string, SignalGroup] => [kind, group]),
  ),
)

export type SignalBoard = {
  take(event: StoredEvent): void
  /** Newest first. `more`: there are older ones in memory. */
  list(query: SignalQuery): { signals: SignalView[]; more: boolean }
  get(id: EventId): StoredEvent | undefined
  counts(): SignalCounts
}

export function createSignalBoard(tieOf: (id: EventId) => TieView | undefined): SignalBoard {
  /** Oldest first. */
  const kept = new Map<SignalGroup, Map<EventId, StoredEvent>>()

  function take(event: StoredEvent): void {
    const group = groupOfKind.get(event.kind)
    if (group === undefined) return
    const list = kept.get(group) ?? new Map<EventId, StoredEvent>()
    kept.set(group, list)
    list.set(event.id, event)
    if (list.size <= keptPerGroup) return
    for (const oldest of list.keys()) {
      list.delete(oldest)
      return
    }
  }

  return {
    take,
    list({ groups, tied, q, beforeSeq = Number.POSITIVE_INFINITY, limit }) {
      const events = groups
        .flatMap((group) => [...(kept.get(group)?.values() ?? [])])
        .filter((event) => event.seq < beforeSeq)
        .sort((a, b) => b.seq - a.seq)
      const signals: SignalView[] = []
      const wanted = q?.toLowerCase()
      for (const event of events) {
        const tie = tieOf(event.id)
        if (tied !== undefined && tied !== (tie !== undefined)) continue
        const signal = signalOf(event, tie)
        if (wanted !== undefined && !textOf(signal).includes(wanted)) continue
        if (signals.length === limit) return { signals, more: true }
        signals.push(signal)
      }
      return { signals, more: false }
    },
    get(id) {
      for (const list of kept.values()) {
        const found = list.get(id)
        if (found) return found
      }
      return undefined
    },
    counts() {
      const counted = (group: SignalGroup) => {
        const list = [...(kept.get(group)?.keys() ?? [])]
        return { kept: list.length, untied: list.filter((id) => tieOf(id) === undefined).length }
      }
      return {
        alerts: counted('alerts'),
        flows: counted('flows'),
        lookups: counted('lookups'),
        sessions: counted('sessions'),
        host: counted('host'),
      }
    },
  }
}

function signalOf(event: StoredEvent, tie: TieView | undefined): SignalView {
  const traffic = trafficOf(event)
  const connection = event.kind === 'connection.reported' ? event.data : undefined
  return {
    id: event.id,
    seq: event.seq,
    kind: event.kind,
    atMs: event.atMs,
    seenAtMs: event.seenAtMs,
    trust: event.trust,
    source: event.source,
    host: event.host,
    title: titleOf(event),
    ...(event.kind === 'alert.raised' && { severity: event.data.severity }),
    outcome: outcomeOf(event),
    protocol: traffic?.protocol ?? connection?.protocol,
    from: traffic?.source ?? connection?.local,
    to: traffic?.destination ?? connection?.remote,
    names: namesIn(event),
    ...(event.kind === 'flow.observed' && { bytesOut: event.data.bytesOut, bytesIn: event.data.bytesIn }),
    tie,
  }
}

function titleOf(event: StoredEvent): string {
  if (event.kind === 'gpu.fault')
    return `XID ${event.data.xid ?? '?'} on ${event.data.gpu} ${event.data.message ?? ''}`.trim()
  if (event.kind === 'file.reported') return `${event.data.what} ${event.data.path}`
  if (event.kind === 'login.reported') return `${event.data.what} ${event.data.user ?? ''}`.trim()
  if (event.kind === 'process.reported') return event.data.process.argv?.join(' ') ?? aboutOf(event)
  return aboutOf(event)
}

function outcomeOf(event: StoredEvent): SignalView['outcome'] {
  if (event.kind === 'flow.observed') return event.data.verdict
  if (event.kind !== 'alert.raised') return undefined
  return event.data.action === 'blocked' ? 'denied' : event.data.action
}

function textOf({ title, from, to, names, source, tie, host }: SignalView): string {
  return [title, from?.address, to?.address, to?.port, ...names, source, host, tie?.session].join(' ').toLowerCase()
}
