import { describe, expect, it } from 'vitest'
import type { RuleView } from '../../server/protocol/rule-view.ts'
import { firedText, inOrder, placeText, ruleMatches, summaryText } from './rule-words.ts'

const rule = (title: string, more: Partial<RuleView> = {}): RuleView => ({
  id: title,
  title,
  severity: 'medium',
  kind: 'rule',
  looksAt: 'vigil command',
  techniques: [],
  tactics: [],
  atlas: [],
  falsePositives: [],
  flags: 0,
  sessions: 0,
  ...more,
})
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

  it('finds a rule by words of its title, behaviour, technique or file, in any order', () => {
    const rules = [
      rule('Opens a reverse tunnel', { behaviour: 'tunnel', techniques: ['T1572'], file: 'tunnel/ssh.yml' }),
      rule('Mines', { behaviour: 'mining', techniques: ['T1496.001'] }),
    ]
    expect(titles(rules.filter(ruleMatches('t1572')))).toEqual(['Opens a reverse tunnel'])
    expect(titles(rules.filter(ruleMatches('ssh.yml REVERSE')))).toEqual(['Opens a reverse tunnel'])
    expect(titles(rules.filter(ruleMatches('reverse mining')))).toEqual([])
    expect(rules.filter(ruleMatches(''))).toHaveLength(2)
  })

  it('says how many run, how many page and whether any fired', () => {
    expect(summaryText([rule('a'), rule('b', { severity: 'high' })])).toBe(
      '2 rules, 1 of them page; none has fired yet',
    )
    expect(summaryText([rule('a', { flags: 3 })])).toBe('1 rule, 0 of them page; 1 fired')
  })

  it('says how often a rule fired, and in how many sessions', () => {
    expect(firedText(rule('a'))).toBe('never')
    expect(firedText(rule('a', { flags: 12, sessions: 1 }))).toBe('12 × in 1 session')
  })

  it('names the place of a mistake as an editor opens it', () => {
    expect(placeText({ file: 'mine/bad.yml', line: 5, column: 3, message: 'x' })).toBe('mine/bad.yml:5:3')
  })
})
