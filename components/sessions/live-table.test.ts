// given rows on screen, when sessions come and go, then nothing moves under the operator's hand.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionRow } from '../../server/protocol/browser-messages.ts'
import { columnsOf, gridOf } from './columns.ts'
import { fleetFigures } from './fleet-figures.ts'
import { append, follow, insertWaiting, noOrder, orderAnew, sortKeys } from './row-order.ts'
import { type Chips, emptinessOf, matcherOf, noChips, valuesOf } from './session-filter.ts'
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

describe('rows that the first snapshot had no room for', () => {
  const aged = fc.uniqueArray(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 60 })

  it('go to the end in any number of pieces, move nothing that is there, and make the order that all of them at once would have', () => {
    fc.assert(
      fc.property(aged, fc.integer({ min: 1, max: 20 }), (seconds, piece) => {
        const newestFirst = seconds
          .toSorted((a, b) => b - a)
          .map((second) => row(`s-${second}`, second, { state: second < 500 ? 'ended' : 'running' }))
        let known = newestFirst.slice(0, piece)
        let order = orderAnew(rows(...known), all, 'started', noSamples)
        while (known.length < newestFirst.length) {
          known = newestFirst.slice(0, known.length + piece)
          const next = append(order, rows(...known), all)
          expect(next.ids.slice(0, order.ids.length)).toEqual(order.ids)
          order = next
        }
        expect(order.ids).toEqual(orderAnew(rows(...newestFirst), all, 'started', noSamples).ids)
      }),
    )
  })

  it('leave a session that is really new to wait above, while a hand is on the table', () => {
    const [old, here, fresh] = [1, 2, 3].map((second) => row(`s-${second}`, second))
    if (!old || !here || !fresh) throw new Error('three rows')
    const order = orderAnew(rows(here), all, 'started', noSamples)
    const next = follow(append(order, rows(here, old, fresh), all), rows(here, old, fresh), all, true)
    expect([next.ids, next.waiting]).toEqual([['s-2', 's-1'], ['s-3']])
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
  const flagged = (pages: number) => ({ flagged: { title: 'a tunnel', severity: 'high', pages } })

  it('counts ended sessions as ended and leaves their flags out of what is open', () => {
    const list = rows(
      row('a', 1, flagged(2)),
      row('b', 1, { state: 'ended', ...flagged(9) }),
      row('c', 1, { state: 'paused', ...flagged(1) }),
    )
    expect(fleetFigures(list)).toMatchObject({ running: 1, ended: 1, paused: 1, pages: 3, pagedSessions: 2 })
  })
})

describe('the chips', () => {
  const cut = { restriction: 'network', wanted: true, enforced: 'no', left: [] }
  const one = row('a', 1, { host: 'gpu-1', restrictions: [cut], risk: { score: 50, atMs: t0, isIncident: false } })
  const other = row('b', 1, { host: 'gpu-2', flagged: { title: 'x', severity: 'medium', pages: 0 } })
  const matched = (chips: Partial<Chips>, nowMs = t0) =>
    [one, other].filter(matcherOf('', [], { ...noChips, ...chips }, nowMs)).map((each) => each.session)

  it('narrows to a host, to a capability that is taken away or asked to be, and to what is flagged', () => {
    expect(matched({ host: ['gpu-2'] })).toEqual(['b'])
    expect(matched({ revoked: ['network', 'shell'] })).toEqual(['a'])
    expect([matched({ flag: 'any' }), matched({ flag: 'page' })]).toEqual([['b'], []])
  })

  it('measures risk as of the moment that the filter was set: half an hour later half is left', () => {
    expect([matched({ risk: 40 }), matched({ risk: 40 }, t0 + 1_800_000)]).toEqual([['a'], []])
  })

  it('takes a session in only when every chip fits', () => {
    expect(matched({ host: ['gpu-1'], flag: 'any' })).toEqual([])
  })

  it('offers the most frequent values first and says how many are not offered', () => {
    const many = Array.from({ length: 50 }, (_, index) => row(`s${index}`, 1, { host: `h${index % 45}` }))
    const { values, more } = valuesOf(many, (each) => each.host)
    expect([values[0]?.count, values.length, more]).toEqual([2, 40, 5])
  })
})

describe('the sorting', () => {
  const ids = (...args: Parameters<typeof orderAnew>) => orderAnew(...args).ids

  it('turns every key round but never puts what is over above what still runs', () => {
    const list = rows(row('a', 1, { agent: 'x' }), row('b', 2, { agent: 'y' }), row('c', 3, { state: 'ended' }))
    for (const key of sortKeys)
      for (const up of [false, true]) expect(ids(list, all, key, noSamples, up).at(-1), `${key} ${up}`).toBe('c')
    expect(ids(list, all, 'agent', noSamples, false).slice(0, 2)).toEqual(['a', 'b'])
    expect(ids(list, all, 'agent', noSamples, true).slice(0, 2)).toEqual(['b', 'a'])
  })

  it('puts what is at the same thing for longest first', () => {
    const doing = (sinceMs: number, running = true) => ({ doing: { text: 'x', trust: 'agent', sinceMs, running } })
    const list = rows(row('a', 1, doing(t0)), row('b', 2, doing(t0 - 60_000)), row('c', 3, doing(t0 - 90_000, false)))
    expect(ids(list, all, 'doing', noSamples)).toEqual(['b', 'a', 'c'])
  })
})

describe('the columns', () => {
  it('keep the order of the table, each once, and forget words that are no column', () => {
    expect(columnsOf(['risk', 'agent', 'risk', '__proto__', 'doing'])).toEqual(['agent', 'risk', 'doing'])
  })

  it('say below which width they scroll instead of cutting the control', () => {
    expect(gridOf(columnsOf(['risk'])).minPx).toBeLessThan(gridOf(columnsOf(['risk', 'egress'])).minPx)
    expect(gridOf([]).template.split(' ')).toHaveLength(3)
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
