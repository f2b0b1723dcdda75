import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maskText } from '../../protocol/secrets.ts'
import { compileRules } from './compile-rules.ts'
import { judge, matchesOf } from './judge.ts'
import { readRuleFile } from './read-rule-file.ts'
import { eventForTest, flagsOf, ruleTextForTest, selects } from './rule-for-test.ts'

describe('an event that an attacker made', () => {
  it.each([
    ['(a+)+$', `${'a'.repeat(60_000)}!`],
    ['(a|aa)+$', `${'a'.repeat(60_000)}!`],
    ['(.*a){12}', 'a'.repeat(11)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(60_000)],
  ])('does not make the pattern %s take for ever', (pattern, text) => {
    // Backtracking would not end within the life of the test.
    expect(selects(`CommandLine|re: '${pattern}'`, { CommandLine: text })).toBe(false)
  })

  it('does not hide behind length: the beginning and the end of a huge value are looked at', () => {
    const huge = 'x'.repeat(3_000_000)
    expect(selects('CommandLine|contains: needle', { CommandLine: `needle${huge}` })).toBe(true)
    expect(selects('CommandLine|endswith: needle', { CommandLine: `${huge}needle` })).toBe(true)
  })

  it('shows only an excerpt of itself, around what matched', () => {
    const rule = ruleTextForTest('a: {CommandLine|contains: needle}\nb: {Args: [x, y, z]}\ncondition: a and b')
    const fields = { CommandLine: `${'x'.repeat(5_000)} needle ${'y'.repeat(5_000)}`, Args: ['z'] }
    const [flag] = flagsOf(rule, eventForTest(fields))
    expect(flag?.matched.map(({ field }) => field)).toEqual(['CommandLine', 'Args'])
    expect(flag?.matched[0]?.value).toMatch(/^….* needle .*…$/)
    expect(flag?.matched[0]?.value.length).toBeLessThanOrEqual(201)
  })

  describe('with a secret that the excerpt cuts', () => {
    const secret = 'f3'.repeat(18)
    const shown = (line: string) => {
      const rule = ruleTextForTest('a: {CommandLine|contains: needle}\ncondition: a')
      return flagsOf(rule, eventForTest({ CommandLine: line }))[0]?.matched[0]?.value ?? ''
    }
    const far = 'x'.repeat(300)

    it('does not show the rest of it, which nobody could know as a secret any more', () => {
      // The excerpt begins in the secret, behind its name; it ends in the secret, before the sign that shows what it is.
      const begins = shown(`tool ${far} --token ${secret} needle -R ${far}`)
      expect(begins).toContain('needle -R')
      expect(begins).toContain('‹left out: password, 36 characters›')
      expect(begins).not.toContain('f3f3')
      const ends = shown(`${far} needle ${'y'.repeat(120)} https://me:${secret}@host ${far}`)
      expect(ends).toContain('‹left out: password in an address, 36 characters›')
      expect(ends).not.toContain('f3f3')
    })

    it('never shows in any place what would be masked in the whole text', () => {
      fc.assert(
        fc.property(fc.nat({ max: 260 }), fc.nat({ max: 260 }), (before, after) => {
          const [a, b] = ['a '.repeat(before), 'b '.repeat(after)]
          const line = `${far} --token ${secret} ${a}needle ${b}https://me:${secret}@host ${far}`
          expect(maskText(shown(line)).text).not.toContain('f3f3')
        }),
      )
    })

    it('shows a whole one as it is written, for whoever masks it, and what is no secret to the letter', () => {
      const whole = shown(`${far} needle --token ${secret} ${far}`)
      expect(whole).toContain(`needle --token ${secret}`)
      const plain = shown(`${far} needle --tokens ${secret} ${far}`)
      expect(plain).toContain(`needle --tokens ${secret}`)
    })
  })

  it('cannot make up fields that every object has', () => {
    const fields = JSON.parse('{"__proto__": {"Image": "/usr/bin/ssh"}, "CommandLine": "x"}')
    expect(selects('Image|endswith: /ssh', fields)).toBe(false)
  })

  it('says what it is about in a bounded text, however long it is', () => {
    const [flag] = flagsOf(
      ruleTextForTest('a: {Image: x}\ncondition: a'),
      eventForTest({ Image: 'x', CommandLine: 'y '.repeat(100_000) }),
    )
    expect(flag?.fingerprint.length).toBeLessThan(200)
  })

  describe('in one act with many others', () => {
    const two = `${ruleTextForTest('a: {CommandLine|contains: needle}\ncondition: a')}---
${ruleTextForTest("b: {CommandLine|re: 'ne+dle.*x'}\ncondition: b").replaceAll('ule-1', 'ule-2').replace('Rule', 'Rule 2')}`
    const { rules } = readRuleFile(two, 'rule.yml')
    const ruleSet = compileRules(rules, [])
    const long = (n: number) => eventForTest({ CommandLine: `${n} needle ${'y'.repeat(100_000)}` })
    const spend = () => {
      for (let n = 0; n < 40; n++) matchesOf(ruleSet, long(n), n > 0)
    }

    it('is not asked about for ever: what is left out is left out, and told', () => {
      spend()
      expect(matchesOf(ruleSet, long(-1), true)).toEqual([])
      expect(ruleSet.view.isCut).toBe(true)
    })

    it('hides no short one behind long ones', () => {
      spend()
      expect(matchesOf(ruleSet, eventForTest({ CommandLine: 'needle x' }), true)).toHaveLength(2)
    })

    it('takes nothing from the next act', () => {
      spend()
      expect(judge(ruleSet, long(-1)).map(({ notFully }) => notFully)).toEqual([undefined])
    })
  })
})
