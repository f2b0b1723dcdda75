// The checks are the run's conscience: each must see what it is there for, and be silent about what is well.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AskedControl,
  type ControlInLog,
  fewOf,
  type GateCall,
  holesIn,
  lostOrDoubled,
  standingHolds,
  type Violation,
  wantedOf,
  wrongEnforcement,
  wrongGateAnswers,
  wrongHolds,
  wrongOutcomes,
  wrongSessions,
} from './checks.ts'

const words = (violations: readonly Violation[]) => violations.map(({ what }) => what)

describe('the log', () => {
  test('has every acknowledged event once: each that is missing and each that is there twice is told, and no other', () => {
    const ids = fc.uniqueArray(fc.uuid(), { maxLength: 40 })
    fc.assert(
      fc.property(ids, fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 40, maxLength: 40 }), (all, times) => {
        const inLog = new Map(
          all.map((id, index): [string, number] => [id, times[index] ?? 0]).filter(([, count]) => count > 0),
        )
        const wrong = all.filter((id) => inLog.get(id) !== 1)
        const told = words(lostOrDoubled(all, inLog, 'a'))
        expect(told).toHaveLength(wrong.length)
        for (const id of wrong) expect(told.some((each) => each.includes(id))).toBe(true)
      }),
    )
  })

  test('has dense numbers from 1 on', () => {
    expect(holesIn({ least: 0, most: 0, count: 0 })).toEqual([])
    expect(holesIn({ least: 1, most: 7, count: 7 })).toEqual([])
    expect(holesIn({ least: 1, most: 7, count: 6 })).toHaveLength(1)
    expect(holesIn({ least: 2, most: 7, count: 6 })).toHaveLength(1)
  })
})

describe('controls', () => {
  const inLog = (...list: ControlInLog[]) => new Map(list.map((each) => [each.control, each]))
  const well = { control: 'c-1', requested: 1, outcomes: ['enforced'] }

  test('that were asked once and ended once are well, whoever was told', () => {
    expect(wrongOutcomes(['c-1'], inLog(well))).toEqual([])
    expect(wrongOutcomes([], inLog(well))).toEqual([])
  })

  test('without an end, with two, asked twice, or accepted and nowhere in the log, are told', () => {
    expect(words(wrongOutcomes([], inLog({ ...well, outcomes: [] })))).toEqual(['c-1 has no outcome'])
    expect(words(wrongOutcomes([], inLog({ ...well, outcomes: ['enforced', 'failed'] })))).toEqual([
      'c-1 has 2 outcomes: enforced, failed',
    ])
    expect(words(wrongOutcomes([], inLog({ ...well, requested: 2 })))).toEqual(['c-1 was requested 2 times'])
    expect(words(wrongOutcomes(['c-2'], inLog(well)))).toEqual(['c-2 was accepted and is not in the log'])
  })
})

describe('holds', () => {
  const asked = (
    control: string,
    action: string,
    lifts: string[] = [],
    capability: string | null = null,
  ): AskedControl => ({
    ...{ control, session: 's', action, lifts, capability },
  })

  test('stand from their request until a later control lifts or replaces them', () => {
    const holds = standingHolds([
      asked('p1', 'pause'),
      asked('p2', 'pause', ['p1']),
      asked('n1', 'revoke', [], 'network'),
      asked('g1', 'revoke', [], 'gpu'),
      asked('k1', 'contain'),
      asked('x1', 'release', ['k1']),
      asked('x2', 'snapshot'),
    ]).get('s')
    expect([...(holds?.keys() ?? [])]).toEqual(['p2', 'n1'])
    expect(wantedOf(holds)).toEqual({ pause: true, network: true })
    expect(wantedOf(undefined)).toEqual({ pause: false, network: false })
  })

  test('that the server forgot, or invented, are told', () => {
    expect(wrongHolds('s', ['p2', 'n1'], ['n1', 'p2'])).toEqual([])
    expect(words(wrongHolds('s', ['p2'], []))).toEqual(['s: hold p2 was never lifted, and the server has forgotten it'])
    expect(words(wrongHolds('s', [], ['p9']))).toEqual([
      's: the server tells of hold p9, which does not stand by the log',
    ])
  })
})

describe('enforcement', () => {
  const levels = fc.record({ pause: fc.boolean(), network: fc.boolean() })
  const told = fc.record({
    pause: fc.constantFrom('yes', 'no', 'unknown'),
    network: fc.constantFrom('yes', 'no', 'unknown'),
  })

  test('is silent only where wanted, host and word agree', () => {
    fc.assert(
      fc.property(levels, levels, told, (wanted, host, words_) => {
        const agrees = (['pause', 'network'] as const).every(
          (name) => wanted[name] === host[name] && (host[name] ? words_[name] === 'yes' : words_[name] !== 'yes'),
        )
        expect(wrongEnforcement([{ session: 's', wanted, host, told: words_ }]).length === 0).toBe(agrees)
      }),
    )
  })

  test('of a session that the host does not have is wrong: nobody said that it ended', () => {
    const free = { pause: false, network: false }
    expect(
      wrongEnforcement([{ session: 's', wanted: free, host: undefined, told: { pause: 'no', network: 'no' } }]),
    ).toHaveLength(1)
  })
})

describe('the gate', () => {
  const call = (mustAsk: boolean, ...answers: string[]): GateCall => ({ session: 's', call: 'c', mustAsk, answers })
  const approval = (decisions: string[], used: number) => ({ approval: 'a', session: 's', call: 'c', decisions, used })

  test('let through what a person approved, once, and what needs none', () => {
    expect(wrongGateAnswers([call(true, 'allow')], [approval(['approved'], 1)])).toEqual([])
    expect(wrongGateAnswers([call(false, 'allow', 'allow')], [])).toEqual([])
    expect(wrongGateAnswers([call(true, 'deny')], [approval(['denied'], 0)])).toEqual([])
    expect(wrongGateAnswers([call(true)], [approval(['approved'], 0)])).toEqual([])
  })

  test('never says "allow" of what nobody approved: not asked, denied, expired, or approved for another call', () => {
    expect(wrongGateAnswers([call(true, 'allow')], [])).toHaveLength(1)
    for (const decision of ['denied', 'expired', 'withdrawn'])
      expect(wrongGateAnswers([call(true, 'allow')], [approval([decision], 0)])).toHaveLength(1)
    expect(wrongGateAnswers([call(true, 'allow')], [{ ...approval(['approved'], 1), call: 'other' }])).toHaveLength(1)
  })

  test('decides once, and lets through once: who asks again after a yes hears a no', () => {
    expect(wrongGateAnswers([], [approval(['approved', 'denied'], 1)])).toHaveLength(1)
    expect(wrongGateAnswers([], [approval(['approved'], 2)])).toHaveLength(1)
    expect(wrongGateAnswers([], [approval(['denied'], 1)])).toHaveLength(1)
    expect(wrongGateAnswers([call(true, 'allow', 'deny')], [approval(['approved'], 1)])).toEqual([])
    expect(wrongGateAnswers([call(true, 'allow', 'allow')], [approval(['approved'], 1)])).toHaveLength(1)
    expect(
      wrongGateAnswers([call(true, 'deny')], [approval(['denied'], 0), { ...approval([], 0), approval: 'b' }]),
    ).toHaveLength(1)
  })
})

describe('sessions', () => {
  const session = { session: 's', ran: true, exited: true, started: 1, ended: 1 }

  test('that ran begin once and end once; one that never ran need not be known', () => {
    expect(wrongSessions([session, { ...session, exited: false, ended: 0 }])).toEqual([])
    expect(wrongSessions([{ ...session, ran: false, started: 0, ended: 0 }])).toEqual([])
  })

  test('that are told twice, not at all, or as over while they run, are told', () => {
    const wrong = [{ started: 2 }, { started: 0 }, { ended: 2 }, { ended: 0 }, { exited: false }]
    for (const each of wrong) expect(wrongSessions([{ ...session, ...each }])).toHaveLength(1)
  })
})

test('of many of a kind the first are told and the rest is counted', () => {
  const many = Array.from({ length: 25 }, (_, n): Violation => ({ guarantee: 'log', what: String(n) }))
  const told = fewOf([...many, { guarantee: 'gate', what: 'g' }])
  expect(told).toHaveLength(22)
  expect(told.at(-1)).toEqual({ guarantee: 'log', what: 'and 5 more of that kind' })
})
