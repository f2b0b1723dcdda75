// An entry more or fewer in context.yml: the rest of the text stays, and what is wrong is said instead of written.
import { describe, expect, it } from 'vitest'
import { addEntry, removeEntry } from './edit-allowlist.ts'
import { contextTemplate, readContexts } from './read-contexts.ts'

const all = { scope: 'all', name: '' } as const
const ctf = { scope: 'taskSet', name: 'ctf-web' } as const
const entry = { to: '203.0.113.0/24', ports: [443, '8000-8999'], why: 'the evaluation host' }

function textOf(edited: ReturnType<typeof addEntry>): string {
  if ('wrong' in edited) throw new Error(edited.wrong)
  return edited.text
}

function contextsOf(text: string) {
  const read = readContexts(text, 'context.yml')
  if ('problems' in read) throw new Error(read.problems[0]?.message)
  return read.contexts
}

describe('allowing a destination', () => {
  it.each([
    ['an empty text', ''],
    ['the template', contextTemplate],
    ['a text with another task set', '# ours\ntaskSets:\n  other:\n    destinations:\n      - { to: pypi.org }\n'],
  ])('writes it into %s, and leaves the comments', (_of, before) => {
    const after = textOf(addEntry(before, ctf, entry))
    expect(contextsOf(after).taskSets['ctf-web']?.destinations).toEqual([entry])
    for (const comment of before.split('\n').filter((line) => line.startsWith('#'))) expect(after).toContain(comment)
  })

  it('takes away exactly what was added', () => {
    const one = textOf(addEntry('', all, entry))
    const two = textOf(addEntry(one, all, { to: '.pypi.org', why: 'package mirror' }))
    const left = textOf(removeEntry(two, all, 0, entry.to))
    expect(contextsOf(left).all.destinations.map(({ to }) => to)).toEqual(['.pypi.org'])
    expect(contextsOf(textOf(removeEntry(left, all, 0, '.pypi.org'))).all.destinations).toEqual([])
  })

  it.each([
    [{ to: '0.0.0.0/0', why: 'everything' }, 'allows nearly every address'],
    [{ to: '.org', why: 'everything' }, 'allows a whole top-level domain'],
    [{ to: 'https://pypi.org', why: 'mirror' }, 'is a URL: write the host alone'],
    [{ to: 'pypi.org', ports: [70_000], why: 'mirror' }, 'port'],
  ])('says what is wrong with %j', (wrong, says) => {
    expect(addEntry('', all, wrong)).toMatchObject({ wrong: expect.stringContaining(says) })
  })

  it('says that an entry stands there already, and that a list changed in between', () => {
    const one = textOf(addEntry('', all, entry))
    expect(addEntry(one, all, entry)).toMatchObject({ isConflict: true })
    expect(removeEntry(one, all, 0, 'pypi.org')).toMatchObject({ isConflict: true })
    expect(removeEntry(one, ctf, 0, entry.to)).toMatchObject({ isConflict: true })
  })
})
