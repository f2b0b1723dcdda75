import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRules } from './compile-rules.ts'
import { explain } from './explain.ts'
import { judge } from './judge.ts'
import { readRuleFile } from './read-rule-file.ts'
import { eventForTest, ruleTextForTest } from './rule-for-test.ts'

const told = (text: string) => {
  const { problems, unsupported } = readRuleFile(text, 'rule.yml')
  return [...problems, ...unsupported].map(({ line, message }) => `${line}: ${message}`)
}
const rule = (detection: string, logsource?: string) => ruleTextForTest(detection, logsource)

describe('a rule file', () => {
  it('is read with everything that a person wants to know of a rule', () => {
    const { rules, problems, notes } = readRuleFile(
      `title: Reverse forward
id: 11111111-1111-4111-8111-111111111111
name: reverse_forward
status: test
description: What it sees
references: [https://example.org/a]
author: A, B
date: 2026-01-02
modified: 2026-02-03
tags: [attack.command_and_control, attack.command-and-control, attack.t1572, attack.s0002, attack.ta0011, cve.2020-1, atlas.aml.t0050]
logsource: {product: vigil, category: command}
detection:
  selection: {Image|endswith: /ssh}
  condition: selection
fields: [Image]
falsepositives: Administrators
level: high
vigil:
  behaviour: tunnel
  why: Data leaves
  response: pause
  atlas: [AML.T0051]
  formerly: [attack.t1562.001]
`,
      'a/b.yml',
    )
    expect(problems).toEqual([])
    expect(notes).toEqual([])
    expect(rules).toMatchObject([
      {
        file: 'a/b.yml',
        line: 1,
        id: '11111111-1111-4111-8111-111111111111',
        name: 'reverse_forward',
        level: 'high',
        date: '2026-01-02',
        falsePositives: ['Administrators'],
        techniques: ['T1572', 'T1562.001'],
        tactics: ['command-and-control'],
        atlas: ['AML.T0051', 'AML.T0050'],
        sources: ['command', 'process'],
        vigil: { behaviour: 'tunnel' },
      },
    ])
  })

  it('may hold several documents, and one bad rule takes no other with it', () => {
    const good = rule('selection: {Image: /a}\ncondition: selection')
    const text = [good.replace('rule-1', 'one'), rule('selection: {Image|nope: /a}\ncondition: selection'), good].join(
      '---\n',
    )
    const read = readRuleFile(text, 'rule.yml')
    expect(read.rules.map(({ id, line }) => [id, line])).toEqual([
      ['one', 1],
      ['rule-1', 17],
    ])
    expect(read.problems).toMatchObject([{ line: 14, rule: 'Rule' }])
  })

  it('tells an id that is used twice, with the line of its first use', () => {
    const text = rule('selection: {Image: /a}\ncondition: selection')
    const read = readRuleFile(`${text}---\n${text}`, 'rule.yml')
    expect(read.rules).toHaveLength(1)
    expect(read.problems).toMatchObject([{ line: 10, message: 'The id rule-1 is already used on line 1' }])
  })

  it.each([
    ['a key twice in one map', 'selection: {Image: a, Image: b}\ncondition: selection', 6, /the same key stands twice/],
    ['bad indentation', 'selection:\n  Image: a\n Foo: b', 8, /YAML/],
    ['a star without quotes', 'selection: {Image: *ssh}\ncondition: selection', 6, /needs quotes/],
    ['no condition', 'selection: {Image: a}', 5, /has no condition/],
    ['a condition that is a map', 'selection: {Image: a}\ncondition: {a: b}', 7, /A condition is a text/],
    ['an empty list of conditions', 'selection: {Image: a}\ncondition: []', 7, /list of conditions is empty/],
    [
      'an unknown selection',
      'selection: {Image: a}\ncondition: selektion',
      7,
      /"selektion", which is no selection; there are: selection/,
    ],
    ['an unclosed bracket', 'selection: {Image: a}\ncondition: (selection', 7, /not closed/],
    ['a bracket too many', 'selection: {Image: a}\ncondition: selection)', 7, /where it should have ended/],
    ['a missing operand', 'selection: {Image: a}\ncondition: selection and', 7, /lacks a selection/],
    [
      'two selections without a word between',
      'a: {Image: a}\nb: {Image: b}\ncondition: a b',
      8,
      /"b" where it should have ended/,
    ],
    ['a pattern that matches nothing', 'selection: {Image: a}\ncondition: 1 of filter*', 7, /matches no selection/],
    ['a quantity that Sigma lacks', 'a1: {Image: a}\na2: {Image: b}\ncondition: 2 of a*', 8, /`2 of` is not Sigma/],
    ['a former aggregation', 'a: {Image: a}\ncondition: a | count() by User > 5', 7, /correlation document instead/],
    ['a timeframe', 'a: {Image: a}\ntimeframe: 5m\ncondition: a', 7, /correlation document instead/],
    ['an empty selection', 'selection: {}\ncondition: selection', 6, /would match everything/],
    ['an empty list', 'selection: []\ncondition: selection', 6, /could never match/],
    ['an empty list of values', 'selection: {Image: []}\ncondition: selection', 6, /could never match/],
    ['a map as a value', 'selection: {Image: {a: b}}\ncondition: selection', 6, /not a map/],
    ['a list within a list', 'selection:\n  Image:\n    - [a]\ncondition: selection', 8, /A list within a list/],
    ['an unknown modifier', 'selection: {Image|has: a}\ncondition: selection', 6, /no modifier "has"/],
    ['a misspelt modifier', 'selection: {Image|startsWith: a}\ncondition: selection', 6, /did you mean startswith\?/],
    ['a modifier in the plural', 'selection: {Image|contain: a}\ncondition: selection', 6, /did you mean contains\?/],
    ['a flag without re', 'selection: {Image|i: a}\ncondition: selection', 6, /only behind re/],
    ['two kinds at once', 'selection: {Image|re|cidr: a}\ncondition: selection', 6, /do not go together/],
    ['two places at once', 'selection: {Image|contains|endswith: a}\ncondition: selection', 6, /do not go together/],
    ['re with contains', 'selection: {Image|re|contains: a}\ncondition: selection', 6, /do not go together/],
    ['re with cased', 'selection: {Image|re|cased: a}\ncondition: selection', 6, /cased is not needed/],
    ['exists of a text', "selection: {Image|exists: 'maybe'}\ncondition: selection", 6, /takes true or false/],
    ['a number that is none', 'selection: {BytesOut|gt: many}\ncondition: selection', 6, /takes a number/],
    ['null with a modifier', 'selection: {Image|contains: null}\ncondition: selection', 6, /absent/],
    ['an empty keyword', "selection: ['']\ncondition: selection", 6, /match everything/],
    [
      'a block with bits behind it',
      'selection: {DestinationIp|cidr: 10.0.0.1/8}\ncondition: selection',
      6,
      /did you mean 10\.0\.0\.0\/8\?/,
    ],
    [
      'an IPv6 block with bits behind it',
      "selection: {DestinationIp|cidr: '2001:db8::1/32'}\ncondition: selection",
      6,
      /did you mean 2001:db8::\/32\?/,
    ],
    [
      'a block that is too narrow',
      'selection: {DestinationIp|cidr: 10.0.0.0/33}\ncondition: selection',
      6,
      /from 0 to 32/,
    ],
    ['no address', 'selection: {DestinationIp|cidr: 10.0/8}\ncondition: selection', 6, /no IP address/],
    [
      'wildcards before base64',
      'selection: {CommandLine|contains|base64: a}\ncondition: selection',
      6,
      /cannot encode wildcards/,
    ],
    [
      'too many dashes',
      "selection: {CommandLine|windash: ' -a -b -c -d -e'}\ncondition: selection",
      6,
      /windash makes more than/,
    ],
    [
      'a pattern that is not closed',
      "selection: {CommandLine|re: '(a'}\ncondition: selection",
      6,
      /does not compile: missing closing \)/,
    ],
    [
      'a pattern that is too long',
      `selection: {CommandLine|re: '${'a'.repeat(2_001)}'}\ncondition: selection`,
      6,
      /longer than 2000/,
    ],
    [
      'a pattern that grows',
      "selection: {CommandLine|re: '((a{30}){30}){30}'}\ncondition: selection",
      6,
      /(too large|repeat count)/,
    ],
    ['a look-ahead', "selection: {CommandLine|re: 'a(?!b)'}\ncondition: selection", 6, /look-around.*behind `not`/],
    ['a look-behind', "selection: {CommandLine|re: '(?<=a)b'}\ncondition: selection", 6, /look-around/],
    ['a back-reference', "selection: {CommandLine|re: '(a)\\1'}\ncondition: selection", 6, /back-reference/],
    ['a possessive repetition', "selection: {CommandLine|re: 'a++b'}\ncondition: selection", 6, /possessive/],
    [
      'placeholders',
      "selection: {User|expand: '%admins%'}\ncondition: selection",
      6,
      /expand needs a list of placeholders/,
    ],
    ['parts of a time', 'selection: {Foo|hour: 3}\ncondition: selection', 6, /reads parts of a time/],
  ])('tells the line of %s', (_, detection, line, message) => {
    const all = told(rule(detection))
    expect(all).toHaveLength(1)
    expect(all[0]).toMatch(message)
    expect(all[0]).toMatch(new RegExp(`^${line}:`))
  })

  it.each([
    [
      'no title',
      'id: x\nlogsource: {product: vigil, category: command}\ndetection: {a: {Image: b}, condition: a}',
      1,
      /no title/,
    ],
    ['no logsource', 'title: x\nid: x\ndetection: {a: {Image: b}, condition: a}', 1, /no logsource/],
    ['no detection', 'title: x\nid: x\nlogsource: {product: vigil, category: command}', 1, /no detection/],
    [
      'a bad level',
      'title: x\nlevel: hihg\nlogsource: {product: vigil, category: command}\ndetection: {a: {Image: b}, condition: a}',
      2,
      /no level "hihg"/,
    ],
    ['a list as a document', '- a\n- b', 1, /A rule is a map/],
    ['a text as a document', 'hello', 1, /A rule is a map/],
    ['a filter', 'title: f\nlogsource: {}\nfilter: {rules: [a]}', 3, /filters are not applied/],
    ['action: global', `${rule('a: {Image: b}\ncondition: a')}action: global\n`, 8, /dropped from Sigma/],
    ['another taxonomy', `${rule('a: {Image: b}\ncondition: a')}taxonomy: mine\n`, 8, /names of its own/],
    [
      'a misspelt key in our block',
      `${rule('a: {Image: b}\ncondition: a')}vigil:\n  behaviour: x\n  wy: x\n  response: x\n`,
      8,
      /unknown key "wy"/,
    ],
    [
      'a bad behaviour in our block',
      `${rule('a: {Image: b}\ncondition: a')}vigil:\n  behaviour: Big Words\n  why: x\n  response: x\n`,
      9,
      /vigil\.behaviour/,
    ],
    [
      'a bad example',
      `${rule('a: {Image: b}\ncondition: a')}vigil:\n  behaviour: x\n  why: x\n  response: x\n  examples:\n    fires: [{soruce: a}]\n    silent: []\n`,
      13,
      /an example is a text/,
    ],
  ])('tells the line of %s', (_, text, line, message) => {
    const all = told(text)
    expect(all.join('\n')).toMatch(message)
    expect(all.find((each) => message.test(each))).toMatch(new RegExp(`^${line}:`))
  })

  it('notes what is allowed and probably not meant', () => {
    const { notes, rules } = readRuleFile(
      `title: x
tag: [a]
logsource: {product: vigil, category: command}
detection:
  a: {CommandLin|contains: x, DestinationIp: y}
  unused: {Image: x}
  b: {CommandLine|contains|all: [x]}
  condition: a or b
`,
      'rule.yml',
    )
    expect(rules).toHaveLength(1)
    expect(notes.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '2: Did you mean tags? "tag" is not read',
      expect.stringMatching(/^1: The rule has no id/),
      '1: The rule has no level: medium is taken',
      '5: No event of this log source has a field "CommandLin" (did you mean CommandLine?): it is never seen',
      '5: No event of this log source has a field "DestinationIp": it is never seen',
      '7: Modifier all means nothing with a single value',
      '6: The condition does not use "unused"',
    ])
  })

  it('explains which rules run and which do not', () => {
    const text = `${rule('a: {Image|endswith: /ssh}\ncondition: a').replace('title: Rule', 'title: Runs')}---
${rule("a: {CommandLine|re: '(?=x)'}\ncondition: a").replace('title: Rule', 'title: Refused').replace('rule-1', 'rule-2')}`
    expect(explain(readRuleFile(text, 'rule.yml'), 'rule.yml')).toMatchObject([
      {
        title: 'Runs',
        runs: true,
        watches: ['events of command and process', 'only where one of these texts occurs: "/ssh" in Image'],
      },
      { title: 'Refused', runs: false, line: 14, refused: [{ construct: 'look-around' }] },
    ])
  })

  it('is refused when it is longer than a rule file would be, or when aliases blow it up', () => {
    expect(told(`title: ${'a'.repeat(1_000_001)}`)).toEqual(['1: The file is longer than 1000000 characters: split it'])
    const bomb = `a: &a [x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c]\ne: [*d, *d, *d]\n`
    expect(told(bomb)).toEqual([expect.stringMatching(/^1: YAML: Excessive alias count/)])
    expect(told('['.repeat(100_000)).length).toBeGreaterThan(0)
    expect(told(`a: ${'('.repeat(100_000)}`).length).toBeGreaterThan(0)
  })

  it('takes an alias where a value is written twice', () => {
    const read = readRuleFile(
      rule('a: {Image: &list [/x, /y]}\nb: {CommandLine: *list}\ncondition: a or b'),
      'rule.yml',
    )
    expect(read.problems).toEqual([])
    const rules = compileRules(read.rules, [])
    expect(judge(rules, eventForTest({ CommandLine: '/y' }))).toHaveLength(1)
  })
})

describe('reading a rule file', () => {
  it('never throws, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => void readRuleFile(text, 'x.yml')),
      { numRuns: 300 },
    )
  })

  it('never throws on what looks like a rule, and what it accepts can be compiled and judged', () => {
    const key = fc.constantFrom(
      'title',
      'id',
      'detection',
      'logsource',
      'condition',
      'selection',
      'Image|endswith',
      '|all',
      '__proto__',
      'a|re',
      'vigil',
      'tags',
      'level',
      'correlation',
      'type',
      'rules',
      'timespan',
      'x|cidr',
      'constructor',
      'x|base64offset|contains',
      'status',
    )
    const scalar = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.double(),
      fc.constantFrom(
        '1 of them',
        'selection and not selection',
        'vigil',
        'command',
        '(a',
        '10.0.0.0/8',
        'event_count',
        '5m',
        '\\',
        '*',
        '*a?',
      ),
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        scalar,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
      ),
    }))
    const whole = fc.record({
      title: fc.oneof(fc.constant('t'), tree),
      logsource: fc.oneof(fc.constant({ product: 'vigil', category: 'command' }), tree),
      detection: fc.oneof(fc.record({ selection: tree, condition: fc.oneof(fc.constant('selection'), tree) }), tree),
      extra: tree,
    })
    fc.assert(
      fc.property(fc.oneof(whole, tree), (value) => {
        const read = readRuleFile(JSON.stringify(value) ?? '', 'x.yml')
        const set = compileRules(read.rules, read.correlations)
        judge(set, eventForTest({ Image: '/usr/bin/x', CommandLine: 'x \\ * y', Args: ['a'] }))
        for (const problem of [...read.problems, ...read.unsupported]) expect(problem.line).toBeGreaterThan(0)
      }),
      { numRuns: 500 },
    )
  })
})
