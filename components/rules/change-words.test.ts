// What people set about a rule: exceptions, what it does by itself, what they say of its flags.
import { describe, expect, it } from 'vitest'
import type { RuleExceptionView } from '../../server/protocol/rule-view.ts'
import { automaticSentence } from './automatic-words.ts'
import { conditionParts, exceptionOf, fieldGroups, inForceFirst } from './exception-words.ts'
import { nextVerdict, saidText, verdictChoices, whyNotResponder } from './verdict-words.ts'

const nowMs = Date.UTC(2026, 10, 27, 12)
const dayMs = 86_400_000
const condition = { field: 'run', how: 'equals', value: 'rl-0831' } as const

describe('an exception', () => {
  it('is asked for with an end, a minute before the day is full so that no clock makes it too long', () => {
    const made = exceptionOf({ when: [condition], why: 'tunnel is the task', days: 90 }, nowMs)
    expect(made).toEqual({
      request: { when: [condition], why: 'tunnel is the task', expiresAtMs: nowMs + 90 * dayMs - 60_000 },
    })
  })

  it('says what is missing in the words of the contract, and in which condition', () => {
    const empty = { field: 'Image', how: 'contains', value: '' } as const
    expect(exceptionOf({ when: [condition, empty], why: 'because', days: 1 }, nowMs)).toEqual({
      wrong: 'Condition 2: an empty value would fit everything',
    })
    expect(exceptionOf({ when: [condition], why: ' ', days: 1 }, nowMs)).toEqual({
      wrong: 'say why in a few words: it stands in what it changes',
    })
  })

  it('takes every field that the form offers', () => {
    for (const field of fieldGroups.flatMap(({ fields }) => fields))
      expect(exceptionOf({ when: [{ ...condition, field }], why: 'because', days: 1 }, nowMs)).toHaveProperty('request')
  })

  it('is read as a sentence', () => {
    expect(conditionParts({ field: 'DestinationIp', how: 'cidr', value: '10.0.0.0/8' })).toEqual({
      field: 'DestinationIp',
      how: 'is in the network',
      value: '10.0.0.0/8',
    })
  })

  it('stands below those in force once it is over', () => {
    const view = (id: string, atMs: number, expiresAtMs: number): RuleExceptionView => ({
      id,
      by: 'Ada',
      atMs,
      when: [condition],
      why: 'because',
      expiresAtMs,
    })
    const listed = inForceFirst([view('over', 9, nowMs), view('old', 1, nowMs + 1), view('new', 2, nowMs + 1)], nowMs)
    expect(listed.map(({ exception, isOver }) => [exception.id, isOver])).toEqual([
      ['new', false],
      ['old', false],
      ['over', true],
    ])
  })
})

describe('an automatic response', () => {
  it('always says that it lapses by itself and that a person can make it stand', () => {
    expect(automaticSentence({ action: 'pause', minutes: 15 })).toBe(
      'When it fires, the session is paused for 15 minutes. That lapses by itself, unless a person makes it stand or lets go before.',
    )
    expect(automaticSentence({ action: 'cut-network', minutes: 1 })).toContain('network is cut for 1 minute.')
  })
})

describe('a verdict', () => {
  it('is taken back by pressing it again, and changed by pressing another', () => {
    expect(nextVerdict(undefined, 'true')).toBe('true')
    expect(nextVerdict('true', 'true')).toBeNull()
    expect(nextVerdict('true', 'false')).toBe('false')
  })

  it('has a key of its own for each choice', () => {
    expect(verdictChoices.map(({ key, word }) => `${key} ${word}`)).toEqual(['t It is so', 'f Noise', 'd Drill'])
  })

  it('says who, when and with which note', () => {
    expect(saidText({ verdict: 'false', by: 'Ada', atMs: nowMs })).toBe('Ada, 12:00:00Z')
    expect(saidText({ verdict: 'false', by: 'Ada', atMs: nowMs, note: 'CI' })).toBe('Ada, 12:00:00Z: CI')
  })

  it('is for responders and admins, and says so to a viewer before they press', () => {
    expect(['responder', 'admin', undefined].map((role) => whyNotResponder(role, 'Judging a flag'))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(whyNotResponder('viewer', 'Judging a flag')).toContain('Judging a flag takes a responder')
  })
})
