// Every rule of our pack: it loads, says what a person needs to know, fires on its examples and stays silent on their benign twins.
import { dirname } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openShellReaderForTest } from '../shell/open-shell-reader-for-test.ts'
import type { ReadShell } from '../shell/shell-reading.ts'
import { loadRulePackForTest } from './load-rule-pack-for-test.ts'
import { playExample } from './play-example.ts'

const pack = loadRulePackForTest()
const all = [...pack.rules, ...pack.correlations]
const where = ({ file, line, message }: { file: string; line: number; message: string }) => `${file}:${line} ${message}`

let readShell: ReadShell
beforeAll(async () => {
  readShell = await openShellReaderForTest()
})

describe('the rule pack', () => {
  it('loads without a problem, an unsupported construct or a note', () => {
    expect([...pack.problems, ...pack.unsupported, ...pack.notes, ...pack.ruleSet.problems].map(where)).toEqual([])
  })

  it('has titles that tell rules apart', () => {
    const titles = all.map(({ title }) => title)
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([])
  })
})

describe.each(all.map((rule) => ({ rule, name: `${rule.file} (${rule.title})` })))('$name', ({ rule }) => {
  const silent = pack.ruleSet.rules.find((each) => each.rule === rule)?.isSilent === true

  it('says who it is and what it is about', () => {
    expect(rule.title).not.toBe('')
    expect(rule.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    // A rule that only feeds the correlation beside it raises nothing that a person would read.
    if (silent) return
    expect(rule.description, 'description').toBeTruthy()
    expect(rule.falsePositives.length, 'falsepositives').toBeGreaterThan(0)
    expect(rule.techniques.length, 'a tag such as attack.t1572').toBeGreaterThan(0)
    expect(rule.tactics.length, 'a tag such as attack.command-and-control').toBeGreaterThan(0)
    expect(rule.vigil?.why, 'vigil.why').toBeTruthy()
    expect(rule.vigil?.response, 'vigil.response').toBeTruthy()
  })

  it('lies in the folder of its behaviour', () => {
    if (!silent) expect(rule.vigil?.behaviour).toBe(dirname(rule.file))
  })

  it('fires on its examples and stays silent on their benign twins', () => {
    if (silent) return
    const { fires, silent: twins } = rule.vigil?.examples ?? { fires: [], silent: [] }
    expect(fires.length, 'examples that fire').toBeGreaterThan(0)
    expect(twins.length, 'benign twins').toBeGreaterThan(0)
    const firesOn = (example: (typeof fires)[number]) =>
      playExample(example, pack.ruleSet, readShell).some((flag) => flag.rule === rule.id)
    expect(
      fires.filter((example) => !firesOn(example)),
      'must fire on',
    ).toEqual([])
    expect(twins.filter(firesOn), 'must stay silent on').toEqual([])
  })
})
