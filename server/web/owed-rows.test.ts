// Which rows a browser is owed when. Time is a number that the test counts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SessionId } from '../protocol/ids.ts'
import { createOwedRows, leftOutMax, restMs, turnMs } from './owed-rows.ts'

const ids = Array.from({ length: 2_000 }, (_, n) => SessionId.parse(`s-${n}`))
const id = (n: number) => ids[n] as SessionId
const point = (atMs: number) => ({ atMs, cpuPercent: 1, bytesOutPerSecond: 0, bytesInPerSecond: 0 })

describe('rows that a browser is owed', () => {
  it('are all owed at once while it has not said what it looks at', () => {
    const owed = createOwedRows()
    owed.changed(id(1), false, 0)
    expect([owed.hasAtOnce(), owed.take(0).rows]).toEqual([true, [id(1)]])
  })

  it('wait a second where nobody looks and nobody waits, and travel once for all that happened meanwhile', () => {
    const owed = createOwedRows()
    owed.look([id(1)])
    owed.changed(id(1), false, 0)
    for (let ms = 0; ms < 900; ms += 100) owed.changed(id(2), false, ms)
    expect([owed.take(0).rows, owed.hasAtOnce(), owed.dueMs()]).toEqual([[id(1)], false, restMs])
    expect(owed.take(restMs - 1).rows).toEqual([])
    expect(owed.take(restMs + turnMs).rows).toEqual([id(2)])
    expect(owed.dueMs()).toBeUndefined()
  })

  it('do not wait when a person waits for them, nor when they come into sight', () => {
    const owed = createOwedRows()
    owed.look([id(1)])
    owed.changed(id(2), false, 0)
    owed.changed(id(3), true, 0)
    expect(owed.look([id(1), id(2)])).toEqual([id(2)])
    expect(owed.take(0).rows.toSorted()).toEqual([id(2), id(3)])
  })

  it('that the snapshot left out follow in their order, a bounded number a turn, and it is told how many are to come', () => {
    const owed = createOwedRows()
    owed.look([id(1_999)])
    owed.leaveOut(ids.slice(0, 1_700))
    const first = owed.take(0)
    expect([first.rows, first.toCome]).toEqual([ids.slice(0, leftOutMax), 1_700 - leftOutMax])
    expect(owed.take(turnMs - 1)).toEqual({ rows: [], points: [] })
    owed.changed(id(1_600), true, turnMs)
    owed.removed(id(1_601))
    expect(owed.take(turnMs).rows.slice(0, 2)).toEqual([id(1_600), id(leftOutMax)])
    expect([owed.take(2 * turnMs).toCome, owed.dueMs()]).toEqual([0, undefined])
  })

  it('out of sight bring the newest point of their sparkline only, a second late', () => {
    const owed = createOwedRows()
    owed.look([id(1)])
    for (let ms = 0; ms < 900; ms += 100) owed.sampled(id(2), point(ms), ms)
    expect([owed.take(0).points, owed.dueMs()]).toEqual([[], restMs])
    expect(owed.take(restMs).points).toEqual([{ session: id(2), point: point(800) }])
  })

  it('never stay owed: whatever happens, when it is quiet each changed row has been sent after its last change', () => {
    const someone = fc.integer({ min: 0, max: 40 }).map(id)
    const step = fc.oneof(
      fc.record({ what: fc.constant('changed' as const), who: someone, isAwaited: fc.boolean() }),
      fc.record({ what: fc.constant('look' as const), them: fc.array(someone, { maxLength: 5 }) }),
      fc.record({ what: fc.constant('leaveOut' as const), them: fc.array(someone, { maxLength: 5 }) }),
      fc.record({ what: fc.constant('removed' as const), who: someone }),
      fc.record({ what: fc.constant('take' as const), waitMs: fc.integer({ min: 0, max: 1_500 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const owed = createOwedRows()
        const unsent = new Set<SessionId>()
        let nowMs = 0
        const take = () => {
          for (const sent of owed.take(nowMs).rows) unsent.delete(sent)
        }
        for (const each of steps) {
          if (each.what === 'changed') {
            owed.changed(each.who, each.isAwaited, nowMs)
            unsent.add(each.who)
          } else if (each.what === 'look') owed.look(each.them)
          else if (each.what === 'leaveOut') {
            owed.leaveOut(each.them)
            for (const who of each.them) unsent.add(who)
          } else if (each.what === 'removed') {
            owed.removed(each.who)
            unsent.delete(each.who)
          } else {
            nowMs += each.waitMs
            take()
          }
        }
        take()
        for (let due = owed.dueMs(); due !== undefined; due = owed.dueMs()) {
          nowMs = Math.max(nowMs, due)
          take()
        }
        expect([...unsent]).toEqual([])
      }),
    )
  })
})
