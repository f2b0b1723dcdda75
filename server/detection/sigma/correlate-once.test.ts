// One scan of many machines is one flag: what the same session repeats of a correlation while its flag is fresh is counted, not told.
import { describe, expect, it } from 'vitest'
import type { DetectionEvent } from '../detection-event.ts'
import { compileRules } from './compile-rules.ts'
import { openCorrelator } from './correlate.ts'
import { readRuleFile } from './read-rule-file.ts'
import { eventForTest } from './rule-for-test.ts'

const rules = (groupBy: string) => `title: Refused
id: refused
name: refused
level: low
logsource: {product: vigil, category: connection}
detection: {s: {Refused: true}, condition: s}
---
title: Many ports
id: many
level: medium
correlation:
  type: value_count
  rules: [refused]
  group-by: [${groupBy}]
  timespan: 10m
  condition: {field: DestinationPort, gte: 3}
`
const minute = 60_000

function scanning(groupBy = 'session, DestinationIp') {
  const read = readRuleFile(rules(groupBy), 'scan.yml')
  expect(read.problems).toEqual([])
  const correlator = openCorrelator(compileRules(read.rules, read.correlations).correlations)
  /** Tries three ports of a machine in one second. */
  const scan = (atMs: number, DestinationIp: string, more: Partial<DetectionEvent> = {}, fields = {}) =>
    [21, 22, 23].flatMap((DestinationPort) =>
      correlator.observe(
        ['refused'],
        eventForTest(
          { DestinationIp, DestinationPort, Refused: true, ...fields },
          { source: 'connection', atMs, session: 'ep-1', ...more },
        ),
      ),
    )
  return { scan, correlator }
}

describe('a correlation that one session meets again and again', () => {
  it('is told once for a subnet, with what it is about before whose it is', () => {
    const { scan, correlator } = scanning()
    const flags = Array.from({ length: 15 }, (_, n) => scan(n * 1_000, `10.0.0.${n}`)).flat()
    expect(flags).toHaveLength(1)
    expect(flags[0]?.matched.map(({ field }) => field)).toEqual(['DestinationIp', 'Count', 'session'])
    expect(correlator.counts.repeatedGroups).toBe(14)
  })

  it('is told anew much later, with the number of those that were left out', () => {
    const { scan } = scanning()
    for (let n = 0; n < 15; n++) scan(n * 1_000, `10.0.0.${n}`)
    const [flag] = scan(11 * minute, '10.0.0.99')
    expect(flag?.context).toEqual(['14 more like it since this was last said'])
    expect(scan(22 * minute, '10.0.0.100')[0]?.context).toEqual([])
  })

  it('is told of every session that does it', () => {
    const { scan } = scanning()
    expect(scan(0, '10.0.0.1')).toHaveLength(1)
    expect(scan(1_000, '10.0.0.1', { session: 'ep-2' })).toHaveLength(1)
  })

  it('is told of every address where nobody knows whose it is', () => {
    const { scan } = scanning('DestinationIp')
    const nobodys = { session: undefined, host: 'sensor' }
    expect(scan(0, '10.0.0.1', nobodys, { SourceIp: '10.9.0.1' })).toHaveLength(1)
    expect(scan(1_000, '10.0.0.2', nobodys, { SourceIp: '10.9.0.1' })).toHaveLength(0)
    expect(scan(2_000, '10.0.0.3', nobodys, { SourceIp: '10.9.0.2' })).toHaveLength(1)
  })
})
