import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fold } from './fold.ts'
import { compilePattern, printPattern, readTextPattern } from './text-pattern.ts'

const matches = (pattern: string, text: string) => compilePattern(readTextPattern(pattern), false)(fold(text))

describe('wildcards', () => {
  it.each([
    ['a*c', 'abbbc', true],
    ['a*c', 'ac', true],
    ['a*c', 'acb', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['a?c', 'a😀c', true],
    ['??', 'ab', true],
    ['??', 'abc', false],
    ['*', '', true],
    ['?', '', false],
    ['', '', true],
    ['', 'a', false],
    ['**a**', 'xxaxx', true],
    ['*a?', 'aab', true],
    ['*?', 'a', true],
    ['?*', '', false],
    ['a*b*c', 'a b b c', true],
    ['a*b*c', 'a c b', false],
    ['*ab', 'abab', true],
    ['ab*ab', 'ab', false],
    ['ab*ab', 'abab', true],
    ['*a*b*', 'b a', false],
    ['x*?y', 'xy', false],
    ['x*?y', 'xzy', true],
  ])('%s of "%s" is %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })
})

describe('backslashes, exactly as the specification lists them', () => {
  it.each([
    ['a plain backslash before anything else', '\\bin', '\\bin', true],
    ['a doubled one is one', 'a\\\\b', 'a\\b', true],
    ['before a star, the star is plain', '\\*', '*', true],
    ['and no wildcard', 'a\\*', 'abc', false],
    ['before a question mark likewise', 'a\\?', 'a?', true],
    ['and no wildcard either', 'a\\?', 'ab', false],
    ['doubled before a star: a backslash, then anything', 'a\\\\*', 'a\\xyz', true],
    ['but a backslash there must be', 'a\\\\*', 'axyz', false],
    ['three before a star: backslash and star', '\\\\\\*', '\\*', true],
    ['and nothing else', '\\\\\\*', '\\x', false],
    ['three are two', 'a\\\\\\b', 'a\\\\b', true],
    ['four are two', 'a\\\\\\\\b', 'a\\\\b', true],
    ['the last one is itself', 'a\\', 'a\\', true],
  ])('%s', (_, pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })
})

describe('a pattern', () => {
  const pieces = fc
    .array(fc.constantFrom('a', 'b', 'A', '*', '?', '\\', '\\*', '\\\\'), { maxLength: 12 })
    .map((all) => all.join(''))
  const texts = fc
    .array(fc.constantFrom('a', 'b', 'A', '*', '?', '\\', '\n'), { maxLength: 12 })
    .map((all) => all.join(''))

  it('means what a plain reading of it as a regular expression means', () => {
    fc.assert(
      fc.property(pieces, texts, (pattern, text) => {
        const source = readTextPattern(pattern)
          .map((part) =>
            typeof part === 'string'
              ? part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
              : part.description === '*'
                ? '.*'
                : '.',
          )
          .join('')
        expect(matches(pattern, text)).toBe(new RegExp(`^${source}$`, 'isu').test(text))
      }),
      { numRuns: 2_000 },
    )
  })

  it('reads as itself again once it is printed', () => {
    fc.assert(
      fc.property(pieces, (pattern) => {
        const read = readTextPattern(pattern)
        expect(readTextPattern(printPattern(read))).toEqual(read)
      }),
    )
  })

  it('does not explode on what an attacker makes of it', () => {
    expect(matches('*a*a*a*a*a*a*a*a*b', 'a'.repeat(100_000))).toBe(false)
    expect(matches('*?a?a?a?a*b', 'a'.repeat(50_000))).toBe(false)
  })
})
