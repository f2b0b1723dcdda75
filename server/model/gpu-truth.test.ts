// Who should use a GPU, who does, and for how long somebody else had it: told as stories, and never more than was observed.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import { assumedGpuPrices } from '../protocol/gpu-truth-view.ts'
import type { EventId } from '../protocol/ids.ts'
import { offTaskOf, offTaskOfSessions, verdictOf } from './gpu-truth.ts'
import { priceOf, projectGpus } from './project-gpu.ts'
import { applyEvent, nothingTouched } from './reduce.ts'
import { emptySampleHistory } from './sample-history.ts'
import { stateFromJson, stateToJson } from './snapshot-state.ts'
import { emptyState } from './state.ts'

const t0 = 1_795_228_000_000
const minutes = (n: number) => n * 60_000
const host = 'node-7'

/** Events at minutes from the start, in the order of the log. */
function story(...told: [minute: number, kind: EventInput['kind'], data: object, session?: string | undefined][]) {
  const state = emptyState()
  told.forEach(([minute, kind, data, session], index) => {
    const atMs = t0 + minutes(minute)
    const event = {
      v: 1,
      kind,
      atMs,
      id: `e${index}` as EventId,
      partition: 0,
      seq: index + 1,
      seenAtMs: atMs,
      trust: kind === 'probe.connected' ? 'vigil' : 'kernel',
      host,
      data,
      ...(session && { session }),
    }
    applyEvent(state, event as unknown as StoredEvent, nothingTouched())
  })
  const gpu = (index: number) =>
    [...state.gpus.values()].find((each) => each.index === index) as NonNullable<ReturnType<typeof state.gpus.get>>
  const offMinutes = (index: number, minute: number) =>
    offTaskOf(state, gpu(index), t0 + minutes(minute)).totalMs / 60_000
  return {
    state,
    gpu,
    offMinutes,
    verdict: (index: number, minute: number) => verdictOf(state, gpu(index), t0 + minutes(minute)),
  }
}
const inventory: [number, EventInput['kind'], object] = [
  0,
  'gpu.inventory',
  {
    gpus: [
      { uuid: 'GPU-a', index: 0, name: 'NVIDIA H200' },
      { uuid: 'GPU-b', index: 1, name: 'NVIDIA H200' },
    ],
  },
]
const started = (
  minute: number,
  session: string,
  labels: object = {},
): [number, EventInput['kind'], object, string] => [
  minute,
  'session.started',
  { held: 'cgroup', abilities: [], labels },
  session,
]
const uses = (
  minute: number,
  gpu: string,
  pid: number,
  session?: string,
): [number, EventInput['kind'], object, (string | undefined)?] => [
  minute,
  'gpu.process.started',
  { gpu, pid, comm: 'python3' },
  session,
]
const leaves = (minute: number, gpu: string, pid: number): [number, EventInput['kind'], object] => [
  minute,
  'gpu.process.ended',
  { gpu, pid },
]

describe('a GPU with a plan', () => {
  it('used by the job that is planned there is as planned, however full, and costs nothing off task', () => {
    const { verdict, offMinutes } = story(inventory, started(0, 'train', { gpu: '0' }), uses(1, 'GPU-a', 100, 'train'))
    expect(verdict(0, 5)).toBe('expected')
    expect(verdict(1, 5)).toBe('idle')
    expect(offMinutes(0, 600)).toBe(0)
  })

  it('taken by another session is off task from then until it is left, and no longer', () => {
    const { state, verdict, offMinutes, gpu } = story(
      inventory,
      started(0, 'train', { gpu: '0' }),
      started(0, 'miner'),
      uses(10, 'GPU-a', 200, 'miner'),
      leaves(22, 'GPU-a', 200),
      [40, 'gpu.fault', { gpu: 'GPU-a', index: 0, xid: 31 }],
    )
    expect(verdict(0, 50)).toBe('idle')
    expect(offMinutes(0, 50)).toBe(12)
    expect(offTaskOfSessions(state, new Set(['miner'] as never[]), t0 + minutes(50))).toBe(minutes(12))
    expect(offTaskOfSessions(state, new Set(['train'] as never[]), t0 + minutes(50))).toBe(0)
    expect(gpu(0).faults).toEqual([{ atMs: t0 + minutes(40), xid: 31, message: undefined }])
  })

  it('counts on while it is being misused, and costs its model’s price', () => {
    const { state, verdict } = story(inventory, started(0, 'train', { gpu: '0' }), uses(0, 'GPU-a', 200))
    expect(verdict(0, 30)).toBe('off-task')
    const view = projectGpus(state, emptySampleHistory(), { h200: 3 }, t0 + minutes(30))[0]
    expect(view?.offTaskMs).toBe(minutes(30))
    expect(view?.offTaskCostUsd).toBeCloseTo(1.5)
    expect(view?.users).toEqual([{ pid: 200, name: 'python3', session: undefined, sinceMs: t0, expected: false }])
  })

  it('by an imported placement expects its worker’s sessions, and only while the placement holds', () => {
    const told = (worker: string): [number, EventInput['kind'], object] => [
      1,
      'placement.recorded',
      { index: 1, worker, toMs: t0 + minutes(60) },
    ]
    const planned = story(inventory, started(0, 'w', { worker: 'actor-3' }), told('actor-3'), uses(2, 'GPU-b', 7, 'w'))
    expect(planned.verdict(1, 10)).toBe('expected')
    const other = story(inventory, started(0, 'w', { worker: 'actor-4' }), told('actor-3'), uses(2, 'GPU-b', 7, 'w'))
    expect(other.verdict(1, 10)).toBe('off-task')
    // After its end nothing is planned: in use, but nobody is off it.
    expect(other.verdict(1, 61)).toBe('unplanned')
  })

  it('changed in mid-use counts only from the change', () => {
    const { offMinutes } = story(inventory, started(0, 'a'), uses(0, 'GPU-a', 5, 'a'), [
      10,
      'placement.recorded',
      { gpu: 'GPU-a', worker: 'x', expectedSession: 'b' },
    ])
    expect(offMinutes(0, 25)).toBe(15)
  })
})

describe('a plan', () => {
  const place = (minute: number, more: object): [number, EventInput['kind'], object] => [
    minute,
    'placement.recorded',
    { gpu: 'GPU-a', worker: 'w', ...more },
  ]

  it('that is over counts no longer, and one of tomorrow does not replace today’s', () => {
    const over = story(
      inventory,
      started(0, 'x'),
      place(0, { expectedSession: 'other', toMs: t0 + minutes(10) }),
      uses(0, 'GPU-a', 5, 'x'),
    )
    expect(over.offMinutes(0, 60)).toBe(10)
    const both = story(
      inventory,
      started(0, 'x'),
      place(0, { expectedSession: 'x' }),
      place(1, { expectedSession: 'y', fromMs: t0 + minutes(100) }),
      uses(2, 'GPU-a', 5, 'x'),
    )
    expect([both.verdict(0, 50), both.verdict(0, 101)]).toEqual(['expected', 'off-task'])
  })

  it('of a worker that runs outside of Vigil calls nobody off task whom it cannot know', () => {
    const { verdict, offMinutes } = story(inventory, place(0, {}), uses(1, 'GPU-a', 5))
    expect(verdict(0, 10)).toBe('unknown user')
    expect(offMinutes(0, 60)).toBe(0)
  })

  it('is not for an agent to make: its own labels put it nowhere', () => {
    const state = emptyState()
    const label = { held: 'none', abilities: [], labels: { gpu: '0', run: 'r' } }
    const event = {
      v: 1,
      kind: 'session.started',
      atMs: t0,
      id: 'e',
      partition: 0,
      seq: 1,
      seenAtMs: t0,
      session: 'a',
      data: label,
    }
    applyEvent(state, { ...event, trust: 'agent' } as unknown as StoredEvent, nothingTouched())
    expect(state.sessions.get('a' as never)?.labels).toEqual({ run: 'r' })
  })
})

describe('a GPU that two misuse at once', () => {
  it('was had once, whoever asks', () => {
    const { state, offMinutes } = story(
      inventory,
      started(0, 'train', { gpu: '0' }),
      started(0, 'x'),
      started(0, 'y'),
      uses(0, 'GPU-a', 5, 'x'),
      uses(0, 'GPU-a', 6, 'y'),
    )
    expect(offMinutes(0, 10)).toBe(10)
    expect(offTaskOfSessions(state, new Set(['x', 'y'] as never[]), t0 + minutes(10))).toBe(minutes(10))
  })
})

describe('a GPU without a plan', () => {
  it('is in use by a session or an unknown user, and nobody is off task there', () => {
    const { verdict, offMinutes } = story(inventory, started(0, 'a'), uses(1, 'GPU-a', 5, 'a'), uses(1, 'GPU-b', 6))
    expect([verdict(0, 5), verdict(1, 5)]).toEqual(['unplanned', 'unknown user'])
    expect(offMinutes(0, 500)).toBe(0)
  })
})

describe('what was not observed', () => {
  it('is not counted: a host that falls silent stops the clock, and one that is heard again starts it', () => {
    const { offMinutes } = story(
      inventory,
      started(0, 'train', { gpu: '0' }),
      uses(0, 'GPU-a', 200),
      [10, 'probe.disconnected', { reason: 'x' }],
      [40, 'probe.connected', { version: '1', bootId: 'b', kernel: 'k', abilities: [], observers: [] }],
    )
    expect(offMinutes(0, 45)).toBe(15)
  })

  it('is not stretched: a process that is only listed counts until its listing is too old to believe', () => {
    const listed = (minute: number, pid: number): [number, EventInput['kind'], object] => [
      minute,
      'gpu.process.reported',
      { gpu: 'GPU-a', index: 0, pid, name: 'miner' },
    ]
    const { verdict } = story(inventory, started(0, 'train', { gpu: '0' }), listed(10, 5), listed(11, 5))
    expect([verdict(0, 11), verdict(0, 20)]).toEqual(['off-task', 'idle'])
    const { offMinutes } = story(
      inventory,
      started(0, 'train', { gpu: '0' }),
      listed(10, 5),
      listed(11, 5),
      listed(30, 6),
    )
    // 10 to 12.5, then 30 to 31.5.
    expect(offMinutes(0, 500)).toBe(4)
  })

  it('names a reported process by the session whose live process that is, and nobody by an old number', () => {
    const report = (minute: number, pid: number): [number, EventInput['kind'], object] => [
      minute,
      'gpu.process.reported',
      { gpu: 'index-0', index: 0, pid, name: 'python3' },
    ]
    const { gpu } = story(
      inventory,
      started(0, 'a'),
      [1, 'process.started', { pid: 70, ppid: 1, startTicks: 9, comm: 'python3', argv: [] }, 'a'],
      [1, 'process.started', { pid: 71, ppid: 1, startTicks: 9, comm: 'python3', argv: [] }, 'a'],
      [2, 'process.exited', { pid: 71, startTicks: 9 }, 'a'],
      report(3, 70),
      report(3, 71),
    )
    expect([...gpu(0).users.values()].map((user) => [user.pid, user.session])).toEqual([
      [70, 'a'],
      [71, undefined],
    ])
  })

  it('is never made up: off-task time is at most wall time, never shrinks, and a snapshot in the middle changes nothing', () => {
    const step = fc.tuple(
      fc.integer({ min: 0, max: 5 }),
      fc.constantFrom('use', 'leave', 'plan', 'down', 'up', 'label'),
      fc.integer({ min: 1, max: 3 }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat({ max: 40 }), (steps, cut) => {
        let whole = emptyState()
        let split = emptyState()
        let minute = 0
        let before = 0
        const all: [number, EventInput['kind'], object, (string | undefined)?][] = [
          inventory,
          started(0, 's1', { gpu: '0' }),
          started(0, 's2'),
        ]
        for (const [wait, what, n] of steps) {
          minute += wait
          if (what === 'use') all.push(uses(minute, 'GPU-a', n, n === 3 ? undefined : `s${n}`))
          if (what === 'leave') all.push(leaves(minute, 'GPU-a', n))
          if (what === 'plan')
            all.push([minute, 'placement.recorded', { gpu: 'GPU-a', worker: 'w', expectedSession: `s${n}` }])
          if (what === 'down') all.push([minute, 'probe.disconnected', { reason: 'x' }])
          if (what === 'up')
            all.push([
              minute,
              'probe.connected',
              { version: '1', bootId: 'b', kernel: 'k', abilities: [], observers: [] },
            ])
          if (what === 'label') all.push(started(minute, `s${n}`, { gpu: '0' }))
        }
        all.forEach(([at, kind, data, session], index) => {
          const atMs = t0 + minutes(at)
          const event = {
            v: 1,
            kind,
            atMs,
            id: `e${index}`,
            partition: 0,
            seq: index + 1,
            seenAtMs: atMs,
            trust: kind === 'probe.connected' ? 'vigil' : 'kernel',
            host,
            data,
            ...(session && { session }),
          } as unknown as StoredEvent
          applyEvent(whole, event, nothingTouched())
          applyEvent(split, event, nothingTouched())
          if (index === cut) split = stateFromJson(stateToJson(split))
          const gpu = whole.gpus.get(`${host}/GPU-a`)
          if (!gpu) return
          const off = offTaskOf(whole, gpu, atMs).totalMs
          expect(off).toBeGreaterThanOrEqual(before)
          expect(off).toBeLessThanOrEqual(minutes(at))
          before = off
        })
        const endMs = t0 + minutes(minute + 3)
        const of = (state: typeof whole) =>
          [...state.gpus.values()].map((gpu) => [
            gpu.gpu,
            offTaskOf(state, gpu, endMs).totalMs,
            verdictOf(state, gpu, endMs),
          ])
        expect(of(split)).toEqual(of(whole))
        whole = split
      }),
      { numRuns: 120 },
    )
  })
})

describe('prices', () => {
  it('are of the longest part of the name that fits, and none is told where none is known', () => {
    expect(priceOf(assumedGpuPrices, 'NVIDIA H200')).toBe(assumedGpuPrices.h200)
    expect(priceOf({ h100: 2, 'h100 nvl': 3 }, 'NVIDIA H100 NVL')).toBe(3)
    expect(priceOf({ h100: 0 }, 'NVIDIA H100')).toBeUndefined()
    expect(priceOf(assumedGpuPrices, 'Something Else')).toBeUndefined()
    expect(priceOf(assumedGpuPrices, undefined)).toBeUndefined()
  })
})
