// Rules are compiled ahead, in slices: what is said of an event does not depend on it.
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { compileRules } from './detection/sigma/compile-rules.ts'
import { judge } from './detection/sigma/judge.ts'
import { readRuleFile } from './detection/sigma/read-rule-file.ts'
import { eventForTest, ruleTextForTest } from './detection/sigma/rule-for-test.ts'
import { loadShellReader } from './open-detection.ts'
import { warmRules } from './warm-rules.ts'

const texts = Array.from({ length: 100 }, (_, n) =>
  ruleTextForTest(
    `a: {CommandLine|re: '\\bword${n} +[a-z]{2,40}(?:one|two|three)+ .*[0-9]{1,9}'}\nb: {Image|endswith: /x}\ncondition: a or b`,
  ).replaceAll('ule-1', `ule-${n}`),
)
/** Read anew each time: a pattern that was compiled for one rule set is compiled for all that hold it. */
const load = () =>
  compileRules(
    texts.flatMap((text, n) => readRuleFile(text, `${n}.yml`).rules),
    [],
  )
const readShell = await loadShellReader()
const fail = (error: unknown) => {
  throw error
}

describe('rules that are compiled ahead', () => {
  it('leave nothing to compile, and say the same as those that are compiled when asked', () => {
    const warm = load()
    expect([...warm.warm()].length).toBeGreaterThan(warm.rules.length)
    expect([...warm.warm()]).toEqual([])
    const cold = load()
    for (const CommandLine of ['word7 abcone 1', 'word8', 'git status']) {
      const event = eventForTest({ Image: '/usr/bin/git', CommandLine })
      expect(judge(warm, event)).toEqual(judge(cold, event))
    }
    expect(judge(warm, eventForTest({ Image: '/usr/bin/x', CommandLine: 'word7 abcone 1' }))).toHaveLength(100)
  })

  it('are done after some turns in which other things are done too', async () => {
    const ruleSet = load()
    warmRules(ruleSet, readShell, fail)
    for (let turns = 0; turns < 2_000; turns++) await turn()
    expect([...ruleSet.warm()]).toEqual([])
  })

  it('stay as they are once it is stopped', async () => {
    const ruleSet = load()
    const stop = warmRules(ruleSet, readShell, fail)
    stop()
    for (let turns = 0; turns < 100; turns++) await turn()
    expect([...ruleSet.warm()]).toHaveLength([...load().warm()].length)
  })
})
