import { describe, expect, it } from 'vitest'
import type { DetectionEvent, Fields } from '../detection-event.ts'
import { compileRules } from './compile-rules.ts'
import { openCorrelator } from './correlate.ts'
import { matchesOf } from './judge.ts'
import { readRuleFile } from './read-rule-file.ts'
import { eventForTest } from './rule-for-test.ts'

/** Rules `login`, `fail`, `scan`: each matches commands with that word. */
function base(...names: string[]): string {
  return names
    .map(
      (name) => `title: ${name}
id: id-${name}
name: ${name}
level: low
logsource: {product: vigil, category: command}
detection: {s: {CommandLine|contains: ${name}}, condition: s}
`,
    )
    .join('---\n')
}

function correlation(body: string, head = 'title: Many\nid: many\nlevel: high'): string {
  return `${head}\ncorrelation:\n${body.replace(/^\n+/, '').replace(/^/gm, '  ').trimEnd()}\n`
}

function open(...documents: string[]) {
  const read = readRuleFile(documents.join('---\n'), 'c.yml')
  const set = compileRules(read.rules, read.correlations)
  const wrong = [...read.problems, ...read.unsupported, ...set.problems].map(
    ({ line, message }) => `${line}: ${message}`,
  )
  if (wrong.length > 0) throw new Error(wrong.join('\n'))
  const correlator = openCorrelator(set.correlations)
  const show = (event: DetectionEvent) =>
    correlator.observe(
      matchesOf(set, event).map(({ rule }) => rule.id),
      event,
    )
  return {
    correlator,
    show,
    /** `at` in seconds; answers the ids of what was met. */
    at: (at: number, line: string, more: Partial<DetectionEvent> & { fields?: Fields } = {}) =>
      show(
        eventForTest({ CommandLine: line, ...more.fields }, { atMs: at * 1_000, ...more, fields: undefined } as never),
      ).map(({ rule }) => rule),
  }
}

const countOf = (type: string, rules: string, rest: string) => `type: ${type}\nrules: [${rules}]\n${rest}`

describe('event_count', () => {
  const three = correlation(countOf('event_count', 'fail', 'timespan: 10s\ncondition: {gte: 3}'))

  it('is met once when enough events fall into the window', () => {
    const { at } = open(base('fail'), three)
    expect([1, 2, 3, 4, 5].map((second) => at(second, 'fail').length)).toEqual([0, 0, 1, 0, 0])
  })

  it('slides: events that are too old do not count', () => {
    const { at } = open(base('fail'), three)
    expect([0, 6, 12, 15].map((second) => at(second, 'fail').length)).toEqual([0, 0, 0, 1])
  })

  it('counts an event that is exactly as old as the window is long', () => {
    const { at } = open(base('fail'), three)
    expect([0, 5, 10].map((second) => at(second, 'fail').length)).toEqual([0, 0, 1])
  })

  it('is met anew when its window is over and enough came since', () => {
    const { at } = open(base('fail'), three)
    const seconds = [1, 2, 3, 12, 13, 13.5, 14, 15]
    expect(seconds.filter((second) => at(second, 'fail').length > 0)).toEqual([3, 13.5])
  })

  it('counts sessions apart when it is not told what to group by', () => {
    const { at } = open(base('fail'), three)
    const who = ['a', 'b', 'a', 'b', 'a']
    expect(who.map((session, index) => at(index, 'fail', { session }).length)).toEqual([0, 0, 0, 0, 1])
  })

  it('counts hosts apart where nobody knows the session', () => {
    const { at } = open(base('fail'), three)
    const who = ['a', 'b', 'a', 'b', 'a']
    expect(who.map((host, index) => at(index, 'fail', { session: undefined, host }).length)).toEqual([0, 0, 0, 0, 1])
  })

  it('groups by fields, by host and by both', () => {
    const grouped = correlation(
      countOf('event_count', 'fail', 'group-by: [User, host]\ntimespan: 10s\ncondition: {gte: 2}'),
    )
    const { at } = open(base('fail'), grouped)
    expect(at(0, 'fail', { fields: { User: 'root' }, host: 'h1' })).toEqual([])
    expect(at(1, 'fail', { fields: { User: 'root' }, host: 'h2' })).toEqual([])
    expect(at(2, 'fail', { fields: { User: 'me' }, host: 'h1' })).toEqual([])
    expect(at(3, 'fail', { fields: { User: 'ROOT' }, host: 'h1', session: 'another' })).toEqual(['many'])
  })

  it('leaves out and counts events that lack what is grouped by', () => {
    const grouped = correlation(countOf('event_count', 'fail', 'group-by: [User]\ntimespan: 10s\ncondition: {gte: 1}'))
    const { at, correlator } = open(base('fail'), grouped)
    expect(at(0, 'fail')).toEqual([])
    expect(correlator.counts.ungrouped).toBe(1)
  })

  it('counts an event once, however many of its rules it matches', () => {
    const both = correlation(countOf('event_count', 'fail, login', 'timespan: 10s\ncondition: {gte: 2}'))
    const { at } = open(base('fail', 'login'), both)
    expect(at(0, 'fail login')).toEqual([])
    expect(at(1, 'login')).toEqual(['many'])
  })

  it('finds the window also for an event that comes late', () => {
    const { at } = open(base('fail'), three)
    expect([5, 12, 8].map((second) => at(second, 'fail').length)).toEqual([0, 0, 1])
  })

  it('is not emptied by an event that claims to be of the far future', () => {
    const { at } = open(base('fail'), three)
    expect([1, 2, 99_999, 3].map((second) => at(second, 'fail').length)).toEqual([0, 0, 0, 1])
  })

  it('is not filled by a few forged times', () => {
    const { at } = open(base('fail'), three)
    at(1, 'fail')
    at(2, 'fail')
    for (let lie = 1; lie <= 15; lie++) at(lie * 100_000, 'fail')
    expect(at(3, 'fail')).toEqual(['many'])
  })

  it.each([
    ['{gt: 2}', [0, 0, 1, 0]],
    ['{gte: 2}', [0, 1, 0, 0]],
  ])('%s is met as soon as it holds', (condition, expected) => {
    const { at } = open(
      base('fail'),
      correlation(countOf('event_count', 'fail', `timespan: 10s\ncondition: ${condition}`)),
    )
    expect([1, 2, 3, 4].map((second) => at(second, 'fail').length)).toEqual(expected)
  })

  it.each([
    ['{lt: 3}', 2, true],
    ['{lt: 3}', 3, false],
    ['{lte: 3}', 3, true],
    ['{eq: 2}', 2, true],
    ['{eq: 2}', 1, false],
    ['{eq: 2}', 3, false],
    ['{gt: 1, lte: 3}', 3, true],
    ['{gt: 1, lte: 3}', 1, false],
    ['{gt: 1, lte: 3}', 40, false],
  ])('%s of %s events is decided when the window is over: %s', (condition, count, expected) => {
    const { at, correlator } = open(
      base('fail'),
      correlation(countOf('event_count', 'fail', `timespan: 10s\ncondition: ${condition}`)),
    )
    for (let index = 0; index < count; index++) expect(at(index / 10, 'fail')).toEqual([])
    expect(correlator.elapse(10_000)).toEqual([])
    expect(correlator.elapse(10_001).length).toBe(expected ? 1 : 0)
    expect(correlator.elapse(99_999)).toEqual([])
  })

  it('says in its flag whom it is about and how many', () => {
    const grouped = correlation(countOf('event_count', 'fail', 'group-by: [User]\ntimespan: 2m\ncondition: {gte: 2}'))
    const { show } = open(base('fail'), grouped)
    const event = (atMs: number) => eventForTest({ CommandLine: 'fail', User: 'root' }, { atMs, call: 'c1' })
    show(event(0))
    expect(show(event(1))).toMatchObject([
      {
        rule: 'many',
        severity: 'high',
        session: 's1',
        call: 'c1',
        fingerprint: 'many root',
        matched: [
          { field: 'User', value: 'root' },
          { field: 'Count', value: '2 or more events within 2m' },
        ],
      },
    ])
  })
})

describe('value_count', () => {
  const three = correlation(
    countOf('value_count', 'scan', 'group-by: [session]\ntimespan: 10s\ncondition: {field: RunsOn, gte: 3}'),
  )
  const run = (seconds: number[], values: string[]) => {
    const { at } = open(base('scan'), three)
    return seconds.map((second, index) => at(second, 'scan', { fields: { RunsOn: values[index] ?? '' } }).length)
  }

  it('counts values, not events', () => {
    expect(run([1, 2, 3, 4, 5], ['a', 'a', 'b', 'B', 'c'])).toEqual([0, 0, 0, 0, 1])
  })

  it('forgets values that are too old, and keeps those seen again', () => {
    expect(run([0, 1, 9, 12], ['a', 'b', 'a', 'c'])).toEqual([0, 0, 0, 0])
    expect(run([0, 1, 9, 11], ['a', 'b', 'a', 'c'])).toEqual([0, 0, 0, 1])
  })

  it('counts each value of a list', () => {
    const lists = correlation(countOf('value_count', 'scan', 'timespan: 10s\ncondition: {field: Args, gte: 3}'))
    const { at } = open(base('scan'), lists)
    expect(at(0, 'scan', { fields: { Args: ['a', 'b', 'c'] } })).toEqual(['many'])
  })

  it('takes values that come late', () => {
    expect(run([5, 14, 7], ['a', 'b', 'c'])).toEqual([0, 0, 1])
    expect(run([5, 30, 7], ['a', 'b', 'c'])).toEqual([0, 0, 0])
  })

  it('tells long values apart that begin alike', () => {
    const long = 'x'.repeat(5_000)
    expect(run([1, 2, 3], [`${long}1`, `${long}2`, `${long}3`])).toEqual([0, 0, 1])
    expect(run([1, 2, 3], [`${long}1`, `${long}1`, `${long}2`])).toEqual([0, 0, 0])
  })
})

describe('temporal', () => {
  const together = correlation(countOf('temporal', 'login, fail, scan', 'group-by: [session]\ntimespan: 10s'))

  it('is met when all rules matched within the window, in any order', () => {
    const { at } = open(base('login', 'fail', 'scan'), together)
    expect(at(1, 'scan')).toEqual([])
    expect(at(2, 'login')).toEqual([])
    expect(at(3, 'scan')).toEqual([])
    expect(at(11, 'fail')).toEqual(['many'])
  })

  it('is not met when one of them is too old', () => {
    const { at } = open(base('login', 'fail', 'scan'), together)
    expect(['login', 'fail', 'scan'].map((line, index) => at(index * 6, line).length)).toEqual([0, 0, 0])
  })

  it('takes one event for several of its rules', () => {
    const { at } = open(base('login', 'fail', 'scan'), together)
    expect(at(1, 'login fail scan')).toEqual(['many'])
  })

  it('takes what comes late', () => {
    const { at } = open(base('login', 'fail', 'scan'), together)
    expect([at(9, 'login'), at(12, 'fail'), at(8, 'scan')].flat()).toEqual(['many'])
  })

  it('may ask for some of its rules', () => {
    const two = correlation(countOf('temporal', 'login, fail, scan', 'timespan: 10s\ncondition: {gte: 2}'))
    const { at } = open(base('login', 'fail', 'scan'), two)
    expect([at(1, 'login'), at(2, 'login'), at(3, 'scan')].flat()).toEqual(['many'])
  })
})

describe('temporal_ordered', () => {
  const ordered = correlation(countOf('temporal_ordered', 'login, fail, scan', 'timespan: 10s'))
  const run = (...steps: [number, string][]) => {
    const { at } = open(base('login', 'fail', 'scan'), ordered)
    return steps.map(([second, line]) => at(second, line).length)
  }

  it('asks for the order', () => {
    expect(run([1, 'login'], [2, 'fail'], [3, 'scan'])).toEqual([0, 0, 1])
    expect(run([1, 'fail'], [2, 'login'], [3, 'scan'])).toEqual([0, 0, 0])
    expect(run([1, 'scan'], [2, 'fail'], [3, 'login'])).toEqual([0, 0, 0])
  })

  it('measures from the first to the last', () => {
    expect(run([1, 'login'], [6, 'fail'], [11, 'scan'])).toEqual([0, 0, 1])
    expect(run([1, 'login'], [6, 'fail'], [12, 'scan'])).toEqual([0, 0, 0])
  })

  it('begins anew with every first event', () => {
    expect(run([0, 'login'], [5, 'login'], [7, 'fail'], [14, 'scan'])).toEqual([0, 0, 0, 1])
  })

  it('is not outwitted by a flood of first events', () => {
    const flood = Array.from({ length: 500 }, (_, index): [number, string] => [2 + index / 1_000, 'login'])
    expect(run([1, 'login'], [1.5, 'fail'], ...flood, [3, 'scan']).at(-1)).toBe(1)
  })

  it('takes one event for one step only', () => {
    expect(run([1, 'login fail scan'])).toEqual([0])
    expect(run([1, 'login'], [2, 'login fail'], [3, 'scan'])).toEqual([0, 0, 1])
  })

  it('keeps the order of what happened in one millisecond', () => {
    expect(run([1, 'login'], [1, 'fail'], [1, 'scan'])).toEqual([0, 0, 1])
    expect(run([1, 'scan'], [1, 'fail'], [1, 'login'])).toEqual([0, 0, 0])
  })

  it('takes what comes slightly late, and is not stopped by a forged time', () => {
    expect(run([1, 'login'], [3, 'scan'], [2, 'fail'])).toEqual([0, 0, 1])
    expect(run([99_999, 'login'], [1, 'login'], [2, 'fail'], [3, 'scan'])).toEqual([0, 0, 0, 1])
  })
})

describe('correlations of correlations', () => {
  const many = correlation(
    countOf('event_count', 'fail', 'group-by: [User]\ntimespan: 10s\ncondition: {gte: 2}'),
    'title: Many fails\nid: many-fails\nname: many_fails\nlevel: low',
  )
  const then = correlation(countOf('temporal_ordered', 'many_fails, login', 'group-by: [User]\ntimespan: 1m'))

  it('count what is met as they count what matches, in whatever order the file has them', () => {
    const { at } = open(then, many, base('fail', 'login'))
    const fields = { User: 'root' }
    expect(at(1, 'login', { fields })).toEqual([])
    expect(at(2, 'fail', { fields })).toEqual([])
    expect(at(3, 'fail', { fields })).toEqual([])
    expect(at(4, 'login', { fields })).toEqual(['many'])
  })

  it('are told when they go in a circle or name nothing', () => {
    const loop = (id: string, other: string) =>
      correlation(
        countOf('event_count', other, 'timespan: 1m\ncondition: {gte: 1}'),
        `title: ${id}\nid: ${id}\nlevel: low`,
      )
    const read = readRuleFile([loop('a', 'b'), loop('b', 'a'), loop('c', 'nobody')].join('---\n'), 'c.yml')
    const { problems, correlations } = compileRules(read.rules, read.correlations)
    expect(correlations).toEqual([])
    expect(problems.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '19: There is no rule "nobody" that runs; the correlation does not run',
      '1: The correlation counts itself, over others, or one that does not run; it does not run',
      '10: The correlation counts itself, over others, or one that does not run; it does not run',
    ])
  })
})

describe('aliases', () => {
  it('let different fields stand for one', () => {
    const aliased = correlation(`
type: temporal
rules: [login, scan]
group-by: [who]
timespan: 1m
aliases:
  who: {login: User, scan: RunsOn}
`)
    const { at } = open(base('login', 'scan'), aliased)
    expect(at(1, 'login', { fields: { User: 'alice', RunsOn: 'bob' } })).toEqual([])
    expect(at(2, 'scan', { fields: { User: 'alice', RunsOn: 'bob' } })).toEqual([])
    expect(at(3, 'scan', { fields: { RunsOn: 'alice' } })).toEqual(['many'])
  })
})

describe('a correlation in a file', () => {
  it.each([
    ['type: event_counts\nrules: [a]\ntimespan: 1m\ncondition: {gte: 1}', 4, /no type "event_counts"/],
    ['type: value_avg\nrules: [a]\ntimespan: 1m\ncondition: {gte: 1}', 5, /value_avg are not counted/],
    ['type: event_count\nrules: []\ntimespan: 1m\ncondition: {gte: 1}', 6, /names or ids/],
    ['type: event_count\nrules: [a, a]\ntimespan: 1m\ncondition: {gte: 1}', 6, /named twice/],
    ['type: event_count\nrules: [a]\ntimespan: 1 minute\ncondition: {gte: 1}', 7, /for example 10m/],
    ['type: event_count\nrules: [a]\ntimespan: 0s\ncondition: {gte: 1}', 7, /for example 10m/],
    ['type: event_count\nrules: [a]\ntimespan: 1m', 4, /needs a condition/],
    ['type: event_count\nrules: [a]\ntimespan: 1m\ncondition: {min: 1}', 8, /no "min" in a condition/],
    ['type: event_count\nrules: [a]\ntimespan: 1m\ncondition: {gte: many}', 8, /whole number/],
    ['type: event_count\nrules: [a]\ntimespan: 1m\ncondition: {gte: 1000000}', 8, /whole number from 0 to 10000/],
    ['type: event_count\nrules: [a]\ntimespan: 1m\ncondition: {gt: 5, lt: 5}', 8, /No count fulfils/],
    ['type: event_count\nrules: [a]\ntimespan: 1m\ncondition: {lt: 1}', 8, /No count fulfils/],
    ['type: value_count\nrules: [a]\ntimespan: 1m\ncondition: {gte: 1}', 8, /needs the field/],
    ['type: temporal\nrules: [a, b]\ntimespan: 1m\ncondition: a and not b', 8, /in words is not read/],
    ['type: temporal_ordered\nrules: [a, b]\ntimespan: 1m\ncondition: {gte: 1}', 8, /asks for all/],
    ['type: event_count\nrules: [a]\ntimespan: 1m\ngroupby: [x]\ncondition: {gte: 1}', 8, /has no "groupby"/],
    ['type: event_count\nrules: [a]\ntimespan: 1m\naliases: {x: y}\ncondition: {gte: 1}', 8, /aliases is a map/],
    ['type: event_count\nrules: [a]\ntimespan: 1m\ngenerate: maybe\ncondition: {gte: 1}', 8, /true or false/],
  ])('tells the line of a mistake: %s', (body, line, message) => {
    const read = readRuleFile(correlation(body), 'c.yml')
    const told = [...read.problems, ...read.unsupported]
    expect(told.map((each) => `${each.line}: ${each.message}`).join('\n')).toMatch(message)
    expect(told.find((each) => message.test(each.message))?.line, JSON.stringify(told)).toBe(
      line === 4 ? told[0]?.line : line,
    )
    expect(read.correlations).toEqual([])
  })
})

describe('what a correlation remembers', () => {
  const three = correlation(countOf('event_count', 'fail', 'group-by: [User]\ntimespan: 1h\ncondition: {gte: 3}'))

  it('is bounded, and what had to be forgotten is counted', () => {
    const { at, correlator } = open(base('fail'), three)
    for (let index = 0; index < 25_000; index++) at(index / 1_000, 'fail', { fields: { User: `u${index}` } })
    expect(correlator.counts.forgottenGroups).toBe(5_000)
  })

  it('is not pushed out by another session that makes many groups', () => {
    const { at } = open(base('fail'), three)
    at(0, 'fail', { session: 'victim', fields: { User: 'root' } })
    at(1, 'fail', { session: 'victim', fields: { User: 'root' } })
    for (let index = 0; index < 45_000; index++) at(2, 'fail', { session: 'noisy', fields: { User: `u${index}` } })
    expect(at(3, 'fail', { session: 'victim', fields: { User: 'root' } })).toEqual(['many'])
  })
})
