// Hostile text: what must be seen, and what may never come out.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { visibleSegments, visibleText } from './visible-text.ts'

const forbidden =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u00AD\u{E0000}-\u{E007F}]/u

describe('visible text', () => {
  it('leaves an ordinary command as it is', () => {
    expect(visibleText('ssh -fN -R 0.0.0.0:2222 ops@203.0.113.40')).toBe('ssh -fN -R 0.0.0.0:2222 ops@203.0.113.40')
  })

  it('leaves words of other scripts and emoji as they are', () => {
    expect(visibleText('naïve 日本語 עברית 🚀')).toBe('naïve 日本語 עברית 🚀')
  })

  it('names a right-to-left override instead of obeying it', () => {
    expect(visibleText('invoice\u202Efdp.exe')).toBe('invoice⟨RLO⟩fdp.exe')
  })

  it('names an escape sequence, so that no colour or cursor movement survives', () => {
    expect(visibleText('\u001b[2Jclean\u009b0m')).toBe('⟨ESC⟩[2Jclean⟨U+009B⟩0m')
  })

  it('spells out tag characters that would carry a hidden instruction', () => {
    expect(visibleText('ok\u{E0061}\u{E0062}')).toBe('ok⟨tag a⟩⟨tag b⟩')
  })

  it('marks a lone surrogate and keeps a whole pair', () => {
    expect(visibleText('a\ud800b😀')).toBe('a⟨U+D800⟩b😀')
  })

  it('collapses a flood of combining marks into a count', () => {
    expect(visibleText(`z${'\u0301'.repeat(40)}`)).toBe('z⟨40 marks⟩')
  })

  it('makes a line feed visible on one line and keeps it in a fenced block', () => {
    expect(visibleText('a\nb')).toBe('a⏎b')
    expect(visibleText('a\nb', { multiline: true })).toBe('a\nb')
  })

  it('cuts long text softly, says how much is missing and never splits a pair', () => {
    expect(visibleText(`${'a'.repeat(9)}😀${'b'.repeat(10)}`, { max: 10 })).toBe('aaaaaaaaa… 12 more')
  })

  it('never lets a control, bidirectional, zero-width, tag or broken character through, whatever comes in', () => {
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0xe0000, max: 0xe01ef }).map((code) => String.fromCodePoint(code)),
      fc.constantFrom('\u202e', '\u2066', '\u200b', '\u001b', '\u0000', '\u2028'),
    )
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), fc.integer({ min: 1, max: 60 }), (units, max) => {
        expect(visibleText(units.join(''), { max })).not.toMatch(forbidden)
      }),
      { numRuns: 2_000 },
    )
  })

  it('says the same in segments as in one string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(
          visibleSegments(text)
            .map((segment) => segment.text)
            .join(''),
        ).toBe(visibleText(text))
      }),
    )
  })
})
