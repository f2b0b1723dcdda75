// Opening an incident freezes what it touches.
import { describe, expect, it } from 'vitest'
import type { HostId, SessionId } from '../protocol/ids.ts'
import type { IncidentId } from '../protocol/incident.ts'
import { type IncidentState, newIncident } from './incident-state.ts'
import { holdsOf } from './retention-holds.ts'

const hourMs = 3_600_000
const atMs = 1_790_000_000_000

function incident(name: string, change: Partial<IncidentState>): IncidentState {
  return { ...newIncident(name as IncidentId, atMs, 1), ...change }
}
const sessions = (...names: string[]) => names as SessionId[]
const hosts = (...names: string[]) => names as HostId[]

describe('what incidents hold', () => {
  it('is every session of each, once', () => {
    const { sessions: held, incidents } = holdsOf([
      incident('INC-1', { sessions: sessions('ep-1', 'ep-2') }),
      incident('INC-2', { sessions: sessions('ep-2', 'ep-3') }),
    ])
    expect(held).toEqual(['ep-1', 'ep-2', 'ep-3'])
    expect(incidents).toBe(2)
  })

  it('is an hour around it on its hosts, over all incidents of a host', () => {
    const { hosts: held } = holdsOf([
      incident('INC-1', { hosts: hosts('n1'), firstAtMs: atMs, newestAtMs: atMs + hourMs }),
      incident('INC-2', { hosts: hosts('n1', 'n2'), firstAtMs: atMs + 5 * hourMs, newestAtMs: atMs + 6 * hourMs }),
    ])
    expect(held).toEqual([
      { host: 'n1', fromMs: atMs - hourMs, toMs: atMs + 7 * hourMs },
      { host: 'n2', fromMs: atMs + 4 * hourMs, toMs: atMs + 7 * hourMs },
    ])
  })

  it('stays after it is resolved, and a drill holds nothing', () => {
    const by = { type: 'operator' as const, id: 'op-1', name: 'Ada' }
    const resolved = incident('INC-1', { sessions: sessions('ep-1'), resolved: { by, atMs, verdict: 'true' } })
    const drill = incident('INC-2', { sessions: sessions('drill-1'), isDrill: true })
    expect(holdsOf([resolved, drill])).toMatchObject({ incidents: 1, sessions: ['ep-1'] })
  })
})
