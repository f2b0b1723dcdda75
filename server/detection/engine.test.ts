import { describe, expect, it } from 'vitest'
import type { DetectionEvent } from './detection-event.ts'
import { type EngineDetector, openEngine } from './engine.ts'
import type { Flag } from './flag.ts'
import { compileRules } from './sigma/compile-rules.ts'
import { readRuleFile } from './sigma/read-rule-file.ts'
import { eventForTest } from './sigma/rule-for-test.ts'
import { createStatefulDetectors } from './stateful/stateful-detectors.ts'

const rule = (name: string, word = name, level = 'medium') => `title: ${name}
id: id-${name}
name: ${name}
level: ${level}
logsource: {product: vigil, category: command}
detection: {s: {CommandLine|contains: ${word}}, condition: s}
`
const correlation = (rules: string, extra = '') => `title: Both
id: both
level: high
correlation: {type: temporal, rules: [${rules}], timespan: 1m${extra}}
`
function open(texts: string[], detectors: EngineDetector[] = []) {
  const read = texts.map((text, index) => readRuleFile(text, `file-${index}.yml`))
  const ruleSet = compileRules(
    read.flatMap(({ rules }) => rules),
    read.flatMap(({ correlations }) => correlations),
  )
  expect([...read.flatMap(({ problems }) => problems), ...ruleSet.problems]).toEqual([])
  return openEngine({ ruleSet, detectors })
}
const command = (CommandLine: string, more: Partial<DetectionEvent> = {}) => eventForTest({ CommandLine }, more)
const names = (flags: Flag[]) => flags.map(({ rule: id }) => id)

describe('the engine', () => {
  it('says what rules, correlations and detectors say of an event, in this order', () => {
    const detector: EngineDetector = {
      observe: (event) => [{ ...flagForTest, rule: 'detector', fingerprint: 'detector', atMs: event.atMs }],
    }
    const engine = open([rule('one'), rule('two'), correlation('one, two')], [detector])
    expect(names(engine.observe(command('one')))).toEqual(['id-one', 'detector'])
    expect(names(engine.observe(command('two')))).toEqual(['id-two', 'both', 'detector'])
  })

  it('keeps rules silent that only feed the correlation in their own file, unless it says generate', () => {
    const quiet = open([`${rule('one')}---\n${rule('two')}---\n${correlation('one, two')}`])
    expect(names([...quiet.observe(command('one')), ...quiet.observe(command('two'))])).toEqual(['both'])
    const loud = open([`${rule('one')}---\n${rule('two')}---\n${correlation('one, two', ', generate: true')}`])
    expect(names([...loud.observe(command('one')), ...loud.observe(command('two'))])).toEqual([
      'id-one',
      'id-two',
      'both',
    ])
  })

  it('does not let a correlation in another file switch a rule off', () => {
    const engine = open([rule('one'), rule('two'), correlation('one, two')])
    expect(names(engine.observe(command('one')))).toEqual(['id-one'])
  })

  it('does not say of a process again what it said of the command that started it, and says what only a process shows', () => {
    const engine = open([rule('one'), rule('two')])
    const process = (CommandLine: string) => command(CommandLine, { source: 'process', call: undefined, host: 'h' })
    expect(names(engine.observe(command('one', { call: 'c1' })))).toEqual(['id-one'])
    expect(names(engine.observe(process('one')))).toEqual([])
    expect(names(engine.observe(process('two')))).toEqual(['id-two'])
    expect(names(engine.observe(command('two', { call: 'later' })))).toEqual(['id-two'])
  })

  it('says for a while only once what sensors tell over and over, of each session and each address', () => {
    const sensed = (source: string) => `title: Rule\nid: id-${source}\nlevel: medium
logsource: {product: vigil, category: ${source}}\ndetection: {s: {DestinationIp: 203.0.113.9}, condition: s}\n`
    const engine = open([sensed('connection'), sensed('alert')])
    const minute = 60_000
    const told = (atMs: number, more: Partial<DetectionEvent> = {}, fields = {}) =>
      engine.observe(
        eventForTest(
          { DestinationIp: '203.0.113.9', ...fields },
          { source: 'connection', atMs, call: undefined, ...more },
        ),
      ).length
    expect([0, 1, 9].map((n) => told(n * minute))).toEqual([1, 0, 0])
    expect(told(11 * minute)).toBe(1)
    expect(told(0, { session: 'another' })).toBe(1)
    expect(told(0, {}, { SourceIp: '10.0.0.7' })).toBe(1)
    expect(told(0, {}, { DestinationPort: 22 })).toBe(1)
    expect(told(minute, { source: 'alert' })).toBe(1)
    expect(told(minute, { call: 'c9' })).toBe(1)
  })

  it('says a thing once of one tool call, and again of the next', () => {
    const engine = open([rule('one')])
    const fields = { Image: '/usr/bin/x', CommandLine: 'one 203.0.113.9' }
    const event = (call: string) => eventForTest(fields, { call })
    expect(names(engine.observe(event('c1')))).toEqual(['id-one'])
    expect(engine.observe(event('c1'))).toEqual([])
    expect(engine.counts.repeated).toBe(1)
    expect(names(engine.observe(event('c2')))).toEqual(['id-one'])
    expect(names([...engine.observe(command('one')), ...engine.observe(command('one'))])).toHaveLength(2)
  })

  it('tells a bounded number of flags of one act, says that there were more, and has room for a page behind mild ones', () => {
    let isPage = false
    const detector: EngineDetector = {
      observe: ({ fields }) => [
        { ...flagForTest, fingerprint: String(fields.CommandLine), severity: isPage ? 'critical' : 'medium' },
      ],
    }
    const engine = open([], [detector])
    const lines = Array.from({ length: 500 }, (_, index) => `line ${index}`)
    const told = lines.flatMap((line, index) => engine.observe(command(line), index > 0))
    expect(told).toHaveLength(32)
    expect(engine.wasCut).toBe(true)

    isPage = true
    expect(engine.observe(command('the worst of it'), true)).toMatchObject([{ severity: 'critical' }])

    expect(engine.observe(command('the next act'))).toHaveLength(1)
    expect(engine.wasCut).toBe(false)
  })

  it('never lets a milder flag hide a more severe one', () => {
    const severities = ['low', 'high', 'medium'] as const
    let next = 0
    const detector: EngineDetector = {
      observe: () => [{ ...flagForTest, call: 'c1', fingerprint: 'same', severity: severities[next++] ?? 'low' }],
    }
    const engine = open([], [detector])
    const flags = [0, 1, 2].flatMap(() => engine.observe(command('x', { call: 'c1' })))
    expect(flags.map(({ severity }) => severity)).toEqual(['low', 'high'])
  })

  it('tells what shows by silence when time passes', () => {
    const detector: EngineDetector = { observe: () => [], elapse: (nowMs) => [{ ...flagForTest, atMs: nowMs }] }
    const few = `title: Few\nid: few\nlevel: low\ncorrelation: {type: event_count, rules: [one], timespan: 1m, condition: {lt: 3}}\n`
    const engine = open([rule('one'), few], [detector])
    engine.observe(command('one'))
    expect(names(engine.elapse(30_000))).toEqual(['detector'])
    expect(names(engine.elapse(61_000))).toEqual(['few', 'detector'])
  })

  it('says the same of the same events, live or replayed', () => {
    const texts = [rule('one'), rule('two'), correlation('one, two')]
    const events = Array.from({ length: 200 }, (_, index) =>
      command(['one 10.0.0.1', 'two', 'three', 'two one'][index % 4] ?? '', {
        atMs: index * 7_000,
        call: `c${index >> 1}`,
      }),
    )
    const run = () => {
      const engine = open(texts, [createStatefulDetectors()])
      return events.flatMap((event) => engine.observe(event))
    }
    expect(run()).toEqual(run())
    expect(run().length).toBeGreaterThan(100)
  })

  it('runs with no rules at all', () => {
    expect(open([]).observe(command('x'))).toEqual([])
  })
})

const flagForTest: Flag = {
  rule: 'detector',
  title: 'Detector',
  severity: 'low',
  ruleSeverity: 'low',
  techniques: [],
  tactics: [],
  behaviour: undefined,
  source: 'command',
  atMs: 0,
  session: 's1',
  host: 'h1',
  call: undefined,
  matched: [],
  fingerprint: 'detector',
  context: [],
  notFully: undefined,
}
