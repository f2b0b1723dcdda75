// Patterns are compiled when they are first asked: what is wrong with one must be told before, when its rule is read.
import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { compileRegex } from './regex.ts'

const pieces =
  'a b é 1 - , / . * + ? | ^ $ ( ) (?: (?i) (?i: (?= (?<a> (?P<a> [ ] [^ [a-c] [c-a] [] [[:alpha:]] [\\b] [\\]\\b] { } {2} {,3} {3,} {9,2} {1001} {99} \\b \\B \\d \\w \\A \\z \\Q \\x41 \\u0041 \\p{L} \\1 \\_ \\- \\[ \\] \\" \\é \\'
const source = fc.array(fc.constantFrom(...pieces.split(' ')), { maxLength: 10 }).map((all) => all.join(''))

describe('A pattern', () => {
  it('that RE2 cannot do or that grows beyond bounds is refused when it is read, not when it is asked', () => {
    fc.assert(
      fc.property(source, fc.constantFrom({}, { i: true }, { m: true, s: true }), (text, flags) => {
        let size = Number.POSITIVE_INFINITY
        try {
          size = RE2JS.compile(text).programSize()
        } catch {
          // It stays endless.
        }
        const read = compileRegex(text, flags)
        expect('regex' in read, text).toBe(size <= 20_000)
        if ('regex' in read) read.regex.test('abc')
      }),
      { numRuns: 20_000 },
    )
  })

  it.each(['((a{99}){99}){99}', '(a{33}){33}', 'a{1001}', `${'('.repeat(999)}a${')'.repeat(999)}`, '(?=a)', '[\\b]'])(
    'such as %.20s is asked of RE2 at once',
    (text) => {
      let isTaken = true
      try {
        RE2JS.compile(text)
      } catch {
        isTaken = false
      }
      expect('regex' in compileRegex(text, {})).toBe(isTaken)
    },
  )
})
