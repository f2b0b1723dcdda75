// Flags of a session. The same fingerprint again is the same flag, seen once more: an agent must not push an old alarm out by repeating a new one.
import type { EventOf } from '../protocol/event.ts'
import { FlagSeverity } from '../protocol/flag.ts'
import { bounds, type FlagState, type SessionState } from './state.ts'

export function applyFlag(session: SessionState, event: EventOf<'flag.raised'>, atMs: number): void {
  const { data } = event
  session.flagCounts[data.severity] = (session.flagCounts[data.severity] ?? 0) + 1
  if (data.risk) {
    const { score, isIncident, because } = data.risk
    // By our clock, as risk itself is counted: an imported record of last week is news now.
    session.risk = {
      score,
      atMs: event.seenAtMs,
      isIncident: isIncident || session.risk?.isIncident === true,
      because: [...because],
    }
  }
  const known = session.flags.find((flag) => flag.fingerprint === data.fingerprint && flag.severity === data.severity)
  if (known) {
    known.count += 1
    known.atMs = Math.max(known.atMs, atMs)
    return
  }
  session.flags.push({
    id: event.id,
    rule: data.rule,
    title: data.title,
    severity: data.severity,
    behaviour: data.behaviour,
    call: data.call,
    fingerprint: data.fingerprint,
    atMs,
    count: 1,
  })
  if (session.flags.length > bounds.recentFlags) dropMildest(session.flags)
}

/** Said of one flag; it stands for what the session's list holds under the same fingerprint. */
export function applyVerdict(session: SessionState, { data }: EventOf<'flag.judged'>): void {
  const flag = session.flags.find((each) => each.id === data.flag)
  if (flag) flag.verdict = data.verdict
}

/** The mildest, and of those the oldest. */
function dropMildest(flags: FlagState[]): void {
  const rank = (flag: FlagState | undefined) => (flag ? FlagSeverity.options.indexOf(flag.severity) : 0)
  let at = 0
  for (let i = 1; i < flags.length; i += 1) if (rank(flags[i]) < rank(flags[at])) at = i
  flags.splice(at, 1)
}
