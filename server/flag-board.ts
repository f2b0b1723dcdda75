// The newest flags of all sessions in memory, for the pages that list and count them; the log has them all. Milder ones are forgotten first, so
// that a flood of notes hides no page, and each rule keeps its own newest, so that a noisy rule hides no other.
import type { EventOf, StoredEvent } from './protocol/event.ts'
import { type FlagSeverity, FlagSeverity as severities } from './protocol/flag.ts'
import type { FindingView, FlagView } from './protocol/flag-view.ts'
import type { EventId, SessionId } from './protocol/ids.ts'
import { ruleWindowDays, type VerdictCounts } from './protocol/rule-view.ts'

const keptPerSeverity = 2_000
const keptPerRule = 100
const rulesMax = 5_000
const findingsKept = 500
const verdictsKept = 20_000
/** Sessions that are told apart in one rule's count. */
const sessionsCountedMax = 5_000
const dayMs = 86_400_000

export type FlagQuery = {
  session?: SessionId | undefined
  sinceMs?: number | undefined
  rule?: string | undefined
  minSeverity?: FlagSeverity | undefined
  beforeSeq?: number | undefined
  limit: number
}

/** `perDay`: flags of the last `ruleWindowDays` days (UTC), oldest first. */
export type RuleCount = {
  flags: number
  sessions: number
  lastAtMs: number | undefined
  perDay: number[]
  verdicts: VerdictCounts
}

export type FlagBoard = {
  take(event: StoredEvent): void
  /** Newest first. `more`: there are older ones in memory. */
  list(query: FlagQuery): { flags: FlagView[]; more: boolean }
  /** Newest first. */
  findings(): FindingView[]
  flag(id: EventId): FlagView | undefined
  verdictOf(id: EventId): FlagView['verdict']
  countOf(rule: string, nowMs: number): RuleCount
}

/** Flags of one rule on one day. */
type Day = { flags: number; sessions: Set<string> }
type Tally = { days: Map<number, Day>; newest: Map<EventId, FlagView>; lastAtMs: number }
type Said = NonNullable<FlagView['verdict']> & {
  rule: string
  session: SessionId | undefined
  /** When the flag was raised, where it was in memory: it may be judged long afterwards. */
  raisedAtMs: number | undefined
}

/** Whether what was seen of the session then was of a drill; undefined: nobody knows when it was seen. */
export type WasDrillAt = (session: SessionId, seenAtMs: number | undefined) => boolean

/** `isDrill`: every verdict of such a flag counts as a rehearsal's, whatever was said. */
export function createFlagBoard(isDrill: WasDrillAt = () => false): FlagBoard {
  /** Oldest first. */
  const kept = new Map<FlagSeverity, Map<EventId, FlagView>>(severities.options.map((each) => [each, new Map()]))
  const rules = new Map<string, Tally>()
  const verdicts = new Map<EventId, Said>()
  /** By rule; counted again when one was given. */
  let verdictCounts: Map<string, VerdictCounts> | undefined
  /** The newest of each run and thing, oldest first: what comes later takes the place of what came before. */
  const findings = new Map<string, FindingView>()

  function takeFinding({ id, seq, seenAtMs, data }: EventOf<'finding.made'>): void {
    const key = `${data.run}\u0000${data.fingerprint}`
    findings.delete(key)
    findings.set(key, { id, seq, seenAtMs, ...data })
    forgetOldest(findings, findingsKept)
  }

  function takeFlag(event: EventOf<'flag.raised'>): void {
    const view = viewOf(event)
    const list = kept.get(view.severity)
    if (!list || list.has(view.id)) return
    list.set(view.id, view)
    forgetOldest(list, keptPerSeverity)
    const tally = rules.get(view.rule) ?? { days: new Map<number, Day>(), newest: new Map(), lastAtMs: 0 }
    if (!rules.has(view.rule)) {
      rules.set(view.rule, tally)
      forgetOldest(rules, rulesMax)
    }
    if (tally.newest.has(view.id)) return
    tally.newest.set(view.id, view)
    forgetOldest(tally.newest, keptPerRule)
    tally.lastAtMs = Math.max(tally.lastAtMs, view.seenAtMs)
    const day = dayOf(view.seenAtMs)
    const count = tally.days.get(day) ?? { flags: 0, sessions: new Set<string>() }
    tally.days.set(day, count)
    forgetOldest(tally.days, ruleWindowDays + 1)
    count.flags += 1
    if (view.session !== undefined && count.sessions.size < sessionsCountedMax) count.sessions.add(view.session)
  }

  function takeVerdict({ data, seenAtMs, session }: EventOf<'flag.judged'>): void {
    verdicts.delete(data.flag)
    verdictCounts = undefined
    if (data.verdict === undefined) return
    const { flag, rule, verdict, by, note } = data
    const raisedAtMs = (keptFlag(flag) ?? rules.get(rule)?.newest.get(flag))?.seenAtMs
    const words = { verdict, by: by.name, atMs: seenAtMs, ...(note !== undefined && { note }) }
    verdicts.set(flag, { rule, session, raisedAtMs, ...words })
    forgetOldest(verdicts, verdictsKept)
  }

  function verdictOf(id: EventId): FlagView['verdict'] {
    const said = verdicts.get(id)
    if (!said) return undefined
    const { rule: _rule, session: _session, raisedAtMs: _raisedAtMs, ...verdict } = said
    return verdict
  }

  function keptFlag(id: EventId): FlagView | undefined {
    for (const list of kept.values()) {
      const found = list.get(id)
      if (found) return found
    }
    return undefined
  }

  function withVerdict(flag: FlagView): FlagView {
    const verdict = verdictOf(flag.id)
    return verdict ? { ...flag, verdict } : flag
  }

  function newestOf(rule: string | undefined, from: number): FlagView[] {
    if (rule !== undefined) return [...(rules.get(rule)?.newest.values() ?? [])]
    return severities.options.slice(from).flatMap((severity) => [...(kept.get(severity)?.values() ?? [])])
  }

  return {
    findings: () => [...findings.values()].reverse(),
    verdictOf,
    take(event) {
      if (event.kind === 'finding.made') takeFinding(event)
      else if (event.kind === 'flag.raised') takeFlag(event)
      else if (event.kind === 'flag.judged') takeVerdict(event)
    },
    flag(id) {
      const found = keptFlag(id)
      if (found) return withVerdict(found)
      for (const { newest } of rules.values()) {
        const one = newest.get(id)
        if (one) return withVerdict(one)
      }
      return undefined
    },
    list({ session, sinceMs = 0, rule, minSeverity, beforeSeq = Number.POSITIVE_INFINITY, limit }) {
      const from = minSeverity === undefined ? 0 : severities.options.indexOf(minSeverity)
      const wanted = newestOf(rule, from)
        .filter((flag) => severities.options.indexOf(flag.severity) >= from)
        .filter((flag) => flag.seq < beforeSeq && flag.seenAtMs >= sinceMs)
        .filter((flag) => session === undefined || flag.session === session)
        .sort((a, b) => b.seq - a.seq)
      return { flags: wanted.slice(0, limit).map(withVerdict), more: wanted.length > limit }
    },
    countOf(rule, nowMs) {
      const tally = rules.get(rule)
      const today = dayOf(nowMs)
      const days = Array.from({ length: ruleWindowDays }, (_, index) =>
        tally?.days.get(today - ruleWindowDays + 1 + index),
      )
      verdictCounts ??= countVerdicts(verdicts.values(), isDrill)
      return {
        flags: days.reduce((sum, day) => sum + (day?.flags ?? 0), 0),
        sessions: new Set(days.flatMap((day) => [...(day?.sessions ?? [])])).size,
        lastAtMs: tally?.lastAtMs,
        perDay: days.map((day) => day?.flags ?? 0),
        verdicts: verdictCounts.get(rule) ?? { true: 0, false: 0, drill: 0 },
      }
    },
  }
}

function countVerdicts(said: Iterable<Said>, isDrill: WasDrillAt): Map<string, VerdictCounts> {
  const counts = new Map<string, VerdictCounts>()
  for (const { rule, session, raisedAtMs, verdict } of said) {
    const count = counts.get(rule) ?? { true: 0, false: 0, drill: 0 }
    counts.set(rule, count)
    count[session !== undefined && isDrill(session, raisedAtMs) ? 'drill' : verdict] += 1
  }
  return counts
}

function dayOf(atMs: number): number {
  return Math.floor(atMs / dayMs)
}

function forgetOldest<K>(map: Map<K, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return
    map.delete(key)
  }
}

export function viewOf(event: EventOf<'flag.raised'>): FlagView {
  const { id, seq, atMs, seenAtMs, session, host, data } = event
  return { id, seq, atMs, seenAtMs, session, host, ...data }
}
