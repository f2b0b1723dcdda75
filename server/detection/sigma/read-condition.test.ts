import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fires } from './rule-for-test.ts'

/** Selections a, b, c match where their letter stands in the line. */
function holds(condition: string, letters: string): boolean {
  const selections = ['a', 'b', 'c', 'sel_a', 'sel_b', '_hidden']
    .map((name) => `${name}: {CommandLine|contains: '${name.at(-1)}'}`)
    .join('\n')
  return fires(`${selections}\ncondition: ${condition}`, { CommandLine: letters })
}

describe('a condition', () => {
  it.each([
    ['a and b or c', 'c', true],
    ['a and (b or c)', 'c', false],
    ['a or b and c', 'a', true],
    ['(a or b) and c', 'a', false],
    ['not a and b', 'b', true],
    ['not a and b', '', false],
    ['not (a and b)', 'a', true],
    ['not a or b', 'ab', true],
    ['not not a', 'a', true],
    ['a and not b and not c', 'a', true],
    ['a and not b and not c', 'ac', false],
    ['a AND NOT b', 'a', true],
    ['((a))', 'a', true],
    ['1 of sel_*', 'b', true],
    ['1 of sel_*', 'c', false],
    ['all of sel_*', 'a', false],
    ['all of sel_*', 'ab', true],
    ['any of sel_*', 'b', true],
    ['1 of *_a', 'a', true],
    ['1 of s*_b', 'b', true],
    ['all of sel_a', 'a', true],
    ['not 1 of sel_*', 'c', true],
    ['c and not 1 of sel_*', 'ca', false],
    ['1 of them and not c', 'a', true],
    ['not a and 1 of them', 'b', true],
  ])('%s of "%s" is %s', (condition, letters, expected) => {
    expect(holds(condition, letters)).toBe(expected)
  })

  it('leaves selections that start with an underscore out of `them`', () => {
    expect(holds('all of them', 'abc')).toBe(true)
    expect(holds('1 of them', 'n')).toBe(false)
    expect(holds('_hidden', 'n')).toBe(true)
    expect(holds('1 of _*', 'n')).toBe(true)
  })

  it('holds when one of a list of conditions does', () => {
    const detection = 'a: {CommandLine: a}\nb: {CommandLine: b}\ncondition: [a, b]'
    expect(fires(detection, { CommandLine: 'b' })).toBe(true)
    expect(fires(detection, { CommandLine: 'c' })).toBe(false)
  })

  it('may name selections like words of its own', () => {
    expect(fires('and: {CommandLine: x}\nof: {CommandLine: y}\ncondition: and or of', { CommandLine: 'y' })).toBe(true)
  })

  it('means what the same words mean in JavaScript', () => {
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('a', 'b', 'c'),
        fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `${left} and ${right}`),
        fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `${left} or ${right}`),
        tie('tree').map((inner) => `not ${inner}`),
        tie('tree').map((inner) => `(${inner})`),
      ),
    }))
    fc.assert(
      fc.property(tree, fc.subarray(['a', 'b', 'c']), (condition, letters) => {
        const source = condition
          .replaceAll('and', '&&')
          .replaceAll('or', '||')
          .replaceAll('not', '!')
          .replace(/[abc]/g, (letter) => String(letters.includes(letter)))
        expect(holds(condition, letters.join(''))).toBe(new Function(`return ${source}`)())
      }),
      { numRuns: 150 },
    )
  })
})
