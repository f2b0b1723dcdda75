// What the page says of a session's life: never more than was seen.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventView, HostRow, SamplePoint, SessionRow } from '../../server/protocol/browser-messages.ts'
import { HostId, SessionId } from '../../server/protocol/ids.ts'
import { type LifeInputs, lifeSignals, type SignalName } from './life-signals.ts'

const nowMs = 1_000_000_000
const session = SessionId.parse('ep-1')
const hostId = HostId.parse('gpu-1')

const row = (more: Partial<SessionRow> = {}) => ({ session, state: 'running', host: hostId, ...more }) as SessionRow
const host = (more: Partial<HostRow> = {}): HostRow => ({
  host: hostId,
  connected: true,
  sinceMs: 0,
  version: '1',
  kernel: '6',
  abilities: [],
  observers: [],
  gpus: [],
  ...more,
})
const point = (agoMs: number, more: Partial<SamplePoint> = {}): SamplePoint => ({
  atMs: nowMs - agoMs,
  cpuPercent: 1,
  bytesOutPerSecond: 0,
  bytesInPerSecond: 0,
  ...more,
})
const event = (kind: string, agoMs: number, data: Record<string, unknown> = {}): EventView => ({
  seq: 1,
  id: 'e',
  kind,
  atMs: 0,
  seenAtMs: nowMs - agoMs,
  session,
  trust: 'agent',
  data,
})
const given = (more: Partial<LifeInputs> = {}): LifeInputs => ({
  row: row(),
  gate: undefined,
  processes: [],
  connections: [],
  host: host(),
  points: [],
  events: [],
  hasOlder: false,
  nowMs,
  ...more,
})
const of = (name: SignalName, inputs: LifeInputs) => lifeSignals(inputs).find((each) => each.name === name)

describe('evidence that a session lives', () => {
  it('is "never seen" with a reason for each signal where nothing was seen', () => {
    const signals = lifeSignals(given({ row: row({ host: undefined }), host: undefined }))
    expect(signals.map((each) => each.name)).toEqual(['process', 'actions', 'output', 'network', 'gpu', 'gate'])
    for (const signal of signals) expect(signal).toMatchObject({ verdict: 'never', age: 'never seen' })
    expect(of('process', given({ host: undefined }))?.why).toBe('no probe on its host')
    expect(of('gate', given())?.why).toBe('no door of it has asked before a tool call')
  })

  it('says in the probe’s words why a host cannot see it', () => {
    const blind = host({
      observers: [{ name: 'tcp', can: 'no', detail: 'ss is not installed' }],
      gpuAbsent: 'no driver is loaded',
    })
    expect(of('network', given({ host: blind }))?.why).toContain('ss is not installed')
    expect(of('gpu', given({ host: blind }))?.why).toContain('no driver is loaded')
  })

  it('is fresh while readings come at their own pace, and stale when they stop', () => {
    const everySecond = [5, 4, 3, 2, 1].map((each) => point(each * 1_000))
    expect(of('process', given({ points: everySecond }))).toMatchObject({ verdict: 'fresh', age: '1 s ago' })
    const stopped = everySecond.map((each) => ({ ...each, atMs: each.atMs - 9_000 }))
    expect(of('process', given({ points: stopped }))).toMatchObject({ verdict: 'stale', age: '10 s ago' })
  })

  it('measures actions by what is usual for this session: ten quiet minutes are late for one and not for another', () => {
    const quick = [610, 605, 600].map((each) => event('action.started', each * 1_000))
    const slow = [1_800, 1_200, 600].map((each) => event('action.started', each * 1_000))
    expect(of('actions', given({ events: quick }))?.verdict).toBe('stale')
    expect(of('actions', given({ events: slow }))?.verdict).toBe('fresh')
  })

  it('goes by the server’s clock, whatever time an agent writes into its events', () => {
    const fromTheFuture = { ...event('action.started', 3_600_000), atMs: nowMs + 1_000 }
    expect(of('actions', given({ events: [fromTheFuture] }))?.verdict).toBe('stale')
  })

  it('does not say "never" of what may lie in events that are not loaded', () => {
    expect(of('actions', given({ hasOlder: true }))?.why).toContain('loaded here')
  })

  it('a paused session is stale, and the reason is said', () => {
    const points = [100, 90, 80].map((each) => point(each * 1_000, { bytesOutPerSecond: 1 }))
    expect(of('process', given({ row: row({ state: 'paused' }), points }))?.why).toBe(
      'it is paused, as read on the host',
    )
    expect(of('process', given({ host: host({ connected: false }), points }))?.why).toBe('its host is not heard')
  })

  it('the gate is fresh for as long as its proof would hold', () => {
    const gate = (agoMs: number) => ({
      doors: [{ name: 'd', lastAskedAtMs: nowMs - agoMs, lastDecision: 'allow' as const }],
      ran: 0,
      unasked: 0,
    })
    expect(of('gate', given({ gate: gate(60_000) }))?.verdict).toBe('fresh')
    expect(of('gate', given({ gate: gate(11 * 60_000) }))?.verdict).toBe('stale')
    // A door that gave no name, whose first call is still held.
    const held = given({ gate: { doors: [], ran: 0, unasked: 0 }, events: [event('approval.requested', 30_000)] })
    expect(of('gate', held)).toMatchObject({ verdict: 'fresh', age: '30 s ago' })
  })

  it('is never fresh without something seen, and never fresh for longer than three of its usual gaps or its least time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 10_000_000 }), { maxLength: 30 }), (ages) => {
        const signal = of('actions', given({ events: ages.map((age) => event('action.ended', age)) }))
        if (ages.length === 0) expect(signal?.verdict).toBe('never')
        else {
          expect(signal?.lastAtMs).toBe(nowMs - Math.min(...ages))
          const widest = Math.max(...ages) - Math.min(...ages)
          if (signal?.verdict === 'fresh')
            expect(Math.min(...ages)).toBeLessThanOrEqual(Math.max(5 * 60_000, widest * 3))
        }
      }),
    )
  })
})
