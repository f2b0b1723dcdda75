// given rows on screen, when sessions come and go, then nothing moves under the operator's hand.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionRow } from '../../server/protocol/browser-messages.ts'
import { fleetCourse, fleetFigures } from './fleet-figures.ts'
import { follow, insertWaiting, noOrder, orderAnew } from './row-order.ts'
import { emptinessOf, matcherOf } from './session-filter.ts'
import { sessionOfSegments, sessionPath } from './session-path.ts'

const t0 = Date.UTC(2026, 10, 21, 14, 0, 0)
const all = () => true
const noSamples = new Map()

function row(session: string, startedSecond: number, change: Record<string, unknown> = {}): SessionRow {
  return SessionRow.parse({
    session,
    state: 'running',
    startedAtMs: t0 + startedSecond * 1_000,
    openConnections: 1,
    remotes: [],
    processCount: 2,
    escapedCount: 0,
    actionCount: 0,
    eventCount: 1,
    gpuIndexes: [],
    abilities: [],
    holds: [],
    restrictions: [],
    labels: {},
    models: [],
    lastEventAtMs: t0,
    lastSeq: 1,
    ...change,
  })
}
const rows = (...list: SessionRow[]) => new Map<string, SessionRow>(list.map((each) => [each.session, each]))
const point = (second: number, cpuPercent: number) => ({
  atMs: t0 + second * 1_000,
  cpuPercent,
  bytesOutPerSecond: 0,
  bytesInPerSecond: 0,
})

describe('the order of rows', () => {
  it('is newest first when the page opens', () => {
    expect(orderAnew(rows(row('a', 1), row('b', 3), row('c', 2)), all, 'started', noSamples).ids).toEqual([
      'b',
      'c',
      'a',
    ])
  })

  it('puts a new session on top when nobody uses the table', () => {
    const order = orderAnew(rows(row('a', 1)), all, 'started', noSamples)
    expect(follow(order, rows(row('a', 1), row('b', 2)), all, false).ids).toEqual(['b', 'a'])
  })

  it('lets a new session wait while the pointer is over the table, and inserts it when asked', () => {
    const order = orderAnew(rows(row('a', 1)), all, 'started', noSamples)
    const waiting = follow(order, rows(row('a', 1), row('b', 2), row('c', 3)), all, true)
    expect([waiting.ids, waiting.waiting]).toEqual([['a'], ['c', 'b']])
    expect(insertWaiting(waiting).ids).toEqual(['c', 'b', 'a'])
  })

  it('keeps a session that left in its place while the table is in use, and lets it go afterwards', () => {
    const order = orderAnew(rows(row('a', 2), row('b', 1)), all, 'started', noSamples)
    const inUse = follow(order, rows(row('b', 1)), all, true)
    expect([inUse.ids, [...inUse.leaving]]).toEqual([['a', 'b'], ['a']])
    expect(follow(inUse, rows(row('b', 1)), all, false).ids).toEqual(['b'])
  })

  it('keeps a row that the operator just paused in a list of running ones until the hand is away', () => {
    const running = matcherOf('', ['running'])
    const order = orderAnew(rows(row('a', 1)), running, 'started', noSamples)
    const paused = rows(row('a', 1, { state: 'paused' }))
    expect(follow(order, paused, running, true).ids).toEqual(['a'])
    expect(follow(order, paused, running, false).ids).toEqual([])
  })

  it('does not resort because values changed', () => {
    const order = orderAnew(rows(row('a', 1), row('b', 2)), all, 'cpu', new Map([['a', [point(0, 90)]]]))
    expect(order.ids).toEqual(['a', 'b'])
    expect(follow(order, rows(row('a', 1, { lastSeq: 5 }), row('b', 2)), all, false)).toBe(order)
  })

  it('never moves a row on screen while the table is in use, whatever comes', () => {
    const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'))
    fc.assert(
      fc.property(ids, fc.array(ids), (first, later) => {
        let order = orderAnew(rows(...first.map((id) => row(id, 1))), all, 'started', noSamples)
        const before = order.ids
        for (const present of later) order = follow(order, rows(...present.map((id) => row(id, 1))), all, true)
        expect(order.ids).toEqual(before)
      }),
    )
  })

  it('begins with nothing', () => {
    expect(follow(noOrder, new Map(), all, true)).toBe(noOrder)
  })
})

describe('the filter', () => {
  const ssh = row('ep-7f3a91', 1, {
    agent: 'rome-30b',
    host: 'gpu-node-17',
    doing: { text: 'ssh -fN -R', trust: 'agent', sinceMs: t0, running: true },
  })

  it('finds every word anywhere in the row, in any case', () => {
    expect(matcherOf('ROME ssh node-17', [])(ssh)).toBe(true)
    expect(matcherOf('rome nmap', [])(ssh)).toBe(false)
  })

  it('finds a session by where it talks to', () => {
    const talks = row('a', 1, {
      remotes: [{ remote: { address: '203.0.113.40', port: 22 }, protocol: 'tcp', open: true }],
    })
    expect(matcherOf('203.0.113.40:22', [])(talks)).toBe(true)
  })

  it('counts asked-for pauses as asked, neither running nor paused', () => {
    expect(matcherOf('', ['asked'])(row('a', 1, { state: 'pausing' }))).toBe(true)
    expect(matcherOf('', ['paused', 'running'])(row('a', 1, { state: 'pausing' }))).toBe(false)
  })

  it('says why a list is empty', () => {
    expect([emptinessOf(0, []), emptinessOf(3, [])]).toEqual(['no-host', 'no-match'])
  })
})

describe('figures', () => {
  it('counts ended sessions as ended and leaves their last CPU out of the sum', () => {
    const list = rows(row('a', 1), row('b', 1, { state: 'ended' }), row('c', 1, { state: 'paused' }))
    const samples = new Map([
      ['a', [point(1, 50)]],
      ['b', [point(1, 900)]],
    ])
    expect(fleetFigures(list, new Map(), samples)).toMatchObject({
      running: 1,
      ended: 1,
      paused: 1,
      cpuPercent: 50,
      openConnections: 2,
    })
  })

  it('sums the fleet by seconds, a session counting with its newest point, so that a missed second is no drop', () => {
    const samples = new Map([
      ['a', [point(1, 10), point(2, 20), point(3, 5)]],
      ['b', [point(1, 1), point(3, 2)]],
    ])
    expect(fleetCourse(samples).map((each) => each.cpuPercent)).toEqual([11, 21, 7])
  })

  it('does not count a session whose last point is old', () => {
    const samples = new Map([
      ['a', [point(1, 10), point(20, 10)]],
      ['b', [point(1, 1)]],
    ])
    expect(fleetCourse(samples).at(-1)?.cpuPercent).toBe(10)
  })
})

describe('the path of a session', () => {
  it('brings every allowed id back unchanged and never holds a climbing segment', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,40}$/), (id) => {
        const path = sessionPath(id)
        expect(new URL(path, 'http://x').pathname).toBe(path)
        expect(sessionOfSegments(path.split('/').slice(2))).toBe(id)
      }),
    )
  })
})
