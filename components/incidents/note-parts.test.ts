// given what somebody wrote in a note, when it is shown, then it can be emphasised and lead to our own pages, and can do nothing else.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noteBlocks, ownHref, spansOf } from './note-parts.ts'

const textOf = (text: string) =>
  noteBlocks(text).flatMap((block) =>
    block.type === 'heading' ? block.spans : (block.type === 'list' ? block.items : block.lines).flat(),
  )

describe('a note', () => {
  it('has bold words, code and lists', () => {
    expect(noteBlocks('Tunnel peer is **ours**:\n- see `ssh -R`\n- keep\n\n1. image it')).toEqual([
      {
        type: 'lines',
        lines: [
          [
            { type: 'text', text: 'Tunnel peer is ' },
            { type: 'bold', text: 'ours' },
            { type: 'text', text: ':' },
          ],
        ],
      },
      {
        type: 'list',
        ordered: false,
        items: [
          [
            { type: 'text', text: 'see ' },
            { type: 'code', text: 'ssh -R' },
          ],
          [{ type: 'text', text: 'keep' }],
        ],
      },
      { type: 'list', ordered: true, items: [[{ type: 'text', text: 'image it' }]] },
    ])
  })

  it('has headings, which end what stood before them', () => {
    expect(noteBlocks('before\n## Why **us**\nafter\n#no heading')).toEqual([
      { type: 'lines', lines: [[{ type: 'text', text: 'before' }]] },
      {
        type: 'heading',
        spans: [
          { type: 'text', text: 'Why ' },
          { type: 'bold', text: 'us' },
        ],
      },
      { type: 'lines', lines: [[{ type: 'text', text: 'after' }], [{ type: 'text', text: '#no heading' }]] },
    ])
  })

  it('links a moment of this console, bare or named, and leaves the full stop outside', () => {
    expect(spansOf('see /sessions/ep-1?at=12. Or [the rule](/rules/rule?id=x)')).toEqual([
      { type: 'text', text: 'see ' },
      { type: 'link', text: '/sessions/ep-1?at=12', href: '/sessions/ep-1?at=12' },
      { type: 'text', text: '. Or ' },
      { type: 'link', text: 'the rule', href: '/rules/rule?id=x' },
    ])
  })

  it('shows the mark-up of anything that leads elsewhere as it was written', () => {
    for (const text of [
      '[here](https://evil.example)',
      '[here](//evil.example)',
      '[here](javascript:alert(1))',
      '[here](/live/../../x)',
      '[here](/live//evil.example)',
      '[here](/live/%2E%2e/x)',
      '[here](/api/incidents)',
      '<img src=x onerror=alert(1)>',
    ])
      expect(textOf(text), text).toEqual([{ type: 'text', text }])
  })

  it('never leads anywhere but into this console, whatever is written, and loses no visible character of a line without marks', () => {
    const piece = fc.constantFrom(
      '/live',
      '/sessions/',
      '//',
      '..',
      'https://',
      '[',
      '](',
      ')',
      '`',
      '**',
      'a',
      ' ',
      '\\',
      '@',
      ':',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('')
        for (const span of spansOf(text))
          if (span.type === 'link') {
            const url = new URL(span.href, 'http://vigil.test')
            expect(url.origin).toBe('http://vigil.test')
            expect(url.pathname).toMatch(/^\/(live|sessions)/)
            expect(ownHref(span.href)).toBe(span.href)
          }
        if (!/[`*[\]/]/.test(text))
          expect(
            spansOf(text)
              .map((span) => span.text)
              .join(''),
          ).toBe(text)
      }),
    )
  })

  it('is read in time that does not grow out of hand, however it is made', () => {
    const started = performance.now()
    for (const text of ['**'.repeat(10_000), '['.repeat(20_000), '`'.repeat(20_000), '/a'.repeat(10_000)])
      noteBlocks(text)
    expect(performance.now() - started).toBeLessThan(3_000)
  })
})
