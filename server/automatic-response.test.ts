// When a rule may act by itself, and when it must not. The pipeline is played: what it was asked is what counts here.
import { beforeEach, describe, expect, it } from 'vitest'
import { respondAutomatically } from './automatic-response.ts'
import { applyEvent, nothingTouched } from './model/reduce.ts'
import { emptyState } from './model/state.ts'
import type { Pipeline } from './pipeline.ts'
import type { EventInput, StoredEvent } from './protocol/event.ts'
import type { AutomaticResponse } from './protocol/rule-view.ts'

let state: ReturnType<typeof emptyState>
let written: EventInput[]
let listeners: ((announcement: { events: StoredEvent[] }) => void)[]
let nowMs: number
let seq: number
let automatic: AutomaticResponse | undefined
let faults: unknown[]

function commit(...events: object[]): void {
  const stored = events.map((event) => {
    seq += 1
    const id = `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`
    return { v: 1, partition: 0, seq, id, atMs: nowMs, seenAtMs: nowMs, trust: 'vigil', ...event } as StoredEvent
  })
  for (const event of stored) applyEvent(state, event, nothingTouched())
  for (const listener of listeners) listener({ events: stored })
}

beforeEach(() => {
  state = emptyState()
  written = []
  listeners = []
  nowMs = 1_790_000_000_000
  seq = 0
  faults = []
  automatic = { action: 'pause', minutes: 10 }
  const pipeline = {
    state,
    async command(decide: Parameters<Pipeline['command']>[0]) {
      const { result, events } = decide(state)
      written.push(...events)
      commit(...events)
      return result
    },
    async submit({ events }: { events: readonly EventInput[] }) {
      written.push(...events)
    },
    onCommit: (listener: (typeof listeners)[number]) => void listeners.push(listener),
  } as unknown as Pipeline
  respondAutomatically({
    pipeline,
    automaticOf: (rule) => (rule === 'r-1' ? automatic : undefined),
    nowMs: () => nowMs,
    onError: (_context, error) => faults.push(error),
  })
})

const abilities = [{ name: 'pause', can: 'proven', enforcer: 'cgroup', detail: '' }]
const start = (session: string, held = 'cgroup') => {
  commit({
    kind: 'probe.connected',
    host: 'h-1',
    data: { version: '1', bootId: 'b', kernel: '6', abilities, observers: [] },
  })
  commit({ kind: 'session.started', session, host: 'h-1', data: { held, cgroup: `/vigil/${session}`, abilities } })
}
const flag = (session: string, more: object = {}, event: object = {}) =>
  commit({
    kind: 'flag.raised',
    session,
    ...event,
    data: {
      rule: 'r-1',
      title: 'Opens a tunnel',
      severity: 'high',
      techniques: [],
      tactics: [],
      source: 'command',
      matched: [],
      fingerprint: 'r-1',
      context: [],
      ...more,
    },
  })
const asked = () => written.filter(({ kind }) => kind === 'control.requested')
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a rule with an automatic response', () => {
  it('asks for a hold that lapses, and names itself and why', async () => {
    start('ep-1')
    flag('ep-1')
    await settle()
    expect(asked()).toMatchObject([
      {
        session: 'ep-1',
        data: {
          action: 'pause',
          by: { type: 'server', id: 'rule/r-1', name: 'rule "Opens a tunnel"' },
          reason: 'automatic: Opens a tunnel',
          expiresAtMs: nowMs + 600_000,
        },
      },
    ])
    expect(faults).toEqual([])
  })

  it('asks once while its hold stands, and again when more than half of its time is over', async () => {
    start('ep-1')
    flag('ep-1')
    flag('ep-1')
    await settle()
    nowMs += 4 * 60_000
    flag('ep-1')
    await settle()
    expect(asked()).toHaveLength(1)
    nowMs += 2 * 60_000
    flag('ep-1')
    await settle()
    expect(asked()).toHaveLength(2)
  })

  it('does nothing for a flag that context made milder, for one of long ago, or by another rule', async () => {
    start('ep-1')
    flag('ep-1', { severity: 'informational', ruleSeverity: 'high' })
    flag('ep-1', {}, { seenAtMs: nowMs - 11 * 60_000 })
    flag('ep-1', { rule: 'r-2' })
    await settle()
    expect(written).toEqual([])
  })

  it('is not kept from acting by a time that the agent wrote', async () => {
    start('ep-1')
    flag('ep-1', {}, { atMs: nowMs - 365 * 86_400_000 })
    await settle()
    expect(asked()).toHaveLength(1)
  })

  it('says why nothing was asked where nobody can: it claims no pause', async () => {
    start('ep-1', 'none')
    flag('ep-1')
    await settle()
    expect(asked()).toEqual([])
    expect(written).toMatchObject([{ kind: 'audit.recorded', data: { change: 'automatic-response.not-given' } }])
  })

  it('stops by itself in a flood of sessions, and says so once', async () => {
    for (let count = 0; count < 30; count += 1) {
      start(`ep-${count}`)
      flag(`ep-${count}`)
    }
    await settle()
    expect(asked()).toHaveLength(20)
    const told = written.filter(({ kind }) => kind === 'audit.recorded')
    expect(told).toHaveLength(1)
    expect(JSON.stringify(told)).toContain('People decide')
  })

  it('is off unless somebody turned it on', async () => {
    automatic = undefined
    start('ep-1')
    flag('ep-1')
    await settle()
    expect(written).toEqual([])
  })
})
