// What is told of thousands of rows to who walks through all of them: soon, and not with every frame.
import { describe, expect, it } from 'vitest'
import { frame, row, snapshot } from './given.ts'
import { pacedView } from './use-paced-view.ts'
import { ViewStore } from './view-store.ts'

const many = Array.from({ length: 2_000 }, (_, n) => row(`s-${n}`, 1))

describe('the paced view', () => {
  it('of a few rows is the view itself', () => {
    const store = new ViewStore()
    const paced = pacedView(store, () => 0)
    store.takeSnapshot({ view: 'live' }, snapshot({ rows: many.slice(0, 3) }))
    paced.read()
    store.takeFrame(frame({ rows: [row('s-0', 2)] }))
    expect(paced.read()).toBe(store.shown())
  })

  it('of thousands stays for a quarter of a second, whole and of one moment, and is then the newest', () => {
    let nowMs = 1_000
    const store = new ViewStore()
    const paced = pacedView(store, () => nowMs)
    store.takeSnapshot({ view: 'live' }, snapshot({ rows: many, toCome: 1 }))
    const first = paced.read()
    store.takeFrame(frame({ rows: [row('s-2000', 1)], toCome: 0 }))
    nowMs += 249
    expect([paced.read() === first, paced.read().toCome, paced.read().rows.size]).toEqual([true, 1, 2_000])
    nowMs += 1
    expect([paced.read().toCome, paced.read().rows.size]).toEqual([0, 2_001])
  })

  it('of another watch is told at once', () => {
    const store = new ViewStore()
    const paced = pacedView(store, () => 0)
    store.takeSnapshot({ view: 'live' }, snapshot({ rows: many }))
    paced.read()
    store.takeSnapshot({ view: 'live' }, snapshot({ rows: many, watch: 2 }))
    expect(paced.read().watch).toBe(2)
  })
})
