// given a view on screen, when it is held or acted upon, then the screen stays honest.
import { describe, expect, it } from 'vitest'
import { containment, fleet, frame, row, snapshot } from './given.ts'
import { ViewStore } from './view-store.ts'

const live = { view: 'live' } as const
function storeWith(...sessions: string[]): ViewStore {
  const store = new ViewStore()
  store.takeSnapshot(live, snapshot({ rows: sessions.map((session) => row(session, 1)) }))
  return store
}
const by = { type: 'operator', id: 'o', name: 'On call' }
const control = (id: string) => ({
  control: id,
  action: 'pause',
  state: 'requested',
  by,
  requestedAtMs: Date.UTC(2026, 10, 21, 14, 0, 1),
  plan: [],
  steps: [],
})

describe('the store', () => {
  it('tells only the row that changed', () => {
    const store = storeWith('a', 'b')
    const told: string[] = []
    store.subscribeRow('a', () => told.push('a'))
    store.subscribeRow('b', () => told.push('b'))
    store.takeFrame(frame({ rows: [row('a', 2)] }))
    expect(told).toEqual(['a'])
  })

  it('tells nobody about a frame of an older watch', () => {
    const store = storeWith('a')
    let told = 0
    store.subscribe(() => {
      told += 1
    })
    expect(store.takeFrame(frame({ watch: 99, rows: [row('a', 2)] }))).toBe(false)
    expect(told).toBe(0)
  })

  it('freezes what is on screen while held, counts what waits, and shows it all on resume', () => {
    const store = storeWith('a')
    store.hold(true)
    store.takeFrame(frame({ rows: [row('a', 2, { processCount: 9 })] }))
    expect([store.shown().rows.get('a')?.processCount, store.waiting()]).toEqual([1, 1])
    store.hold(false)
    expect([store.shown().rows.get('a')?.processCount, store.waiting()]).toEqual([9, 0])
  })

  it('keeps a held view through a reconnect, and follows with the new snapshot afterwards', () => {
    const store = storeWith('a')
    store.hold(true)
    store.takeSnapshot(live, snapshot({ watch: 5, rows: [row('b', 3)] }))
    expect([...store.shown().rows.keys()]).toEqual(['a'])
    store.hold(false)
    expect([...store.shown().rows.keys()]).toEqual(['b'])
  })

  it('lets the row through that the operator acted on while held: nobody acts on a frozen picture', () => {
    const store = storeWith('a', 'b')
    store.hold(true)
    store.ask('a', { action: 'pause', atMs: 0, control: undefined })
    store.takeFrame(frame({ rows: [row('a', 2, { state: 'paused' }), row('b', 2, { state: 'paused' })] }))
    expect([store.shown().rows.get('a')?.state, store.shown().rows.get('b')?.state]).toEqual(['paused', 'running'])
  })

  it('tells of a new containment while the view is held: what stands over all agents is never a frozen picture', () => {
    const store = storeWith('a')
    store.hold(true)
    store.takeFrame(frame({ fleet: fleet({ containments: [containment()] }) }))
    expect([store.newest().fleet?.containments.length, store.waiting()]).toEqual([1, 0])
  })

  it('keeps saying asked until the server tells of this very control, whichever of answer and frame is first', () => {
    for (const answerFirst of [true, false]) {
      const store = storeWith('a')
      store.ask('a', { action: 'pause', atMs: Date.UTC(2026, 10, 21, 14, 0, 1), control: undefined })
      const tell = () => store.takeFrame(frame({ rows: [row('a', 2, { state: 'pausing', control: control('c-1') })] }))
      if (answerFirst) store.accepted('a', 'c-1')
      else tell()
      expect(store.asked('a')).toBeDefined()
      if (answerFirst) tell()
      else store.accepted('a', 'c-1')
      expect(store.asked('a')).toBeUndefined()
    }
  })

  it('does not take an old control of the row for the answer', () => {
    const store = storeWith('a')
    store.ask('a', { action: 'resume', atMs: Date.UTC(2026, 10, 21, 14, 0, 9), control: undefined })
    store.accepted('a', 'c-2')
    store.takeFrame(frame({ rows: [row('a', 2, { control: control('c-1') })] }))
    expect(store.asked('a')).toBeDefined()
  })
})
