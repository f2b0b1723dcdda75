import { describe, expect, it } from 'vitest'
import type { RuleView } from '../../server/protocol/rule-view.ts'
import { ruleForTest as rule } from './rule-for-test.ts'
import { editPath, rulePath } from './rule-path.ts'
import {
  barHeights,
  firedText,
  inOrder,
  inSteadyOrder,
  isShown,
  kindText,
  placeText,
  precisionWords,
  ruleMatches,
  type Show,
  stateMarks,
  summaryText,
} from './rule-words.ts'

const titles = (rules: readonly RuleView[]) => rules.map(({ title }) => title)

describe('the room of rules', () => {
  it('puts what fired first, the newest on top, and then what pages', () => {
    const rules = [
      rule('quiet'),
      rule('page', { severity: 'critical' }),
      rule('old', { lastAtMs: 1, flags: 1 }),
      rule('new', { lastAtMs: 2, flags: 1, severity: 'low' }),
    ]
    expect(titles(inOrder(rules))).toEqual(['new', 'old', 'page', 'quiet'])
  })

  it('leaves every row where it is while a hand is on the list, and puts a new rule at the end', () => {
    const before = ['a', 'b']
    const rules = [rule('b', { lastAtMs: 9 }), rule('fresh', { lastAtMs: 10 }), rule('a')]
    expect(titles(inSteadyOrder(rules, before))).toEqual(['a', 'b', 'fresh'])
    expect(titles(inOrder(rules))).toEqual(['fresh', 'b', 'a'])
  })

  it('finds a rule by words of its title, behaviour, technique or text’s name, in any order', () => {
    const rules = [
      rule('Opens a reverse tunnel', {
        behaviour: 'tunnel',
        techniques: ['T1572'],
        document: 'pack/tunnel/ssh.yml',
      }),
      rule('Mines', { behaviour: 'mining', techniques: ['T1496.001'] }),
    ]
    expect(titles(rules.filter(ruleMatches('t1572')))).toEqual(['Opens a reverse tunnel'])
    expect(titles(rules.filter(ruleMatches('ssh.yml REVERSE')))).toEqual(['Opens a reverse tunnel'])
    expect(titles(rules.filter(ruleMatches('reverse mining')))).toEqual([])
    expect(rules.filter(ruleMatches(''))).toHaveLength(2)
  })

  it.each<[Show, string[]]>([
    ['all', ['plain', 'fired', 'page', 'off', 'excepted', 'acts', 'changed', 'mine']],
    ['fired', ['fired']],
    ['pages', ['page']],
    ['limited', ['off', 'excepted']],
    ['automatic', ['acts']],
    ['edited', ['changed', 'mine']],
    ['problems', []],
  ])('shows under "%s" what the word says', (show, expected) => {
    const rules = [
      rule('plain'),
      rule('fired', { flags: 1 }),
      rule('page', { severity: 'high' }),
      rule('off', { isEnabled: false }),
      rule('excepted', { exceptions: 2 }),
      rule('acts', { automatic: { action: 'pause', minutes: 10 } }),
      rule('changed', { isEdited: true }),
      rule('mine', { origin: 'console' }),
    ]
    expect(titles(rules.filter((each) => isShown(each, show)))).toEqual(expected)
  })

  it('says how many run, how many page, how many fired and how many are off', () => {
    expect(summaryText([rule('a'), rule('b', { severity: 'high' })])).toBe(
      '2 rules, 1 of them page; none fired in 7 days',
    )
    expect(summaryText([rule('a', { flags: 3 }), rule('b', { isEnabled: false })])).toBe(
      '2 rules, 0 of them page; 1 fired in 7 days; 1 off',
    )
  })

  it('says how often a rule fired, and in how many sessions', () => {
    expect(firedText(rule('a'))).toBe('not in 7 days')
    expect(firedText(rule('a', { flags: 12, sessions: 1 }))).toBe('12 × in 1 session')
  })

  it('counts precision over what was judged, and a drill says nothing of it', () => {
    expect(precisionWords({ true: 9, false: 1, drill: 5 })).toEqual({ percent: '90%', counts: '9 of 10' })
    expect(precisionWords({ true: 0, false: 0, drill: 5 })).toBeUndefined()
  })

  it('marks what makes a rule other than its text says: off first, then what it does by itself', () => {
    const changed = rule('a', {
      isEnabled: false,
      isEdited: true,
      exceptions: 1,
      automatic: { action: 'cut-network', minutes: 30 },
    })
    expect(stateMarks(changed).map(({ word }) => word)).toEqual([
      'off',
      'cuts the network for 30 minutes',
      '1 exception',
      'edited',
    ])
    expect(stateMarks(rule('a'))).toEqual([])
  })

  it('says what kind of thing it is and whose', () => {
    expect(kindText(rule('a'))).toBe('rule, Vigil’s own pack')
    expect(kindText(rule('a', { kind: 'correlation', origin: 'folder' }))).toBe('correlation, a file of yours')
    expect(kindText(rule('a', { kind: 'detector', origin: 'detector' }))).toBe('a detector in the code')
  })

  it('never draws a day with one flag as a day without', () => {
    expect(barHeights([0, 1, 1_000])).toEqual([0, 0.18, 1])
    expect(barHeights([0, 0])).toEqual([0, 0])
  })

  it('names the place of a mistake as an editor opens it', () => {
    expect(placeText({ file: 'mine/bad.yml', line: 5, column: 3 })).toBe('mine/bad.yml:5:3')
  })
})

describe('links of the room of rules', () => {
  it('carry an id or a name whole, whatever it holds', () => {
    expect(rulePath('a/../b?c&d')).toBe('/rules/rule?id=a%2F..%2Fb%3Fc%26d')
    expect(editPath('pack/tunnel/ssh.yml', { line: 3, column: 5 })).toBe(
      '/rules/edit?name=pack%2Ftunnel%2Fssh.yml&line=3&column=5',
    )
    expect(editPath()).toBe('/rules/edit')
  })
})
