// Small worlds for tests of the live view: a row, a snapshot, a frame. Used by tests only.
import { Frame, SessionRow, Snapshot } from '../../server/protocol/browser-messages.ts'

export const t0 = Date.UTC(2026, 10, 21, 14, 0, 0)

export function row(session: string, lastSeq: number, change: Record<string, unknown> = {}): SessionRow {
  return SessionRow.parse({
    session,
    state: 'running',
    startedAtMs: t0,
    openConnections: 0,
    remotes: [],
    processCount: 1,
    escapedCount: 0,
    actionCount: 0,
    eventCount: 1,
    gpuIndexes: [],
    abilities: [],
    lastEventAtMs: t0,
    lastSeq,
    ...change,
  })
}
export function snapshot(change: Record<string, unknown> = {}): Snapshot {
  return Snapshot.parse({ watch: 1, seq: 10, serverNowMs: t0, rows: [], hosts: [], samples: {}, ...change })
}
export function frame(change: Record<string, unknown> = {}): Frame {
  const empty = { rows: [], removed: [], hosts: [], samples: [], events: [], skipped: 0 }
  return Frame.parse({ watch: 1, n: 1, seq: 11, serverNowMs: t0, ...empty, ...change })
}
