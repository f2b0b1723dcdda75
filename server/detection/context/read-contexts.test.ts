// The text of contexts as an operator writes it: what it says, and where it is wrong.
import { describe, expect, it } from 'vitest'
import { contextTemplate, readContexts } from './read-contexts.ts'

const problemsOf = (text: string) => {
  const read = readContexts(text, 'context.yml')
  return 'problems' in read ? read.problems : []
}

describe('the text of contexts', () => {
  it('is nothing at all, or comments alone: then nothing is allowed, protected or owned', () => {
    for (const text of ['', '# later\n', contextTemplate])
      expect(readContexts(text, 'context.yml')).toMatchObject({ contexts: { taskSets: {}, runs: {} } })
  })

  it('is read whole when the template is taken out of its comments', () => {
    const text = contextTemplate.replaceAll(/^#(?=(all|taskSets|runs| {2}))/gm, '')
    expect(problemsOf(text)).toEqual([])
    expect(readContexts(text, 'context.yml')).toMatchObject({
      contexts: {
        all: { destinations: [{ to: '.pypi.org', ports: [443] }, { to: '10.2.0.0/16' }] },
        taskSets: { 'ctf-web': { rules: [{ rule: 'vigil-fan-out', to: 'silent' }] } },
      },
    })
  })

  it('says where a value is wrong and what to write', () => {
    const text = 'all:\n  destinations:\n    - { to: pypi.org }\n    - { to: "https://pypi.org" }\n'
    expect(problemsOf(text)).toEqual([
      expect.objectContaining({ line: 4, message: expect.stringContaining('write the host alone') }),
    ])
  })

  it('says where a key is misspelled, and where it is no YAML', () => {
    expect(problemsOf('all:\n  destination: []\n')[0]).toMatchObject({ line: 1 })
    expect(problemsOf('all: {\n')[0]?.line).toBeGreaterThan(0)
    expect(problemsOf('all: {}\n---\nall: {}\n')[0]?.message).toContain('One document')
  })
})
