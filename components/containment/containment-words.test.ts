// What is said of containments, scopes and proposals never claims more than was told.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Selector } from '../../server/protocol/selector.ts'
import { ann, containment, fleet, onCall, proposal, row, t0 } from '../live/given.ts'
import { type Candidate, scopeOf, suggestionsFor } from './candidates.ts'
import { partOf, proposalWords, waitingProposals } from './proposal-words.ts'
import { selectorOf, selectorWords, targetWords } from './selector-words.ts'
import {
  countdownText,
  endsText,
  isSpent,
  manyParts,
  standingOf,
  standingParts,
  standingWord,
} from './standing-words.ts'

const pause = [{ name: 'pause', can: 'proven', enforcer: 'cgroup-freeze', detail: '' }]
const cannot = [{ name: 'pause', can: 'no', enforcer: '', detail: 'not root' }]
const selector = (fields: Record<string, unknown>) => Selector.parse(fields)
const texts = (parts: { text: string }[]) => parts.map((part) => part.text)

describe('a selector in words', () => {
  it('names every field that was given, and says that none means every session', () => {
    expect(selectorWords(selector({}))).toBe('every session')
    expect(selectorWords(selector({ taskSet: 'swe-gym', host: 'gpu-node-17' }))).toBe(
      'host gpu-node-17, task set swe-gym',
    )
  })

  it('names some sessions of a selection and counts the rest', () => {
    expect(selectorWords(selector({ sessions: ['a', 'b', 'c', 'd', 'e'] }))).toBe('5 sessions: a, b, c and 2 more')
    expect(selectorWords(selector({ sessions: ['a'] }))).toBe('session a')
  })

  it('ends a button with the target, and says when it means only later sessions', () => {
    const host = selector({ host: 'gpu-node-17' })
    expect([0, 1, 12, undefined].map((count) => targetWords(host, count))).toEqual([
      'later sessions of host gpu-node-17',
      '1 session of host gpu-node-17',
      '12 sessions of host gpu-node-17',
      'every session of host gpu-node-17',
    ])
    expect([0, 1, 12].map((count) => targetWords(selector({}), count))).toEqual([
      'every session that starts',
      'every session, 1 now',
      'every session, 12 now',
    ])
  })

  it('is made from the fields that are filled in, exactly as they are', () => {
    expect(selectorOf({ host: 'gpu-node-17', agent: '', task: ' a ' })).toEqual({ host: 'gpu-node-17', task: ' a ' })
  })
})

describe('a scope', () => {
  const rows: Candidate[] = [
    row('a', 1, { host: 'n1', agent: 'rome', abilities: pause }),
    row('b', 1, { host: 'n1', agent: 'rome', state: 'silent', abilities: pause }),
    row('c', 1, { host: 'n1', state: 'ended', abilities: pause }),
    row('d', 1, { host: 'n2', state: 'reported' }),
    row('e', 1, { host: 'n2', abilities: cannot }),
  ]

  it('counts what could be held apart from what would run on, and leaves out what has ended', () => {
    const scope = scopeOf(selector({}), rows)
    expect(scope?.holdable.map((each) => each.session)).toEqual(['a', 'b'])
    expect([scope?.unheld.map((each) => each.session), scope?.silent]).toEqual([['d', 'e'], 1])
  })

  it('is found by label, and by a model that the session was seen to call', () => {
    expect(scopeOf(selector({ run: 'rl-0831' }), rows).holdable).toEqual([])
    const labelled = [row('a', 1, { abilities: pause, labels: { run: 'rl-0831' }, models: ['rome-30b'] })]
    expect(scopeOf(selector({ run: 'rl-0831' }), labelled).holdable).toHaveLength(1)
    expect(scopeOf(selector({ model: 'rome-30b' }), labelled).holdable).toHaveLength(1)
  })

  it('suggests the values of sessions that have not ended, the most frequent first', () => {
    expect(suggestionsFor('host', rows)).toEqual([
      { value: 'n1', sessions: 2 },
      { value: 'n2', sessions: 2 },
    ])
    expect(suggestionsFor('agent', rows)).toEqual([{ value: 'rome', sessions: 2 }])
  })
})

describe('what stands', () => {
  it('says Contained only when every session was read as held, whatever the numbers', () => {
    const count = fc.nat({ max: 20 })
    fc.assert(
      fc.property(count, count, count, count, (enforced, open, troubled, unheld) => {
        const view = containment({ enforced, open, troubled, unheld, held: enforced + open + troubled })
        const whole = enforced > 0 && open + troubled + unheld === 0
        expect(standingWord(view).text === 'Contained').toBe(whole)
        expect(standingWord(view).tone === 'critical').toBe(troubled + unheld > 0)
      }),
    )
  })

  it('tells of every session that it means: enforced, open, in trouble, or not held by it', () => {
    expect(texts(standingParts({ held: 12, enforced: 10, open: 1, troubled: 1, unheld: 2 }))).toEqual([
      '10 of 12 enforced',
      '1 asked, not confirmed',
      '1 in part or failed',
      '2 match and are not held by it',
    ])
    expect(texts(standingParts({ held: 0, enforced: 0, open: 0, troubled: 0, unheld: 0 }))).toEqual([
      'no running session matches',
    ])
  })

  it('leaves the banner when it was a selection of which nothing is left', () => {
    const spent = containment({ selector: { sessions: ['a'] } })
    expect([isSpent(spent), isSpent(containment())]).toEqual([true, false])
    expect(standingOf([spent, containment({ liftedAtMs: t0 })]).views).toEqual([])
  })

  it('collapses several without summing sessions, because two may hold the same one', () => {
    const standing = standingOf([
      containment({ held: 2, enforced: 2 }),
      containment({ containment: 'con-2', held: 2, enforced: 1, troubled: 1 }),
    ])
    expect(texts(manyParts(standing))).toEqual(['2 containments stand', '1 not whole'])
  })

  it('counts down to its own end', () => {
    expect([751_000, 3_723_000, 90_000_000, -5].map(countdownText)).toEqual(['12:31', '1:02:03', '1 d 1 h', '0:00'])
    expect([endsText({ expiresAtMs: undefined }, t0), endsText({ expiresAtMs: t0 + 60_000 }, t0)]).toEqual([
      'until lifted',
      'lifts itself in 1:00',
    ])
  })
})

describe('what waits for a second person', () => {
  const viewer = { id: 'o-3', role: 'viewer' }
  const responder = { id: 'o-4', role: 'responder' }
  const release = proposal({ session: 'ep-1' })

  it('is told in words, a containment by what it means and a policy by what it does', () => {
    const standing = fleet({ containments: [containment()] })
    expect(proposalWords(release, standing)).toBe('release ep-1')
    expect(proposalWords(proposal({ containment: 'con-1', what: 'lift containment con-1' }), standing)).toBe(
      'lift the containment of host gpu-node-17',
    )
    expect(proposalWords(proposal({ what: '', policy: 'two-person-release', value: false }), standing)).toBe(
      'turn off two people for releasing',
    )
  })

  it('can be withdrawn by the one who asked, who never counts as the second', () => {
    expect(partOf(release, { id: ann.id, role: 'admin' })).toBe('own')
    expect(partOf(proposal({ by: onCall, session: 'ep-1' }), { id: onCall.id, role: 'admin' })).toBe('own')
  })

  it('is decided by a responder, a change of settings by an admin alone', () => {
    expect([
      partOf(release, responder),
      partOf(proposal({ what: 'turn off x' }), { id: 'o-5', role: 'admin' }),
    ]).toEqual(['decides', 'decides'])
    expect(partOf(release, viewer)).toHaveProperty('looksOn')
    expect(partOf(proposal({ what: 'turn off x' }), responder)).toHaveProperty('looksOn')
  })

  it('is gone when its time is up, and the most urgent comes first', () => {
    const late = proposal({ proposal: 'pro-2', expiresAtMs: t0 + 1_000 })
    expect(waitingProposals(fleet({ proposals: [release, late] }), t0).map((each) => each.proposal)).toEqual([
      'pro-2',
      'pro-1',
    ])
    expect(waitingProposals(fleet({ proposals: [late] }), t0 + 1_000)).toEqual([])
  })
})
