// Small worlds for tests of the live view: a row, a containment, a snapshot, a frame. Used by tests only.
import { Frame, SessionRow, Snapshot } from '../../server/protocol/browser-messages.ts'
import { ContainmentView, FleetView, ProposalView } from '../../server/protocol/control-views.ts'

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
    holds: [],
    restrictions: [],
    labels: {},
    models: [],
    lastEventAtMs: t0,
    lastSeq,
    ...change,
  })
}

export const onCall = { type: 'operator', id: 'o-1', name: 'On call' } as const
export const ann = { type: 'operator', id: 'o-2', name: 'Ann' } as const

export function containment(change: Record<string, unknown> = {}): ContainmentView {
  const counts = { sessions: 0, held: 0, enforced: 0, open: 0, troubled: 0, unheld: 0 }
  return ContainmentView.parse({
    containment: 'con-1',
    by: onCall,
    selector: { host: 'gpu-node-17' },
    sinceMs: t0,
    ...counts,
    ...change,
  })
}
export function proposal(change: Record<string, unknown> = {}): ProposalView {
  return ProposalView.parse({
    proposal: 'pro-1',
    by: ann,
    what: 'release ep-1',
    sinceMs: t0,
    expiresAtMs: t0 + 900_000,
    ...change,
  })
}
export function fleet(change: Record<string, unknown> = {}): FleetView {
  const policies = { 'two-person-release': false, 'two-person-policy': false }
  const approvals = { waiting: 0, mark: '' }
  const incidents = { open: 0, drills: 0, mark: '' }
  return FleetView.parse({ containments: [], proposals: [], policies, approvals, incidents, ...change })
}

export function snapshot(change: Record<string, unknown> = {}): Snapshot {
  const empty = { rows: [], hosts: [], fleet: fleet(), samples: {} }
  return Snapshot.parse({ watch: 1, seq: 10, serverNowMs: t0, ...empty, ...change })
}

export function frame(change: Record<string, unknown> = {}): Frame {
  const empty = { rows: [], removed: [], hosts: [], samples: [], events: [], skipped: 0 }
  return Frame.parse({ watch: 1, n: 1, seq: 11, serverNowMs: t0, ...empty, ...change })
}
