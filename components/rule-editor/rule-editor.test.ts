// The text of a rule while somebody changes it: places, marks, drafts, and what check and backtest say of it.
import { describe, expect, it } from 'vitest'
import type { BacktestFlag, BacktestView, RuleCheckView } from '../../server/protocol/rule-view.ts'
import { RuleDocumentName } from '../../server/protocol/rule-view.ts'
import {
  changeText,
  differenceOf,
  hoursText,
  lostText,
  outcomeText,
  progressShare,
  progressText,
} from './backtest-words.ts'
import { blocking, examplesText, marksOf, purposeOf, verdictText } from './check-words.ts'
import { dropDraft, type Kept, keepDraft, readDraft } from './draft.ts'
import { removalWords } from './removal-words.ts'
import { indentAt, lineCount, marksByLine, offsetOf, suggestedName } from './text-place.ts'

describe('a place in the text', () => {
  const text = 'title: a\ndetection:\n  sel:\n'

  it('is found by line and column, both counted from 1', () => {
    expect(lineCount(text)).toBe(4)
    expect(text.slice(offsetOf(text, 1, 8))).toMatch(/^a/)
    expect(text.slice(offsetOf(text, 3, 3))).toMatch(/^sel/)
  })

  it('stays inside the text and inside its line, whatever the server names', () => {
    expect(offsetOf(text, 1, 99)).toBe('title: a'.length)
    expect(offsetOf(text, 99, 1)).toBe(text.length)
    expect(offsetOf('', 1, 1)).toBe(0)
    expect(offsetOf(text, 2, 0)).toBe(offsetOf(text, 2, 1))
  })

  it('begins a new line with the blanks of the line before it', () => {
    expect(indentAt(text, offsetOf(text, 3, 99))).toBe('  ')
    expect(indentAt(text, offsetOf(text, 2, 99))).toBe('')
    // In the middle of the blanks: no more than stand before the cursor.
    expect(indentAt(text, offsetOf(text, 3, 2))).toBe(' ')
  })

  it('is marked once a line, and a mistake counts more than what is only not supported', () => {
    const mark = (line: number, message: string, isBlocking: boolean) => ({ line, column: 1, message, isBlocking })
    const byLine = marksByLine([mark(2, 'near', false), mark(2, 'level', true), mark(3, 'base64', false)])
    expect([...byLine.values()].map(({ message }) => message)).toEqual(['level', 'base64'])
  })
})

describe('the name of a new text', () => {
  it('comes from its first title, and is always one that can be saved', () => {
    expect(suggestedName('title: Opens a reverse tunnel (SSH)\nid: x')).toBe('console/opens-a-reverse-tunnel-ssh.yml')
    for (const text of ['', 'title: ', 'title: 漢字', `title: ${'very '.repeat(60)}long`, 'title: "a/../b"'])
      expect(RuleDocumentName.safeParse(suggestedName(text)).success).toBe(true)
  })
})

describe('unsaved text', () => {
  const tab = (): Kept & { kept: Map<string, string> } => {
    const kept = new Map<string, string>()
    return {
      kept,
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    }
  }

  it('is kept by the tab for each text by its name, with the version on which it was written', () => {
    const kept = tab()
    keepDraft(kept, 'pack/a.yml', { text: 'mine', base: 2 })
    expect(readDraft(kept, 'pack/a.yml')).toEqual({ text: 'mine', base: 2 })
    expect(readDraft(kept, 'pack/b.yml')).toBeUndefined()
    dropDraft(kept, 'pack/a.yml')
    expect(readDraft(kept, 'pack/a.yml')).toBeUndefined()
  })

  it('is as if it were not there where the browser keeps nothing or something else', () => {
    const full: Kept = {
      getItem: () => '{"half": ',
      setItem: () => {
        throw new Error('quota')
      },
      removeItem: () => undefined,
    }
    expect(readDraft(full, 'pack/a.yml')).toBeUndefined()
    expect(keepDraft(full, 'pack/a.yml', { text: 'mine', base: 0 })).toBe(false)
  })
})

describe('what a check says', () => {
  const problem = (message: string, construct?: string) => ({
    file: 'console/a.yml',
    line: 1,
    column: 2,
    message,
    ...(construct !== undefined && { construct }),
  })
  const rule = { id: '1', title: 'a', severity: 'low', kind: 'rule', looksAt: 'linux' } as const
  const example = (isAsExpected: boolean) => ({ rule: '1', expects: 'fires' as const, text: 'ssh', isAsExpected })
  const check = (more: Partial<RuleCheckView>): RuleCheckView => ({
    rules: [rule],
    problems: [],
    examples: [],
    ...more,
  })

  it('counts the rules that were found, and says when the text cannot be saved', () => {
    expect(verdictText(check({}), undefined)).toBe('1 rule found')
    expect(verdictText(check({ problems: [problem('no level "loud"')] }), undefined)).toBe(
      '1 mistake: as it is, it cannot be saved',
    )
    expect(verdictText(check({ rules: [] }), purposeOf('context.yml'))).toBe('The context is understood')
    expect(verdictText(check({ rules: [] }), purposeOf('policy.yml'))).toBe('The policy is understood')
  })

  it('lets what is valid Sigma and not done here stand, and names it', () => {
    const problems = [problem('it needs a graph', 'near')]
    expect(blocking(problems)).toEqual([])
    expect(verdictText(check({ problems }), undefined)).toBe('1 rule found; 1 thing in it cannot be done here')
    expect(marksOf(problems)).toEqual([
      { line: 1, column: 2, message: 'not supported, near: it needs a graph', isBlocking: false },
    ])
  })

  it('says how many examples did as they should', () => {
    expect(examplesText(check({}))).toBeUndefined()
    expect(examplesText(check({ examples: [example(true), example(true)] }))).toBe('2 examples played, as expected')
    expect(examplesText(check({ examples: [example(true), example(false)] }))).toBe('1 of 2 examples as expected')
  })
})

describe('what a backtest says', () => {
  const flag = (atMs: number, more: Partial<BacktestFlag> = {}): BacktestFlag => ({
    atMs,
    rule: 'r',
    title: 'a',
    severity: 'high',
    matched: [],
    ...more,
  })
  const side = (flags: number) => ({ flags, sessions: flags, pages: 0 })
  const test = (more: Partial<BacktestView>): BacktestView => ({
    id: '1',
    name: 'console/a.yml',
    by: 'Ada',
    startedAtMs: 0,
    hours: 24,
    state: 'done',
    events: 1_200,
    ofEvents: 1_200,
    current: side(0),
    edited: side(0),
    appeared: [],
    disappeared: [],
    appearedCount: 0,
    disappearedCount: 0,
    ...more,
  })

  it('says in words that nothing was found, and that the log is empty', () => {
    expect(outcomeText(test({}))).toBe(
      '1,200 events of the last 24 hours read: no flag, neither with what runs now nor with this text.',
    )
    expect(outcomeText(test({ events: 0, hours: 168 }))).toBe('The log holds no event of the last 7 days.')
    expect(outcomeText(test({ current: side(3), edited: side(3) }))).toBe(
      '1,200 events of the last 24 hours read: the same 3 flags, nothing new and nothing gone.',
    )
  })

  it('counts what is new, what is gone, and what is only of another severity', () => {
    const found = test({
      current: side(2),
      edited: side(3),
      appeared: [flag(1, { severity: 'low' }), flag(2), flag(3)],
      disappeared: [flag(1), flag(9)],
      appearedCount: 3,
      disappearedCount: 2,
    })
    expect(outcomeText(found)).toBe(
      '1,200 events of the last 24 hours read: 2 flags more, 1 flag gone, 1 flag of another severity.',
    )
    const { shifted, appeared, disappeared } = differenceOf(found)
    expect(shifted.map(({ from, to }) => `${from.severity} ${to.severity}`)).toEqual(['high low'])
    expect([appeared, disappeared].map((flags) => flags.map(({ atMs }) => atMs))).toEqual([[2, 3], [9]])
  })

  it('warns when a flag would be gone that a person called true', () => {
    expect(lostText({ appeared: [], disappeared: [flag(1, { verdict: 'true' }), flag(2, { verdict: 'false' })] })).toBe(
      '1 of those that would be gone was judged: it is so.',
    )
    expect(lostText({ appeared: [], disappeared: [flag(2)] })).toBeUndefined()
  })

  it('tells how far it is without ever promising more than all', () => {
    expect(progressText({ events: 1_500, ofEvents: 1_200 })).toBe('1,500 of about 1,500 events')
    expect(progressShare({ events: 1_500, ofEvents: 1_200 })).toBe(1)
    expect(progressShare({ events: 0, ofEvents: 0 })).toBe(0)
  })

  it('signs a change and says hours as people do', () => {
    expect([changeText(1, 1), changeText(1, 4), changeText(4, 1)]).toEqual(['same', '+3', '−3'])
    expect([1, 24, 168, 5].map(hoursText)).toEqual(['1 hour', '24 hours', '7 days', '5 hours'])
  })
})

describe('taking the console’s text away', () => {
  const version = (isRemoval: boolean) => ({ version: 2, by: 'Ada', atMs: 0, isRemoval })

  it('is deleting where the console wrote it, and going back where a file has its own', () => {
    const of = (name: string, origin: 'console' | 'pack') =>
      removalWords({ name, origin, version: 2, versions: [version(false)] })?.isDelete
    expect(of('console/a.yml', 'console')).toBe(true)
    expect(of('pack/a.yml', 'pack')).toBe(false)
  })

  it('promises no file of a policy, of which there is none', () => {
    const means = (name: string) =>
      removalWords({ name, origin: 'console', version: 2, versions: [version(false)] })?.means
    expect(means('policy.yml')).toContain('The policy that comes with Vigil holds again')
    expect(means('policy.yml')).not.toContain('The file’s own')
    expect(means('pack/a.yml')).toContain('The file’s own text runs again')
  })

  it('is not offered where there is nothing of the console’s', () => {
    expect(removalWords({ name: 'pack/a.yml', origin: 'pack', version: 0, versions: [] })).toBeUndefined()
    expect(removalWords({ name: 'pack/a.yml', origin: 'pack', version: 2, versions: [version(true)] })).toBeUndefined()
  })
})
