// Given what is known of incidents, flags, verdicts and approvals, when they are counted over time, then what was measured is told, and what was
// not is never a nought.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventOf, StoredEvent } from '../../protocol/event.ts'
import { SessionId } from '../../protocol/ids.ts'
import { incidentIdOf } from '../../protocol/incident.ts'
import { applyIncident } from '../reduce-incident.ts'
import { emptyState } from '../state.ts'
import { type ApprovalFact, approvalFiguresOf } from './approval-figures.ts'
import { flagFiguresOf, precisionOf } from './flag-figures.ts'
import { incidentFiguresOf } from './incident-figures.ts'
import { type IncidentTimes, incidentTimesInLog, incidentTimesOf } from './incident-times.ts'
import { spreadOf } from './spread.ts'
import { dayMs, stepsOf } from './steps.ts'

/** Noon of a day. */
const nowMs = Date.UTC(2026, 10, 28, 12)
const minuteMs = 60_000
const daysAgo = (days: number) => nowMs - days * dayMs
const everyDay = Array.from({ length: 100 }, (_, index) => Math.floor(daysAgo(index) / dayMs) * dayMs)
const week = stepsOf(7, nowMs, everyDay)
const drill = SessionId.parse('drill-rome-1')
const isDrill = (session: SessionId) => session === drill

const times = (n: number, change: Partial<IncidentTimes> = {}): IncidentTimes => ({
  incident: incidentIdOf(n),
  isDrill: false,
  isMerged: false,
  isOver: false,
  firstAtMs: nowMs - 61 * minuteMs,
  detectedAtMs: nowMs - 60 * minuteMs,
  acknowledgedAtMs: undefined,
  containedAtMs: undefined,
  isContained: false,
  ...change,
})
const figuresOf = (all: IncidentTimes[], drills = false) =>
  incidentFiguresOf({ times: all, steps: week, drills, nowMs })

describe('a spread', () => {
  it('of nothing is nothing, not 0', () => {
    expect(spreadOf([])).toBeUndefined()
  })

  it('has the mean, the median and the nearest rank of 90%', () => {
    expect(spreadOf([10, 1, 2, 3])).toEqual({ meanMs: 4, medianMs: 2.5, p90Ms: 10 })
    expect(spreadOf([7])).toEqual({ meanMs: 7, medianMs: 7, p90Ms: 7 })
    expect(spreadOf(Array.from({ length: 10 }, (_, index) => index + 1))?.p90Ms).toBe(9)
  })

  it('never leaves what was measured, in whatever order it came', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e9), { minLength: 1, maxLength: 50 }), (spans) => {
        const spread = spreadOf(spans)
        if (!spread) throw new Error('something was measured')
        const [least, most] = [Math.min(...spans), Math.max(...spans)]
        for (const each of [spread.meanMs, spread.medianMs, spread.p90Ms]) {
          expect(each).toBeGreaterThanOrEqual(least - 1e-6)
          expect(each).toBeLessThanOrEqual(most + 1e-6)
        }
        expect(spans).toContain(spread.p90Ms)
        expect(spread.p90Ms).toBeGreaterThanOrEqual(spread.medianMs)
        expect(spreadOf(spans.toReversed())?.medianMs).toBe(spread.medianMs)
      }),
    )
  })
})

describe('the steps', () => {
  it('are days that end with today, or thirteen whole weeks', () => {
    expect(week).toHaveLength(7)
    expect(week.at(-1)).toMatchObject({ fromMs: Date.UTC(2026, 10, 28), toMs: Date.UTC(2026, 10, 29), heardDays: 1 })
    const quarter = stepsOf(90, nowMs, everyDay)
    expect(quarter).toHaveLength(13)
    expect(quarter.every(({ days, heardDays }) => days === 7 && heardDays === 7)).toBe(true)
  })

  it('say on how many of their days anything was heard', () => {
    const quarter = stepsOf(90, nowMs, [Math.floor(nowMs / dayMs) * dayMs])
    expect(quarter.map(({ heardDays }) => heardDays)).toEqual([...Array<number>(12).fill(0), 1])
  })
})

describe('the delays of incidents', () => {
  it('run from the first evidence to the first flag, and from the first flag to the person and to what hosts showed', () => {
    const { all } = figuresOf([
      times(1, { acknowledgedAtMs: nowMs - 58 * minuteMs, containedAtMs: nowMs - 50 * minuteMs, isContained: true }),
    ])
    expect(all.detect.spread?.meanMs).toBe(minuteMs)
    expect(all.acknowledge.spread?.meanMs).toBe(2 * minuteMs)
    expect(all.contain.spread?.meanMs).toBe(10 * minuteMs)
  })

  it('tell what is still open as open with its age, what ended without it as never, and take neither as a span', () => {
    const { all } = figuresOf([times(1), times(2, { isOver: true })])
    expect(all.acknowledge).toEqual({ measured: 0, open: 1, longestOpenMs: 60 * minuteMs, never: 1, unknown: 0 })
    expect(all.contain).toEqual({ measured: 0, open: 1, longestOpenMs: 60 * minuteMs, never: 1, unknown: 0 })
  })

  it('count a source whose clock runs ahead, and what was over before it was noticed, as unknown', () => {
    const { all } = figuresOf([times(1, { firstAtMs: nowMs, isContained: true }), times(2, { firstAtMs: undefined })])
    expect(all.detect).toEqual({ measured: 0, open: 0, never: 0, unknown: 2 })
    expect(all.contain).toMatchObject({ measured: 0, open: 1, unknown: 1 })
  })

  it('believe no agent that writes into its own fact that it was long ago, and measure what was found after days', () => {
    const detected = nowMs - 60 * minuteMs
    const { all } = figuresOf([
      times(1, { firstAtMs: Date.UTC(2000, 0, 1) }),
      times(2, { firstAtMs: detected - 6 * dayMs }),
    ])
    expect(all.detect).toMatchObject({ spread: { meanMs: 6 * dayMs }, measured: 1, unknown: 1 })
  })

  it('leave drills out unless they are asked for, and never count a merged one beside that which it is a part of', () => {
    const all = [times(1), times(2, { isDrill: true }), times(3, { isMerged: true, isOver: true })]
    expect(figuresOf(all)).toMatchObject({ all: { incidents: 1 }, drillsLeftOut: 1, mergedLeftOut: 1 })
    expect(figuresOf(all, true)).toMatchObject({ all: { incidents: 2 }, drillsLeftOut: 0, mergedLeftOut: 1 })
  })

  it('stand at the day of the first flag, and what is older than the span is in none', () => {
    const { perStep, all } = figuresOf([
      times(1, { detectedAtMs: daysAgo(2), firstAtMs: daysAgo(2) - 5 }),
      times(2, { detectedAtMs: daysAgo(9) }),
    ])
    expect(perStep.map(({ incidents }) => incidents)).toEqual([0, 0, 0, 0, 1, 0, 0])
    expect(all.incidents).toBe(1)
  })

  it('never lose an incident and never make a span of one that was not measured, whatever is known of it', () => {
    const offset = fc.integer({ min: -20 * dayMs, max: dayMs })
    const some = fc.option(offset, { nil: undefined })
    const one = fc.record({
      isOver: fc.boolean(),
      isDrill: fc.boolean(),
      isMerged: fc.boolean(),
      first: some,
      detected: offset,
      acknowledged: some,
      contained: some,
      isContained: fc.constantFrom<IncidentTimes['isContained'][]>(true, false, 'unknown'),
    })
    const at = (of: number | undefined) => (of === undefined ? undefined : nowMs + of)
    fc.assert(
      fc.property(fc.array(one, { maxLength: 20 }), fc.boolean(), (drawn, drills) => {
        const all = drawn.map(({ first, detected, acknowledged, contained, ...rest }, index) => ({
          ...rest,
          incident: incidentIdOf(index + 1),
          firstAtMs: at(first),
          detectedAtMs: nowMs + detected,
          acknowledgedAtMs: at(acknowledged),
          containedAtMs: at(contained),
        }))
        const figures = figuresOf(all, drills)
        for (const each of [figures.all, ...figures.perStep])
          for (const delay of [each.detect, each.acknowledge, each.contain]) {
            expect(delay.measured + delay.open + delay.never + delay.unknown).toBe(each.incidents)
            expect(delay.spread === undefined).toBe(delay.measured === 0)
            expect(delay.longestOpenMs === undefined).toBe(delay.open === 0)
          }
        const summed = figures.perStep.reduce((sum, { incidents }) => sum + incidents, 0)
        expect(summed).toBe(figures.all.incidents)
      }),
    )
  })
})

describe('the times of an incident', () => {
  const by = { type: 'operator', id: 'op-1', name: 'on-call' } as const
  let seq = 0
  const said = <K extends StoredEvent['kind']>(kind: K, atMs: number, data: EventOf<K>['data']): StoredEvent => {
    seq += 1
    return { v: 1, partition: 0, seq, id: `e-${seq}`, kind, atMs, seenAtMs: atMs, trust: 'vigil', data } as never
  }
  const story = (n: number, atMs: number) => {
    const incident = incidentIdOf(n)
    return [
      said('incident.opened', atMs, { incident, because: 'a flag that pages', isDrill: n % 2 === 0 }),
      said('incident.joined', atMs, {
        incident,
        because: 'it opened the incident',
        flag: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` as never,
        rule: 'tunnel',
        title: 'Reverse tunnel',
        severity: 'high',
        tactics: [],
        techniques: [],
        session: SessionId.parse(`ep-${n}`),
        source: 'command',
        flagAtMs: atMs - 5_000,
        detectedAtMs: atMs,
        destinations: [],
      }),
      said('incident.changed', atMs + 1_000, { incident, by, change: { type: 'acknowledge', untilMs: atMs + 9_000 } }),
      said('incident.changed', atMs + 2_000, { incident, by, change: { type: 'resolve', verdict: 'true' } }),
    ]
  }

  it('are the same from its events as from the state, but for what hosts showed; also of those that memory let go of', () => {
    // given: more resolved incidents than memory keeps
    const events = Array.from({ length: 310 }, (_, index) => story(index + 1, daysAgo(3) + index * 10_000)).flat()
    const state = emptyState()
    for (const event of events) applyIncident(state, event)
    const known = incidentTimesOf(state)
    expect(known.length).toBeLessThan(310)
    // when
    const inLog = incidentTimesInLog(events)
    // then
    expect(inLog).toHaveLength(310)
    const byId = new Map(inLog.map((each) => [each.incident, each]))
    for (const each of known) expect(byId.get(each.incident)).toEqual({ ...each, isContained: 'unknown' })
    // and of none of them it is claimed that it was contained, or not
    expect(figuresOf(inLog).all.contain).toMatchObject({ measured: 0, open: 0, never: 0, unknown: 155 })
  })

  it('say never of what is over without it, and not known where a session of it has left memory', () => {
    const state = emptyState()
    for (const event of story(1, daysAgo(1))) applyIncident(state, event)
    const contain = () => figuresOf(incidentTimesOf(state)).all.contain
    expect(contain()).toMatchObject({ never: 0, unknown: 1 })
    expect(figuresOf(incidentTimesOf(state)).fromLog).toBe(0)
    state.sessions.set(SessionId.parse('ep-1'), { held: 'none' } as never)
    expect(contain()).toMatchObject({ never: 1, unknown: 0 })
  })

  it('are not made up for one whose opening was not read', () => {
    expect(incidentTimesInLog(story(1, daysAgo(1)).slice(1))).toEqual([])
  })
})

describe('flags by rule', () => {
  const nameOf = (rule: string) =>
    rule === 'tunnel' ? { title: 'Reverse tunnel', severity: 'high' as const } : undefined
  const counted = (
    counts: { step: number; rule: string | undefined; flags: number; ofDrills: number }[],
    heard = everyDay,
  ) => flagFiguresOf({ counts, steps: stepsOf(7, nowMs, heard), drills: false, nameOf })

  it('are 0 on a day on which something was heard, and nothing at all on one on which nothing was', () => {
    const heard = [Math.floor(nowMs / dayMs) * dayMs, Math.floor(daysAgo(1) / dayMs) * dayMs]
    const { rules, perStep } = counted([{ step: 6, rule: 'tunnel', flags: 3, ofDrills: 1 }], heard)
    expect(rules).toEqual([
      {
        rule: 'tunnel',
        title: 'Reverse tunnel',
        severity: 'high',
        flags: 2,
        perStep: [null, null, null, null, null, 0, 2],
      },
    ])
    expect(perStep).toEqual([null, null, null, null, null, 0, 2])
  })

  it('are not told of days before what was read', () => {
    const { perStep } = flagFiguresOf({ counts: [], steps: week, drills: false, nameOf, sinceMs: daysAgo(2) })
    expect(perStep).toEqual([null, null, null, null, 0, 0, 0])
  })

  it('of drills are left out and counted, and a rule that no longer runs keeps its id', () => {
    expect(counted([{ step: 1, rule: 'gone', flags: 2, ofDrills: 2 }])).toMatchObject({ rules: [], drillsLeftOut: 2 })
    expect(counted([{ step: 1, rule: 'gone', flags: 2, ofDrills: 0 }]).rules[0]).not.toHaveProperty('title')
    expect(counted([{ step: 1, rule: undefined, flags: 2, ofDrills: 0 }])).toMatchObject({ rules: [], unreadable: 2 })
  })
})

describe('the precision of a rule', () => {
  const judged = (flag: string, verdict: 'true' | 'false' | 'drill' | undefined, session?: SessionId) =>
    ({
      kind: 'flag.judged',
      session,
      data: { flag, rule: 'tunnel', ...(verdict && { verdict }) },
    }) as EventOf<'flag.judged'>
  const precision = (...events: EventOf<'flag.judged'>[]) =>
    precisionOf(events, { isDrill, nameOf: () => undefined }).rules[0]

  it('is the share of true among true and false; drills say nothing of it, whatever was said of them', () => {
    const found = precision(judged('a', 'true'), judged('b', 'false'), judged('c', 'drill'), judged('d', 'true', drill))
    expect(found).toEqual({ rule: 'tunnel', verdicts: { true: 1, false: 1, drill: 2 }, precision: 0.5 })
  })

  it('is not 0% where nobody said true or false', () => {
    expect(precision(judged('a', 'drill'))).not.toHaveProperty('precision')
  })

  it('counts a flag of after the drill as everything else, though its session was one', () => {
    const found = precisionOf([judged('of the drill', 'true', drill), judged('after it', 'true', drill)], {
      isDrill: (_, flag) => flag === 'of the drill',
      nameOf: () => undefined,
    }).rules[0]
    expect(found).toEqual({ rule: 'tunnel', verdicts: { true: 1, false: 0, drill: 1 }, precision: 1 })
  })

  it('follows the newest word on a flag, and one that was taken back is none', () => {
    expect(precision(judged('a', 'true'), judged('a', 'false'))).toMatchObject({ precision: 0 })
    expect(precision(judged('a', 'true'), judged('a', undefined))).toBeUndefined()
  })
})

describe('approvals', () => {
  const asked = (approval: string, atMs: number, session?: SessionId): ApprovalFact => ({
    is: 'asked',
    approval,
    atMs,
    session,
  })
  const decided = (approval: string, atMs: number, decision: string, by = 'operator'): ApprovalFact => ({
    is: 'decided',
    approval,
    atMs,
    decision,
    by,
    session: undefined,
  })
  const counted = (...facts: ApprovalFact[]) => approvalFiguresOf({ facts, steps: week, drills: false, isDrill, nowMs })

  it('have the wait of what a person decided; a deadline that passed is no decision, and what waits is told as waiting', () => {
    const { all, perStep } = counted(
      asked('a', daysAgo(1)),
      decided('a', daysAgo(1) + 4_000, 'approved'),
      asked('b', daysAgo(1)),
      decided('b', daysAgo(1) + 6_000, 'denied'),
      asked('c', daysAgo(1)),
      decided('c', daysAgo(1) + 300_000, 'expired'),
      asked('d', nowMs - 1_000),
    )
    expect(all).toEqual({
      asked: 4,
      allowed: 1,
      denied: 1,
      expired: 1,
      withdrawn: 0,
      waiting: 1,
      longestWaitingMs: 1_000,
      byPerson: 2,
      wait: { meanMs: 5_000, medianMs: 5_000, p90Ms: 6_000 },
    })
    expect(perStep.map((each) => each.asked)).toEqual([0, 0, 0, 0, 0, 3, 1])
    expect(perStep[6]).not.toHaveProperty('wait')
  })

  it('have no wait where a key decided, and those are counted all the same', () => {
    const { all } = counted(
      asked('a', daysAgo(1)),
      decided('a', daysAgo(1) + 4_000, 'approved'),
      asked('b', daysAgo(1)),
      decided('b', daysAgo(1) + 5, 'approved', 'key'),
    )
    expect(all).toMatchObject({ allowed: 2, byPerson: 1, wait: { meanMs: 4_000, medianMs: 4_000, p90Ms: 4_000 } })
    const { all: keyed } = counted(asked('b', daysAgo(1)), decided('b', daysAgo(1) + 5, 'denied', 'key'))
    expect(keyed).toMatchObject({ denied: 1, byPerson: 0 })
    expect(keyed).not.toHaveProperty('wait')
  })

  it('of drills are left out, and one whose request was not read is not counted', () => {
    const { all, drillsLeftOut } = counted(asked('a', nowMs - 5, drill), decided('z', nowMs - 4, 'denied'))
    expect([all.asked, drillsLeftOut]).toEqual([0, 1])
  })

  it('count what a session asked after its drill was over', () => {
    const { all, drillsLeftOut } = approvalFiguresOf({
      facts: [asked('a', nowMs - 50, drill), asked('b', nowMs - 5, drill)],
      steps: week,
      drills: false,
      isDrill: (session, atMs) => session === drill && atMs <= nowMs - 10,
      nowMs,
    })
    expect([all.asked, drillsLeftOut]).toEqual([1, 1])
  })

  it('come out as many as they went in, each in one state', () => {
    const outcome = fc.constantFrom('approved', 'edited', 'denied', 'expired', 'withdrawn', undefined)
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6 * dayMs), outcome, fc.nat(dayMs)), { maxLength: 30 }), (drawn) => {
        const facts = drawn.flatMap(([before, decision, wait], index) => [
          asked(`a${index}`, nowMs - before),
          ...(decision ? [decided(`a${index}`, nowMs - before + wait, decision)] : []),
        ])
        const { all } = counted(...facts)
        expect(all.asked).toBe(drawn.length)
        expect(all.allowed + all.denied + all.expired + all.withdrawn + all.waiting).toBe(all.asked)
        expect(all.wait === undefined).toBe(all.allowed + all.denied === 0)
      }),
    )
  })
})
