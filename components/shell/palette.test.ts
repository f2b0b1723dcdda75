// The palette understands what is typed, finds the right session first, and offers nothing irreversible one key away.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { row, t0 } from '../live/given.ts'
import { deedsOf } from './palette-deeds.ts'
import { findAddresses, findNamed, findSessions, verbs, wishOf } from './palette-wish.ts'

const ability = (name: string, can = 'proven') => ({ name, can, enforcer: 'e', detail: can === 'no' ? 'not here' : '' })
const able = { abilities: ['pause', 'end', 'network', 'shell', 'gpu'].map((name) => ability(name)) }
const hold = (action: string, capability?: string) => ({
  control: `ctl-${action}`,
  action,
  capability,
  by: { type: 'operator', id: 'o', name: 'O' },
  sinceMs: t0,
})
const names = (rows: readonly { session: string }[]) => rows.map((each) => each.session)

describe('what is typed into the palette', () => {
  it('is a verb, a capability and a target, in the words of its own lines', () => {
    expect(wishOf('Pause ep-0417')).toEqual({ verb: 'pause', capability: undefined, words: ['ep-0417'] })
    expect(wishOf('Revoke network of ep-0417')).toEqual({ verb: 'revoke', capability: 'network', words: ['ep-0417'] })
    expect(wishOf('go to ep-0417')).toEqual({ verb: undefined, capability: undefined, words: ['ep-0417'] })
  })

  it('is no verb where it comes later: a session named after one is found', () => {
    expect(wishOf('ep-1 pause').verb).toBeUndefined()
    expect(wishOf('ep-1 pause').words).toEqual(['ep-1', 'pause'])
  })

  it('finds the session of that very name before one that begins so, and that before one that only mentions it', () => {
    const mentions = row('ep-9', 9, { task: 'looks at ep-4' })
    const rows = [mentions, row('ep-41', 5), row('ep-4', 1), row('other', 3)]
    expect(names(findSessions(rows, ['ep-4'], 8, t0))).toEqual(['ep-4', 'ep-41', 'ep-9'])
  })

  it('puts what still runs first, then what is riskier', () => {
    const risk = (score: number) => ({ risk: { score, atMs: t0, isIncident: false } })
    const rows = [row('ep-1', 3, risk(5)), row('ep-2', 1, risk(90)), row('ep-3', 9, { state: 'ended', ...risk(99) })]
    expect(names(findSessions(rows, ['ep'], 8, t0))).toEqual(['ep-2', 'ep-1', 'ep-3'])
  })

  it('brings no more than a few of ten thousand sessions, the same that sorting them all would', () => {
    const rows = Array.from({ length: 10_000 }, (_, at) =>
      row(`ep-${at}`, at, { risk: { score: (at * 7919) % 101, atMs: t0, isIncident: false } }),
    )
    const found = findSessions(rows, ['ep'], 8, t0)
    const sorted = [...rows].sort((a, b) => (b.risk?.score ?? 0) - (a.risk?.score ?? 0) || b.lastSeq - a.lastSeq)
    expect(names(found)).toEqual(names(sorted.slice(0, 8)))
  })

  it('finds far ends, each once, and only when something is typed', () => {
    const remotes = [{ remote: { address: '203.0.113.40', port: 22 }, protocol: 'tcp', open: true }]
    const rows = [row('a', 1, { remotes }), row('b', 2, { remotes })]
    expect(findAddresses(rows, ['203.0'], 5)).toEqual(['203.0.113.40:22'])
    expect(findAddresses(rows, [], 5)).toEqual([])
  })

  it('finds rules and hosts by all words, those that begin so first', () => {
    expect(findNamed(['no tunnel', 'tunnel by ssh', 'mining'], (each) => each, ['tunnel'], 5)).toEqual([
      'tunnel by ssh',
      'no tunnel',
    ])
  })
})

describe('what the palette offers to do', () => {
  it('names the deed that was typed, and nothing else', () => {
    expect(deedsOf(row('ep', 1, able), wishOf('pause ep')).map((deed) => deed.label)).toEqual(['Pause'])
    expect(deedsOf(row('ep', 1, able), wishOf('revoke network of ep'))).toMatchObject([
      { label: 'Revoke network', how: 'ask', ask: { action: 'revoke', capability: 'network' } },
    ])
    expect(deedsOf(row('ep', 1, able), wishOf('resume ep'))).toEqual([])
  })

  it('offers to give back what is held, naming the hold that it lifts', () => {
    const held = row('ep', 1, { ...able, holds: [hold('revoke', 'network')] })
    expect(deedsOf(held, wishOf('restore network ep'))).toMatchObject([
      { label: 'Restore network', ask: { action: 'restore', undoes: 'ctl-revoke' } },
    ])
    expect(deedsOf(held, wishOf('revoke network ep'))).toEqual([])
  })

  it('says why something cannot be done here instead of leaving it out', () => {
    const weak = row('ep', 1, { abilities: [ability('network', 'no')] })
    expect(deedsOf(weak, wishOf('revoke network ep'))).toMatchObject([{ how: 'no', why: 'not here' }])
    expect(deedsOf(weak, wishOf('end ep'))).toMatchObject([{ how: 'no' }])
  })

  it('never asks by one key for what cannot be taken back, nor lets a contained session go', () => {
    const states = ['running', 'paused', 'silent', 'reported', 'ended', 'pausing', 'resuming']
    fc.assert(
      fc.property(
        fc.constantFrom(...states),
        fc.constantFrom(...verbs, ''),
        fc.constantFrom('', 'network', 'gpu', 'shell', 'files', 'credentials'),
        fc.subarray([hold('pause'), hold('contain'), hold('revoke', 'network'), hold('revoke', 'gpu')]),
        (state, verb, capability, holds) => {
          const given = row('ep', 1, { ...able, state, holds })
          for (const deed of deedsOf(given, wishOf(`${verb} ${capability} ep`))) {
            if (deed.how !== 'ask') continue
            expect(['end', 'release']).not.toContain(deed.ask.action)
            expect(deed.ask.action === 'revoke' && deed.ask.capability === 'gpu').toBe(false)
          }
        },
      ),
    )
    expect(deedsOf(row('ep', 1, able), wishOf('end ep'))).toMatchObject([{ label: 'End', how: 'page' }])
  })
})
