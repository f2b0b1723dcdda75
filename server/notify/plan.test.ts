// What is said to whom, over generated histories: never twice, never after it is over, never given up early.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Occasion } from './occasion.ts'
import {
  afterFailure,
  backoffMs,
  dueOf,
  maxAgeMs,
  type PlannedDelivery,
  type PlannedRoute,
  plan,
  triggersMax,
} from './plan.ts'

const startMs = 1_800_000_000_000
const minuteMs = 60_000

function occasion(key: string, more: Partial<Occasion> = {}): Occasion {
  const base = { about: 'approval', state: 'open', severity: 'high', sinceMs: startMs, mark: '', said: [] } as const
  return { ...base, key, title: key, path: '/approvals', ...more, said: [...(more.said ?? [])] }
}
function route(id: string, more: Partial<PlannedRoute> = {}): PlannedRoute {
  const abouts = ['approval', 'session', 'control', 'host'] as const
  return {
    id,
    kind: 'pagerduty',
    isEnabled: true,
    minSeverity: 'high',
    abouts,
    afterMinutes: 0,
    known: new Set(),
    ...more,
  }
}

/** Plans, applies the plan, and makes the attempts that are due; `works` says whether a route answers. */
function world(routes: PlannedRoute[]) {
  const deliveries: PlannedDelivery[] = []
  const arrived: { route: string; key: string; round: number; step: string; atMs: number }[] = []
  let ids = 0
  const state = { nowMs: startMs, routes }
  return {
    deliveries,
    arrived,
    state,
    turn(occasions: Occasion[], works: (route: string) => boolean = () => true) {
      const { nowMs } = state
      const given = { occasions, routes: state.routes, deliveries, nowMs, firstSeenMs: () => undefined }
      const { add, drop } = plan(given)
      for (const { id } of drop) {
        const found = deliveries.find((each) => each.id === id)
        if (found) found.state = 'dropped'
      }
      for (const { route: to, key, round, step } of add)
        deliveries.push({
          id: `d${++ids}`,
          route: to,
          key,
          round,
          step,
          state: 'waiting',
          attempts: 0,
          createdAtMs: nowMs,
          nextAtMs: nowMs,
        })
      for (const each of dueOf(deliveries, nowMs)) {
        each.attempts += 1
        if (works(each.route)) {
          each.state = 'delivered'
          arrived.push({ ...each, atMs: nowMs })
        } else Object.assign(each, afterFailure(each, { nowMs, chance: 0.5 }))
      }
      return { add, drop }
    },
  }
}

describe('what is said to whom', () => {
  it('tells each route once of an occasion, that it was taken, and that it is over', () => {
    const { turn, arrived } = world([route('pd'), route('slack', { kind: 'slack' })])
    turn([occasion('approval:a')])
    turn([occasion('approval:a')])
    turn([occasion('approval:a', { state: 'acknowledged' })])
    turn([occasion('approval:a', { state: 'acknowledged' })])
    turn([occasion('approval:a', { state: 'resolved' })])
    turn([])
    expect(arrived.map((each) => `${each.route} ${each.step}`)).toEqual([
      'pd trigger',
      'slack trigger',
      'pd acknowledge',
      'pd resolve',
      'slack resolve',
    ])
  })

  it('tells the next route only when nobody has taken it for so long', () => {
    const routes = [route('first'), route('next', { afterMinutes: 10 })]
    const [alone, taken] = [world(routes), world(routes)]
    for (let minute = 0; minute <= 12; minute += 1) {
      alone.state.nowMs = taken.state.nowMs = startMs + minute * minuteMs
      alone.turn([occasion('session:s')])
      taken.turn([occasion('session:s', { state: minute < 5 ? 'open' : 'acknowledged' })])
    }
    const told = alone.arrived.find((each) => each.route === 'next')
    expect(told && told.atMs - startMs).toBe(10 * minuteMs)
    expect(taken.arrived.some((each) => each.route === 'next')).toBe(false)
  })

  it('cannot be put off by an occasion whose own clock lies in the future', () => {
    const { turn, arrived, state } = world([route('first'), route('next', { afterMinutes: 10 })])
    const late = occasion('session:s', { sinceMs: startMs + 365 * 24 * 3_600_000 })
    turn([late])
    state.nowMs += 10 * minuteMs
    turn([late])
    expect(arrived.map((each) => each.route)).toEqual(['first', 'next'])
  })

  it('does not tell a route of what was open before it was there, until more is said of it', () => {
    const { turn, arrived } = world([route('new', { known: new Set(['session:s 2']) })])
    turn([occasion('session:s', { mark: '2' })])
    expect(arrived).toEqual([])
    turn([occasion('session:s', { mark: '3' })])
    expect(arrived).toHaveLength(1)
  })

  it('opens a new round for what was over and is open again, and not for what merely went on', () => {
    const { turn, arrived, state } = world([route('pd')])
    for (const each of ['open', 'resolved', 'open', 'open', 'acknowledged', 'open'] as const) {
      state.nowMs += 1_000
      turn([occasion('session:s', { state: each })])
    }
    expect(arrived.map((each) => each.step)).toEqual(['trigger', 'resolve', 'trigger', 'acknowledge'])
    expect(new Set(arrived.map((each) => each.round)).size).toBe(2)
  })

  it('says nothing at all of what was over before anything could be sent, and ends what may have arrived', () => {
    const { turn, arrived, deliveries } = world([route('pd')])
    turn([occasion('approval:a')], () => false)
    turn([occasion('approval:a', { state: 'resolved' })])
    expect(deliveries.map((each) => `${each.step} ${each.state}`)).toEqual(['trigger dropped', 'resolve delivered'])
    expect(arrived).toHaveLength(1)
    const given = { route: 'pd', key: 'approval:b', round: startMs, step: 'trigger', state: 'waiting' } as const
    const unsaid = { ...given, id: 'd1', attempts: 0, createdAtMs: startMs, nextAtMs: startMs }
    const over = [occasion('approval:b', { state: 'resolved' })]
    const planned = plan({
      occasions: over,
      routes: [route('pd')],
      deliveries: [unsaid],
      firstSeenMs: () => 0,
      nowMs: startMs,
    })
    expect([planned.add, planned.drop.map((each) => each.id)]).toEqual([[], ['d1']])
  })

  it('does not bury a reader: of a flood the worst come first, and the others follow when there is room', () => {
    const { turn, arrived, state } = world([route('pd')])
    const flood = Array.from({ length: 100 }, (_, n) => occasion(`approval:${n}`))
    const worst = occasion('session:worst', { severity: 'critical', about: 'session' })
    turn([...flood, worst])
    expect(arrived).toHaveLength(triggersMax)
    expect(arrived[0]?.key).toBe('session:worst')
    for (let n = 0; n < 4; n += 1) {
      state.nowMs += 10 * minuteMs
      turn([...flood, worst])
    }
    expect(new Set(arrived.map((each) => each.key)).size).toBe(101)
  })

  it('drops what waits for a route that is turned off or gone', () => {
    const { turn, state, deliveries } = world([route('pd')])
    turn([occasion('approval:a')], () => false)
    state.routes = [route('pd', { isEnabled: false })]
    expect(turn([occasion('approval:a')]).drop).toHaveLength(1)
    expect(deliveries[0]?.state).toBe('dropped')
  })
})

describe('attempts', () => {
  it('come back later each time, never all at once, and no later than a quarter of an hour', () => {
    for (const chance of [0, 0.5, 1]) {
      const waits = Array.from({ length: 30 }, (_, n) => backoffMs(n + 1, chance))
      expect(waits).toEqual([...waits].sort((a, b) => a - b))
      expect(waits.at(-1)).toBeLessThanOrEqual(15 * minuteMs)
    }
    expect(backoffMs(3, 0)).toBeLessThan(backoffMs(3, 1))
  })

  it('wait as long as the other end asks, and an hour at most', () => {
    const failed = (retryAfterMs: number) =>
      afterFailure({ attempts: 1, createdAtMs: startMs }, { nowMs: startMs, chance: 0, retryAfterMs }).nextAtMs -
      startMs
    expect([failed(30_000), failed(9e9)]).toEqual([30_000, 3_600_000])
  })

  it('go on until a delivery is a day old', () => {
    const { turn, state, deliveries } = world([route('pd')])
    while (state.nowMs < startMs + 2 * maxAgeMs && deliveries[0]?.state !== 'failed') {
      turn([occasion('approval:a')], () => false)
      state.nowMs = deliveries[0]?.nextAtMs ?? 0
    }
    expect(deliveries).toMatchObject([{ state: 'failed', attempts: expect.any(Number) }])
    expect(state.nowMs - startMs).toBeGreaterThan(maxAgeMs - 20 * minuteMs)
    expect(deliveries[0]?.attempts).toBeGreaterThan(90)
  })
})

const Turn = fc.record({
  afterMs: fc.constantFrom(0, 200, 5_000, 5 * minuteMs, 3_600_000),
  states: fc.array(fc.constantFrom('open', 'acknowledged', 'resolved', 'absent'), { minLength: 3, maxLength: 3 }),
  down: fc.subarray(['a', 'b', 'c']),
  off: fc.subarray(['b']),
})

describe('over any history', () => {
  it('nothing is said twice in a round, nothing follows its end, and nothing precedes its beginning', () => {
    fc.assert(
      fc.property(fc.array(Turn, { maxLength: 40 }), (turns) => {
        const routes = [route('a'), route('b', { kind: 'slack' }), route('c', { afterMinutes: 10 })]
        const { turn, state, deliveries, arrived } = world(routes)
        for (const { afterMs, states, down, off } of turns) {
          state.nowMs += afterMs
          state.routes = routes.map((each) => ({ ...each, isEnabled: !off.includes(each.id as 'b') }))
          const occasions = states.flatMap((each, n) =>
            each === 'absent' ? [] : [occasion(`session:${n}`, { state: each })],
          )
          turn(occasions, (to) => !down.includes(to))
        }
        const names = deliveries.map((each) => `${each.route} ${each.key} ${each.round} ${each.step}`)
        expect(new Set(names).size).toBe(names.length)
        for (const { route: to, key } of arrived) {
          const heard = arrived.filter((each) => each.route === to && each.key === key)
          // The end of an earlier round may come late, by its own dedup key: a new page never waits for it.
          for (const round of new Set(heard.map((each) => each.round))) {
            const steps = heard.filter((each) => each.round === round).map((each) => each.step)
            expect(steps.indexOf('resolve')).toBeOneOf([-1, steps.length - 1])
            if (steps.includes('trigger')) expect(steps[0]).toBe('trigger')
          }
        }
      }),
      { numRuns: 400 },
    )
  })

  it('whoever answers again within a day hears of everything that is still open', () => {
    fc.assert(
      fc.property(fc.array(Turn, { maxLength: 15 }), (turns) => {
        const { turn, state, arrived } = world([route('a'), route('b', { kind: 'slack' })])
        for (const { afterMs, down } of turns) {
          state.nowMs += Math.min(afterMs, 5 * minuteMs)
          turn([occasion('session:0'), occasion('approval:1')], (to) => !down.includes(to as 'a'))
        }
        state.nowMs += 15 * minuteMs
        turn([occasion('session:0'), occasion('approval:1')])
        expect(arrived.filter((each) => each.step === 'trigger')).toHaveLength(4)
      }),
    )
  })
})
