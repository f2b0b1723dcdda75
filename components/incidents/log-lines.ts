// The log of an incident as one order of time: flags that joined, what people did, and what followed of itself. Pure.
import type { IncidentDetail, IncidentFlagView, IncidentLogEntry } from '../../server/protocol/incident.ts'

export type LogLine =
  | { type: 'flag'; key: string; atMs: number; flag: IncidentFlagView }
  | { type: 'deed'; key: string; atMs: number; deed: IncidentLogEntry }
  | { type: 'contained'; key: string; atMs: number; sessions: number }
  | { type: 'lapsed'; key: string; atMs: number }
  | { type: 'missing'; key: string; atMs: number; count: number }

/** By our clock: when it was detected, done and seen. */
export function logLines(incident: IncidentDetail, nowMs: number): LogLine[] {
  const lines: LogLine[] = [
    ...incident.flags.map((flag) => ({ type: 'flag' as const, key: flag.flag, atMs: flag.detectedAtMs, flag })),
    ...incident.log.map((deed) => ({ type: 'deed' as const, key: `seq ${deed.seq}`, atMs: deed.atMs, deed })),
  ]
  const { containedAtMs, acknowledgedUntilMs, status, sessions, flagCount, flags } = incident
  if (containedAtMs !== undefined)
    lines.push({ type: 'contained', key: 'contained', atMs: containedAtMs, sessions: sessions.length })
  if (status === 'open' && acknowledgedUntilMs !== undefined && acknowledgedUntilMs <= nowMs)
    lines.push({ type: 'lapsed', key: 'lapsed', atMs: acknowledgedUntilMs })
  if (flagCount > flags.length)
    lines.push({ type: 'missing', key: 'missing', atMs: incident.newestAtMs, count: flagCount - flags.length })
  return lines.sort((a, b) => a.atMs - b.atMs)
}
