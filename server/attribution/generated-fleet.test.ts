// Two hundred sessions at once on twenty hosts, behind NAT, with clocks up to a minute and a half off and one record in a hundred lost:
// what is tied must be right, and most must be tied. What cannot be known must be left alone.
import { describe, expect, it } from 'vitest'
import { type FleetOptions, makeFleet } from './fleet-for-test.ts'
import { attributeAll, scoreTies } from './score-for-test.ts'

/** Thousands of facts, concluded anew with every portion: seconds alone, more beside other work. */
const patienceMs = 180_000

const world: FleetOptions = {
  seed: 1,
  hosts: 20,
  sessions: 200,
  callsPerSession: 5,
  skewMs: 90_000,
  lostShare: 0.01,
  observer: 'probe',
  portRewrittenShare: 0.3,
  conntrack: true,
}

describe('a fleet of 200 sessions on 20 hosts, ±90 s of skew, 1 % of records lost', () => {
  it.each([
    ['source ports survive the NAT', { portRewrittenShare: 0, conntrack: false }],
    ['the NAT rewrites every port, the hosts’ connection tracking tells them', { portRewrittenShare: 1 }],
    ['some of each', { seed: 2 }],
  ])(
    'has 98 of 100 ties right and finds 90 of 100: %s',
    (_title, options) => {
      const fleet = makeFleet({ ...world, ...options })
      const { attribution, written } = attributeAll(fleet.events)
      const score = scoreTies(fleet.truth, attribution.tieOf)
      expect(score.facts).toBeGreaterThan(3_000)
      expect(score.precision).toBeGreaterThanOrEqual(0.98)
      expect(score.recall).toBeGreaterThanOrEqual(0.9)
      const likely = written.flatMap((event) =>
        event.kind === 'attribution.made' && event.data.level === 'likely' ? [event.data] : [],
      )
      expect(likely.length).toBeGreaterThan(100)
      expect(likely.filter((data) => data.runnerUp === undefined)).toEqual([])
    },
    patienceMs,
  )

  it(
    'ties alerts of a firewall that rewrites ports and tells nobody, or leaves them alone',
    () => {
      const fleet = makeFleet({ ...world, seed: 3, conntrack: false, portRewrittenShare: 1 })
      const { attribution } = attributeAll(fleet.events)
      const score = scoreTies(fleet.truth, attribution.tieOf)
      expect(score.precision).toBeGreaterThanOrEqual(0.98)
    },
    patienceMs,
  )

  it(
    'works from audit records and traces alone, without a probe: fewer ties, and those right',
    () => {
      const fleet = makeFleet({ ...world, seed: 4, observer: 'audit', conntrack: false })
      const { attribution } = attributeAll(fleet.events)
      const score = scoreTies(fleet.truth, attribution.tieOf)
      expect(score.precision).toBeGreaterThanOrEqual(0.98)
      expect(score.recall).toBeGreaterThanOrEqual(0.75)
    },
    patienceMs,
  )

  it(
    'comes to the same conclusions however the facts arrive in portions',
    () => {
      const fleet = makeFleet({ ...world, seed: 5, sessions: 40, hosts: 4 })
      const few = attributeAll(fleet.events, 10_000).attribution
      const many = attributeAll(fleet.events, 50).attribution
      const differing = [...fleet.truth.keys()].filter((event) => few.tieOf(event)?.call !== many.tieOf(event)?.call)
      expect(differing.length / fleet.truth.size).toBeLessThan(0.01)
    },
    patienceMs,
  )
})
