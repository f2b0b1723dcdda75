// What the activity stream says.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventView } from '../../server/protocol/browser-messages.ts'
import { eventKinds } from '../../server/protocol/event.ts'
import { activityLines, countByTab } from './activity-lines.ts'
import { kindOf, kinds } from './event-sentence.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 27, 55)
let seq = 0
function event(kind: string, data: Record<string, unknown>): EventView {
  seq += 1
  return EventView.parse({ seq, id: `e${seq}`, kind, atMs: t0, seenAtMs: t0, trust: 'kernel', data })
}
const said = (kind: string, data: Record<string, unknown>) =>
  kindOf(kind)
    .say(data)
    .map((part) => part.text)
    .join(' ')

describe('sentences of events', () => {
  it('exist for every kind of event that the protocol knows', () => {
    expect(eventKinds.filter((kind) => kinds[kind] === undefined)).toEqual([])
  })

  it('say who connected where', () => {
    const data = {
      protocol: 'tcp',
      state: 'ESTAB',
      direction: 'out',
      remote: { address: '203.0.113.40', port: 22 },
      pid: 48211,
      comm: 'ssh',
    }
    expect(said('connection.opened', data)).toBe('connect 203.0.113.40:22 from ssh[48211] tcp ESTAB')
  })

  it('prefer the summary of an action over its raw input', () => {
    expect(said('action.started', { tool: 'shell', input: '{"command":"ls"}', summary: 'ls' })).toBe('shell ls')
  })

  it('call an escape critical', () => {
    expect(kindOf('process.escaped').tone?.({})).toBe('critical')
  })

  it('never say paused of a request, only of a reading', () => {
    expect(said('control.requested', { action: 'pause', by: { name: 'On call' } })).toBe('Pause asked by On call')
    expect(said('session.observed', { paused: true, observed: 'frozen 1', observedFrom: '/x' })).toContain(
      'Read as paused',
    )
  })

  it('say what was asked of which capability, for how long, why, and who confirmed it', () => {
    const by = { name: 'On call' }
    expect(
      said('control.requested', {
        action: 'revoke',
        capability: 'network',
        by,
        expiresAtMs: Date.UTC(2026, 10, 21, 14, 47, 4),
        reason: 'tunnel',
      }),
    ).toBe('Revoke network asked by On call until 14:47:04Z “tunnel”')
    expect(said('control.requested', { action: 'release', by, approvedBy: { name: 'Lead' } })).toBe(
      'Release asked by On call confirmed by Lead',
    )
    expect(said('control.requested', { action: 'quarantine', by })).toBe('quarantine asked by On call')
  })

  it('say what is left in a reading, louder than what holds', () => {
    const data = {
      restriction: 'network',
      restricted: false,
      observed: '1 flow',
      observedFrom: 'ss',
      left: ['203.0.113.40:22'],
    }
    expect(said('restriction.observed', data)).toBe('Network read as open 1 flow ss Left: 203.0.113.40:22')
    expect(kindOf('restriction.observed').tone?.(data)).toBe('critical')
  })

  it('count what was taken as evidence, and say which part is the agent’s own words', () => {
    const evidence = (part: string, count: number) => ({ evidence: { part, items: Array(count).fill({}) } })
    expect(said('evidence.recorded', evidence('processes', 41))).toBe('Evidence: 41 processes')
    expect(said('evidence.recorded', evidence('actions', 1))).toBe('Evidence: 1 last action as the agent told them')
    expect(said('evidence.recorded', { ...evidence('files', 0), omitted: 12 })).toBe(
      'Evidence: no open files 12 left out',
    )
  })

  it('tell an unknown kind in general words, even one named like an object’s own property', () => {
    for (const kind of ['future.thing', 'constructor', '__proto__'])
      expect(said(kind, { a: 1 })).toContain('does not know')
  })

  it('never throw, whatever the data holds', () => {
    fc.assert(
      fc.property(fc.constantFrom(...eventKinds), fc.dictionary(fc.string(), fc.anything()), (kind, data) => {
        const { say, aside, tone } = kindOf(kind)
        expect(Array.isArray(say(data))).toBe(true)
        aside?.(data)
        tone?.(data)
      }),
    )
  })
})

describe('lines of the stream', () => {
  it('join the start and the end of an action', () => {
    const lines = activityLines([
      event('action.started', { call: 'a' }),
      event('process.started', {}),
      event('action.ended', { call: 'a', exitCode: 1 }),
    ])
    expect(lines.map((line) => [line.event.kind, line.ended?.data.exitCode])).toEqual([
      ['action.started', 1],
      ['process.started', undefined],
    ])
  })

  it('join a reused call id with its newest start only', () => {
    const lines = activityLines([
      event('action.started', { call: 'a' }),
      event('action.ended', { call: 'a' }),
      event('action.started', { call: 'a' }),
    ])
    expect(lines.map((line) => line.ended !== undefined)).toEqual([true, false])
  })

  it('keep an end whose start is not on screen as a line of its own', () => {
    expect(activityLines([event('action.ended', { call: 'z' })])).toHaveLength(1)
  })

  it('count lines by tab', () => {
    expect(countByTab(activityLines([event('connection.opened', {}), event('control.requested', {})]))).toMatchObject({
      all: 2,
      network: 1,
      operators: 1,
    })
  })
})
