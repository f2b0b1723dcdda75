// The newest flags of all sessions in memory, for the pages that list them; the log has them all. Milder ones are forgotten first, so that a
// flood of notes hides no page.
import type { EventOf, StoredEvent } from './protocol/event.ts'
import { type FlagSeverity, FlagSeverity as severities } from './protocol/flag.ts'
import type { FindingView, FlagView } from './protocol/flag-view.ts'
import type { EventId, SessionId } from './protocol/ids.ts'

const keptPerSeverity = 2_000
const findingsKept = 500

export type FlagQuery = {
  session?: SessionId | undefined
  sinceMs?: number | undefined
  rule?: string | undefined
  minSeverity?: FlagSeverity | undefined
  beforeSeq?: number | undefined
  limit: number
}

export type FlagBoard = {
  take(event: StoredEvent): void
  /** Newest first. `more`: there are older ones in memory. */
  list(query: FlagQuery): { flags: FlagView[]; more: boolean }
  /** Newest first. */
  findings(): FindingView[]
  /** By rule. */
  counts(): ReadonlyMap<string, { flags: number; sessions: number; lastAtMs: number }>
}

export function createFlagBoard(): FlagBoard {
  /** Oldest first. */
  const kept = new Map<FlagSeverity, Map<EventId, FlagView>>(severities.options.map((each) => [each, new Map()]))

  /** The newest of each run and thing, oldest first: what comes later takes the place of what came before. */
  const findings = new Map<string, FindingView>()

  function takeFinding({ id, seq, seenAtMs, data }: EventOf<'finding.made'>): void {
    const key = `${data.run}\u0000${data.fingerprint}`
    findings.delete(key)
    findings.set(key, { id, seq, seenAtMs, ...data })
    if (findings.size <= findingsKept) return
    for (const oldest of findings.keys()) {
      findings.delete(oldest)
      return
    }
  }

  return {
    findings: () => [...findings.values()].reverse(),
    take(event) {
      if (event.kind === 'finding.made') return takeFinding(event)
      if (event.kind !== 'flag.raised') return
      const list = kept.get(event.data.severity)
      if (!list) return
      list.set(event.id, viewOf(event))
      if (list.size <= keptPerSeverity) return
      for (const oldest of list.keys()) {
        list.delete(oldest)
        return
      }
    },
    list({ session, sinceMs = 0, rule, minSeverity, beforeSeq = Number.POSITIVE_INFINITY, limit }) {
      const from = minSeverity === undefined ? 0 : severities.options.indexOf(minSeverity)
      const wanted = severities.options
        .slice(from)
        .flatMap((severity) => [...(kept.get(severity)?.values() ?? [])])
        .filter((flag) => flag.seq < beforeSeq && flag.seenAtMs >= sinceMs)
        .filter(
          (flag) => (session === undefined || flag.session === session) && (rule === undefined || flag.rule === rule),
        )
        .sort((a, b) => b.seq - a.seq)
      return { flags: wanted.slice(0, limit), more: wanted.length > limit }
    },
    counts() {
      const counted = new Map<string, { flags: number; of: Set<string>; lastAtMs: number }>()
      for (const list of kept.values())
        for (const flag of list.values()) {
          const count = counted.get(flag.rule) ?? { flags: 0, of: new Set<string>(), lastAtMs: 0 }
          counted.set(flag.rule, count)
          count.flags += 1
          if (flag.session !== undefined) count.of.add(flag.session)
          count.lastAtMs = Math.max(count.lastAtMs, flag.seenAtMs)
        }
      return new Map(
        [...counted].map(([rule, { flags, of, lastAtMs }]) => [rule, { flags, sessions: of.size, lastAtMs }]),
      )
    },
  }
}

export function viewOf(event: EventOf<'flag.raised'>): FlagView {
  const { id, seq, atMs, seenAtMs, session, host, data } = event
  return { id, seq, atMs, seenAtMs, session, host, ...data }
}
