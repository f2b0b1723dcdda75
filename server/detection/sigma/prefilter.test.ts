// The prefilter may only leave out rules that could not match.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Fields } from '../detection-event.ts'
import { compileRules } from './compile-rules.ts'
import { compileFieldTest, compileValueTest } from './compile-test.ts'
import { EventView, FieldSlots } from './event-view.ts'
import { fold } from './fold.ts'
import { judge } from './judge.ts'
import { LiteralScan } from './literal-scan.ts'
import { readRuleFile } from './read-rule-file.ts'
import { compileRegex, matchesRegex } from './regex.ts'
import { regexLiterals } from './regex-literals.ts'
import { regexTexts } from './regex-texts.ts'
import { eventForTest } from './rule-for-test.ts'

const letters = ['a', 'b', 'k', 's', 'S', 'K', '\u212a', '\u017f', 'ς', 'Σ', 'İ', '-', ' ', '/', '.', '\n', '😀']
const text = fc.array(fc.constantFrom(...letters), { maxLength: 14 }).map((all) => all.join(''))
const field = fc.constantFrom('Image', 'CommandLine', 'Args', 'User')
const modifier = fc.constantFrom(
  '',
  '|contains',
  '|startswith',
  '|endswith',
  '|contains|all',
  '|contains|cased',
  '|neq',
  '|endswith|neq',
  '|base64offset|contains',
  '|wide|contains',
  '|windash|contains',
)
const pattern = fc
  .array(fc.oneof(fc.constantFrom(...letters), fc.constantFrom('*', '?', '\\', '\\*')), { minLength: 1, maxLength: 6 })
  .map((all) => all.join(''))
const piece = fc.oneof(
  fc.constantFrom(...letters.map((letter) => letter.replace(/[.\n/]/, '\\$&').replace('\\\n', '\\n'))),
  fc.constantFrom(
    '.',
    'ab',
    'ssk',
    '[ab]',
    '[ab]?',
    '[sK.]+',
    '[\\\\\\-a]',
    '[b/]{2}',
    '[^a]',
    '\\s',
    '\\d',
    '\\w',
    '(?:ab|ks)',
    '(a|)',
    '(ab|sk)+',
    '(?i:Sk)',
    'a{2}',
    'b{0,3}',
    'k{1,}',
    '^',
    '$',
    '\\b',
    '-*',
    's+',
    'ab?',
    '[]a]',
    '[[:alpha:]]',
    '|',
    '\\-',
    'a{',
    '\\t',
  ),
)
const regex = fc.array(piece, { minLength: 1, maxLength: 6 }).map((all) => all.join(''))

const selection = fc.oneof(
  fc
    .tuple(field, modifier, fc.array(pattern, { minLength: 1, maxLength: 3 }))
    .map(([name, how, values]) => ({ [`${name}${how}`]: values })),
  fc
    .tuple(field, fc.constantFrom('|re', '|re|i', '|re|s', '|re|m'), regex)
    .map(([name, how, value]) => ({ [`${name}${how}`]: value })),
  fc.array(pattern, { minLength: 1, maxLength: 2 }),
  fc.tuple(field, field, pattern).map(([one, two, value]) => ({ [`${one}|contains`]: value, [`${two}|exists`]: true })),
)
const condition = fc.constantFrom(
  's1',
  's1 and s2',
  's1 or s2',
  's1 and not s2',
  'not s1',
  '1 of s*',
  'all of s*',
  's1 and (s2 or not s3)',
  's3 or (s1 and s2)',
)
const rule = fc.record({ s1: selection, s2: selection, s3: selection, condition }).map((detection) => ({
  title: 'x',
  logsource: { product: 'vigil', category: 'command' },
  detection,
}))

const loose = fc.record({
  Image: text,
  CommandLine: text,
  Args: fc.array(text, { maxLength: 3 }),
  User: fc.option(text, { nil: undefined }),
})
/** As commands are read: the line is argv joined, and the words are argv without its first. */
const joined = fc
  .tuple(fc.constantFrom('ab', 'SSK', '/a/ks'), fc.array(text, { maxLength: 4 }), fc.option(text, { nil: undefined }))
  .map(([program, Args, User]) => ({ Image: `/${program}`, CommandLine: [program, ...Args].join(' '), Args, User }))

describe('the prefilter, with what is remembered of the events before,', () => {
  it('never changes what is said of an event', () => {
    const events = fc
      .array(fc.oneof(loose, joined), { minLength: 1, maxLength: 4 })
      // Some come again.
      .map((all) => [...all, ...all.slice(0, 2)].map((fields) => eventForTest(fields)))
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), events, (rules, all) => {
        const file = rules.map((each, index) => JSON.stringify({ id: `r${index}`, ...each })).join('\n---\n')
        const read = readRuleFile(file, 'x.yml')
        const fast = compileRules(read.rules, [])
        for (const each of all) {
          // Compiled anew: it has seen nothing before.
          const plain = compileRules(read.rules, [], { prefilter: false })
          expect(judge(fast, each)).toEqual(judge(plain, each))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('does not take words for those of a line in which they only stand close together', () => {
    const rule = (id: string, selection: string) =>
      `title: x\nid: ${id}\nlogsource: {product: vigil, category: command}\ndetection: {a: {${selection}}, condition: a}\n`
    const read = readRuleFile(
      [rule('word', 'Args: needle'), rule('line', 'CommandLine|endswith: hay')].join('---\n'),
      'x.yml',
    )
    const ruleSet = compileRules(read.rules, [])
    const said = (fields: Fields) => judge(ruleSet, eventForTest(fields)).map((flag) => flag.rule)
    expect(said({ CommandLine: 'find hay', Args: ['hay'] })).toEqual(['line'])
    expect(said({ CommandLine: 'find hay', Args: ['needle'] })).toEqual(['word', 'line'])
    expect(said({ CommandLine: 'find needle hay', Args: ['needle', 'hay'] })).toEqual(['word', 'line'])
    expect(said({ CommandLine: 'find needlehay', Args: ['needle', 'hay'] })).toEqual(['word', 'line'])
    expect(said({ Args: ['needle'] })).toEqual(['word'])
    expect(said({ CommandLine: 'needle', Args: [] })).toEqual([])
  })

  it('knows texts that stand in everything that a pattern matches', () => {
    fc.assert(
      fc.property(
        regex,
        fc.constantFrom({}, { i: true }, { s: true }, { m: true }),
        fc.array(text, { maxLength: 6 }),
        (source, flags, texts) => {
          const compiled = compileRegex(source, flags)
          if (!('regex' in compiled)) return
          const literals = regexLiterals(source)
          for (const each of texts) {
            if (!matchesRegex(compiled.regex, each)) continue
            const isMet = literals.every((one) => one.some((literal) => fold(each).includes(literal)))
            expect(isMet, `${source} of ${JSON.stringify(each)}`).toBe(true)
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('compares a pattern that is a list of texts in disguise as the pattern would', () => {
    const written = fc.array(fc.oneof(piece, fc.constantFrom('(?:tar|gt?ar)', '/', '[abk]', '\\.', 's?', '(?i)')), {
      minLength: 1,
      maxLength: 4,
    })
    const sources = fc
      .tuple(fc.constantFrom('', '^', '(?i)', '(?i)^'), written, fc.constantFrom('', '$', '\\$'))
      .map(([start, all, end]) => start + all.join('') + end)
    fc.assert(
      fc.property(
        sources,
        fc.constantFrom('', 'i', 's', 'm'),
        fc.array(text, { minLength: 1, maxLength: 4 }),
        (source, flag, texts) => {
          const compiled = compileRegex(source, { [flag]: true })
          const list = regexTexts(source, flag)
          if (!('regex' in compiled) || list === undefined) return
          const { regex } = compiled
          const test = {
            field: 'CommandLine',
            tests: [{ kind: 'regex', source, flags: flag, regex } as const],
            all: false,
            negated: false,
          }
          const slots = new FieldSlots()
          const [one, several] = [
            compileValueTest('CommandLine', test.tests[0] as never, slots),
            compileFieldTest(test, slots),
          ]
          const view = new EventView(slots)
          for (const each of [...texts, ...list.texts, ...list.texts.map((known) => `x${known.toUpperCase()}\n`)]) {
            view.show(eventForTest({ CommandLine: each }))
            const expected = matchesRegex(regex, each)
            expect([one(view), several(view)], `${source} of ${JSON.stringify(each)}`).toEqual([expected, expected])
          }
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each([
    ['curl.*\\|\\s*(ba)?sh', [['curl'], ['sh'], ['|']]],
    ['-[a-z]*R\\s+\\d+', [['-'], ['r']]],
    ['stratum\\+(tcp|ssl)://', [['stratum+'], ['://'], ['tcp', 'ssl']]],
    ['(curl|wget)\\s', [['curl', 'wget']]],
    ['\\bnc\\b', [['nc']]],
    ['ab+c', [['ab'], ['c']]],
    ['/\\.{3,}', [['/...']]],
    ['(?i)SSH', [['ssh']]],
    ['^/(s[ab*]{3})$', [['sa', 'sb', 's*'], ['/']]],
    ['\\.\\.? +', [['. ', '.. ']]],
    ['[a\\\\]b', [['ab', '\\b']]],
    ['a|.*', []],
    ['.*', []],
    ['(abc)?', []],
    ['\\x41bc', []],
    ['é', []],
  ])('reads from %s that one of each of %j occurs', (source, expected) => {
    expect(regexLiterals(source)).toEqual(expected)
  })
})

describe('the scan for texts', () => {
  it('finds what looking for each text alone finds', () => {
    const word = fc
      .array(fc.constantFrom('a', 'b', 'c', 'é'), { minLength: 1, maxLength: 7 })
      .map((all) => all.join(''))
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1, maxLength: 12 }),
        fc.array(fc.constantFrom('a', 'b', 'c', 'é', 'x'), { maxLength: 30 }),
        (words, hay) => {
          const scan = new LiteralScan(words)
          const long = hay.join('').repeat(hay.length % 3 === 0 ? 8 : 1)
          const first = [...scan.found.subarray(0, scan.find(long))]
          const found = scan.found.subarray(0, scan.find(long))
          expect([...found]).toEqual(first)
          expect([...found].sort((a, b) => a - b)).toEqual(
            words.flatMap((each, index) => (long.includes(each) ? [index] : [])),
          )
        },
      ),
    )
  })
})
