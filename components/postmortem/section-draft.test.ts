// given a draft and what stands, when the page is opened again or somebody else has saved, then nothing that anybody wrote is lost unseen.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WrittenSection } from '../../server/protocol/postmortem-section.ts'
import { citationOf, sectionParts } from '../../server/protocol/postmortem-section.ts'
import { bothIn, type Draft, draftKey, draftOf, overIt, standingOf, withLine } from './section-draft.ts'

const draft = (change: Partial<Draft> = {}): Draft => ({ text: 'No gate.', basedOn: 1, atMs: 5, ...change })
const stands = (change: Partial<WrittenSection> = {}): WrittenSection => ({
  section: 'causes',
  text: 'It was the probe.',
  by: { type: 'operator', id: 'eve', name: 'Eve' },
  atMs: 4,
  version: 1,
  ...change,
})
const factId = '0b5e2f3a-0000-4000-8000-000000000001'

describe('a draft', () => {
  it('is read back as it was kept, and anything else that lies in its place is none', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, basedOn) => {
        const kept = draft({ text, basedOn })
        expect(draftOf(JSON.stringify(kept))).toEqual(kept)
      }),
    )
    for (const strange of [null, '', 'x', '{}', '{"text":1}', '{"text":"x","basedOn":-1,"atMs":1}'])
      expect(draftOf(strange)).toBeUndefined()
  })

  it('is of one person, one incident and one section', () => {
    const keys = [draftKey('a', 'INC-1', 'causes'), draftKey('b', 'INC-1', 'causes'), draftKey('a', 'INC-2', 'causes')]
    expect(new Set([...keys, draftKey('a', 'INC-1', 'summary')]).size).toBe(4)
  })

  it('is ahead of the version that it goes on from, and overtaken by any other', () => {
    expect(standingOf(draft(), stands())).toBe('ahead')
    expect(standingOf(draft({ basedOn: 0 }), undefined)).toBe('ahead')
    expect(standingOf(draft({ basedOn: 0 }), stands())).toBe('overtaken')
    expect(standingOf(draft(), stands({ version: 2 }))).toBe('overtaken')
    expect(standingOf(draft(), undefined)).toBe('overtaken')
  })

  it('is no draft any more once it is what stands, whoever saved it', () => {
    expect(standingOf(draft({ basedOn: 0 }), stands({ text: 'No gate.\n' }))).toBe('same')
    expect(standingOf(draft({ text: '', basedOn: 0 }), undefined)).toBe('same')
  })

  it('that was overtaken goes on with both texts, or in the place of the other, and is then ahead', () => {
    const newer = stands({ version: 4 })
    const both = bothIn(draft(), newer, 9)
    expect(both).toEqual({ text: 'It was the probe.\n\nNo gate.', basedOn: 4, atMs: 9 })
    expect(standingOf(both, newer)).toBe('ahead')
    expect(standingOf(overIt(draft(), newer, 9), newer)).toBe('ahead')
    expect(overIt(draft(), newer, 9).text).toBe('No gate.')
  })
})

describe('a fact that is cited', () => {
  it('stands on a line of its own, wherever the cursor was, and all the text stays', () => {
    const line = citationOf(factId)
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ' ', '\n', '[') }), fc.nat(), (text, n) => {
        const at = text.length === 0 ? 0 : n % (text.length + 1)
        const cited = withLine(text, at, line)
        expect(sectionParts(cited).filter(({ type }) => type === 'evidence')).toEqual([
          { type: 'evidence', id: factId },
        ])
        expect(cited.replace(line, '').replaceAll('\n', '')).toBe(text.replaceAll('\n', ''))
      }),
    )
  })

  it('is nothing but text where it names no fact or stands among words', () => {
    for (const text of ['[[evidence x]]', `see ${citationOf(factId)}`, `[[evidence ${'-'.repeat(36)}]]`])
      expect(sectionParts(text)).toEqual([{ type: 'text', text }])
  })

  it('leaves the text before and after it in order', () => {
    expect(sectionParts(`a\n\n${citationOf(factId)}\r\nb`)).toEqual([
      { type: 'text', text: 'a\n' },
      { type: 'evidence', id: factId },
      { type: 'text', text: 'b' },
    ])
  })
})
