// given what the browser knows, when a message comes, then this is what it knows.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ApprovalView } from '../../server/protocol/approval.ts'
import { EventView, type SamplePoint } from '../../server/protocol/browser-messages.ts'
import { containment, fleet, frame, row, snapshot, t0 } from './given.ts'
import {
  applyFrame,
  changesIn,
  emptyView,
  eventsKept,
  takeSnapshot,
  type ViewState,
  withOlderEvents,
} from './view-state.ts'

const event = (seq: number) =>
  EventView.parse({ seq, id: `e${seq}`, kind: 'process.exited', atMs: t0, seenAtMs: t0, trust: 'kernel', data: {} })
const point = (second: number): SamplePoint => ({
  atMs: t0 + second * 1_000,
  cpuPercent: second,
  bytesOutPerSecond: 0,
  bytesInPerSecond: 0,
})
const waiting = (approval: string) =>
  ApprovalView.parse({
    approval,
    session: 'a',
    call: 'c1',
    tool: 'Bash',
    input: '{}',
    digest: 'd',
    severity: 'low',
    people: 1,
    policy: 'ask',
    heldFor: [],
    askedAtMs: t0,
    expiresAtMs: t0 + 60_000,
    askedBy: { type: 'key', id: 'k', name: 'k' },
    endorsedBy: [],
    used: 0,
  })
const live = (change = {}): ViewState => takeSnapshot({ view: 'live' }, snapshot(change))
const seqs = (state: ViewState) => state.events.map((each) => each.seq)

describe('the view', () => {
  it('ignores frames before the first snapshot and frames of an older watch', () => {
    expect(applyFrame(emptyView, frame())).toBe(emptyView)
    const state = live({ watch: 2 })
    expect(applyFrame(state, frame({ watch: 1, rows: [row('a', 99)] }))).toBe(state)
  })

  it('takes what concerns the whole console from any frame, but never an older one than it has', () => {
    const standing = fleet({ containments: [containment()] })
    const state = live({ watch: 2, seq: 10 })
    const told = applyFrame(state, frame({ watch: 1, seq: 11, fleet: standing, rows: [row('a', 99)] }))
    expect([told.fleet?.containments.length, told.rows.size]).toEqual([1, 0])
    expect(applyFrame(state, frame({ watch: 2, seq: 9, fleet: standing })).fleet?.containments).toEqual([])
  })

  it('takes approvals that a frame tells, and counts the changes that none told: then the list is to be read', () => {
    const marked = (mark: string) => fleet({ approvals: { waiting: 1, mark } })
    let state = live({ fleet: marked('a 1 0') })
    const first = state.approvals.untold
    state = applyFrame(state, frame({ fleet: marked('b 2 0'), approvals: [waiting('b')] }))
    expect([state.approvals.told.map((each) => each.approval), state.approvals.untold]).toEqual([['b'], first])
    state = applyFrame(state, frame({ fleet: marked('c 99 0') }))
    expect(state.approvals.untold).toBe(first + 1)
    // A reconnect: the new snapshot says that there was more, not what.
    const again = takeSnapshot({ view: 'live' }, snapshot({ fleet: marked('d 99 0') }), state)
    expect([again.approvals.told.length, again.approvals.untold]).toEqual([1, first + 2])
    expect(takeSnapshot({ view: 'live' }, snapshot({ fleet: marked('d 99 0') }), again).approvals).toBe(again.approvals)
  })

  it('keeps the fleet when a frame says nothing of it', () => {
    const state = live({ fleet: fleet({ containments: [containment()] }) })
    expect(applyFrame(state, frame({ rows: [row('a', 2)] })).fleet).toBe(state.fleet)
  })

  it('is replaced by a snapshot, so that nothing of before a reconnect lives on', () => {
    const before = applyFrame(live({ rows: [row('a', 1)] }), frame({ events: [event(11)], skipped: 5 }))
    const after = takeSnapshot({ view: 'live' }, snapshot({ watch: 7, rows: [row('b', 2)] }))
    expect([...before.rows.keys(), ...after.rows.keys()]).toEqual(['a', 'b'])
    expect([after.watch, after.skipped, after.events.length]).toEqual([7, 0, 0])
  })

  it('knows how many rows are still to come until a frame says that none are', () => {
    const first = live({ rows: [row('a', 1)], toCome: 2 })
    const next = applyFrame(first, frame({ rows: [row('b', 1)], toCome: 1 }))
    const quiet = applyFrame(next, frame({ rows: [row('a', 2)] }))
    const last = applyFrame(quiet, frame({ rows: [row('c', 1)], toCome: 0 }))
    expect([first, next, quiet, last].map((each) => each.toCome)).toEqual([2, 1, 1, 0])
  })

  it('puts what a row that comes into sight was not told before into the order of time, each moment once', () => {
    const state = live({ samples: { a: [point(1), point(5)] } })
    const told = [1, 2, 3, 4, 5, 6].map((second) => ({ session: 'a', point: point(second) }))
    const next = applyFrame(state, frame({ samples: told }))
    expect(next.samples.get('a')?.map((each) => each.cpuPercent)).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('keeps the identity of rows and samples that a frame does not touch', () => {
    const state = live({ rows: [row('a', 1), row('b', 1)], samples: { a: [point(1)], b: [point(1)] } })
    const next = applyFrame(state, frame({ rows: [row('a', 5)], samples: [{ session: 'a', point: point(2) }] }))
    expect(next.rows.get('b')).toBe(state.rows.get('b'))
    expect(next.samples.get('b')).toBe(state.samples.get('b'))
    expect([next.rows.get('a')?.lastSeq, next.samples.get('a')?.length]).toEqual([5, 2])
    expect(state.rows.get('a')?.lastSeq).toBe(1)
  })

  it('never lets an older row overwrite a newer one', () => {
    const next = applyFrame(live({ rows: [row('a', 9, { state: 'paused' })] }), frame({ rows: [row('a', 3)] }))
    expect(next.rows.get('a')?.state).toBe('paused')
  })

  it('takes a row of the same place in the log, because silence is no event', () => {
    const next = applyFrame(live({ rows: [row('a', 9)] }), frame({ rows: [row('a', 9, { state: 'silent' })] }))
    expect(next.rows.get('a')?.state).toBe('silent')
  })

  it('removes what the server removes', () => {
    const next = applyFrame(live({ rows: [row('a', 1)], samples: { a: [point(1)] } }), frame({ removed: ['a'] }))
    expect([next.rows.size, next.samples.size]).toEqual([0, 0])
  })

  it('keeps sixty points of a sparkline and refuses a point that is not newer', () => {
    let state = live({ samples: { a: Array.from({ length: 60 }, (_, second) => point(second)) } })
    state = applyFrame(state, frame({ samples: [{ session: 'a', point: point(60) }] }))
    state = applyFrame(state, frame({ samples: [{ session: 'a', point: point(60) }] }))
    expect([state.samples.get('a')?.length, state.samples.get('a')?.[0]?.cpuPercent]).toEqual([60, 1])
  })

  it('counts what was skipped', () => {
    expect(applyFrame(applyFrame(live(), frame({ skipped: 300 })), frame({ skipped: 12 })).skipped).toBe(312)
  })

  it('puts older events in front without repeats', () => {
    const state = live({ events: [event(5), event(6)] })
    expect(seqs(withOlderEvents(state, [event(3), event(4), event(5)], false))).toEqual([3, 4, 5, 6])
  })

  it('keeps events ascending and without repeats, however frames overlap', () => {
    const batches = fc.array(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 6 }), { maxLength: 10 })
    fc.assert(
      fc.property(batches, (frames) => {
        let state = live()
        for (const each of frames)
          state = applyFrame(state, frame({ events: [...new Set(each)].sort((a, b) => a - b).map(event) }))
        const shown = seqs(state)
        expect(shown).toEqual([...new Set(shown)].sort((a, b) => a - b))
      }),
    )
  })

  it('does not grow for ever, and then says that there are older events', () => {
    let state = live({ events: Array.from({ length: eventsKept }, (_, index) => event(index + 1)) })
    state = applyFrame(
      state,
      frame({ events: Array.from({ length: 2_000 }, (_, index) => event(eventsKept + index + 1)) }),
    )
    expect([state.events.length, state.olderEvents]).toEqual([eventsKept, true])
  })

  it('counts the changes of a frame as an operator would', () => {
    expect(changesIn(frame({ rows: [row('a', 1)], events: [event(1), event(2)], skipped: 4 }))).toBe(7)
  })
})
