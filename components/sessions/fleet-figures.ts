// The figures above the table that rows alone tell: sums of what is on screen, nothing that is not known. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { isContained } from '../controls/containment-state.ts'

export type FleetFigures = {
  running: number
  paused: number
  /** Of the paused ones, those that are contained whole. */
  contained: number
  asked: number
  silent: number
  ended: number
  /** Flags that page a person, of sessions that have not ended; and how many sessions those are. */
  pages: number
  pagedSessions: number
}

export function fleetFigures(rows: ReadonlyMap<string, SessionRow>): FleetFigures {
  const sum = { running: 0, paused: 0, contained: 0, asked: 0, silent: 0, ended: 0, pages: 0, pagedSessions: 0 }
  for (const row of rows.values()) {
    if (row.state === 'running' || row.state === 'reported') sum.running += 1
    else if (row.state === 'pausing' || row.state === 'resuming') sum.asked += 1
    else sum[row.state] += 1
    if (isContained(row)) sum.contained += 1
    if (row.state === 'ended' || row.flagged === undefined || row.flagged.pages === 0) continue
    sum.pages += row.flagged.pages
    sum.pagedSessions += 1
  }
  return sum
}
