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
    const at5 = { firstAtMs: atMs + 5 * hourMs, detectedAtMs: atMs + 5 * hourMs }
    const { hosts: held } = holdsOf([
      incident('INC-1', { hosts: hosts('n1'), firstAtMs: atMs, newestAtMs: atMs + hourMs }),
      incident('INC-2', { hosts: hosts('n1', 'n2'), ...at5, newestAtMs: atMs + 6 * hourMs }),
    ])
    expect(held).toEqual([
      { host: 'n1', fromMs: atMs - hourMs, toMs: atMs + 7 * hourMs },
      { host: 'n2', fromMs: atMs + 4 * hourMs, toMs: atMs + 7 * hourMs },
    ])
  })

  it.each([
    ['years ahead', atMs + 10 * 365 * 24 * hourMs],
    ['in the year 2000', Date.UTC(2000, 0)],
    ['a quarter of an hour ahead', atMs + hourMs / 4],
  ])(
    'has its host’s readings from when it was detected, though the clock of its evidence is %s',
    (_when, firstAtMs) => {
      const [held] = holdsOf([incident('INC-1', { hosts: hosts('n1'), firstAtMs })]).hosts
      expect(held?.fromMs).toBeLessThanOrEqual(atMs - hourMs)
      expect(held?.fromMs).toBeGreaterThanOrEqual(atMs - 8 * 24 * hourMs)
      expect(held?.toMs).toBe(atMs + hourMs)
    },
  )

  it('goes back to evidence that came days late', () => {
    const firstAtMs = atMs - 3 * 24 * hourMs
    expect(holdsOf([incident('INC-1', { hosts: hosts('n1'), firstAtMs })]).hosts).toMatchObject([
      { fromMs: firstAtMs - hourMs },
    ])
  })

  it('says of how many it does not hold every session', () => {
    const found = [incident('INC-1', { moreSessions: true }), incident('INC-2', { sessions: sessions('ep-1') })]
    expect(holdsOf(found)).toMatchObject({ incidents: 2, withMore: 1 })
    expect(holdsOf(found.slice(1))).toMatchObject({ incidents: 1, withMore: 0 })
  })

  it('stays after it is resolved, and a drill holds nothing', () => {
    const by = { type: 'operator' as const, id: 'op-1', name: 'Ada' }
    const resolved = incident('INC-1', { sessions: sessions('ep-1'), resolved: { by, atMs, verdict: 'true' } })
    const drill = incident('INC-2', { sessions: sessions('drill-1'), isDrill: true })
    expect(holdsOf([resolved, drill])).toMatchObject({ incidents: 1, sessions: ['ep-1'] })
  })
})
