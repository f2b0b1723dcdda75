// given sessions picked by hand, when the list changes, then the selection stays what the person meant.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { row } from '../live/given.ts'
import { noSelection, type Selection, select, selectionMax, selectionWords } from './selection.ts'

const order = ['a', 'b', 'c', 'd', 'e']
const toggled = (...ids: string[]) =>
  ids.reduce<Selection>((selection, id) => select(selection, { type: 'toggle', id }), noSelection)
const rows = (...ids: string[]) => new Map(ids.map((id) => [id, row(id, 1)]))

describe('the selection', () => {
  it('takes a session in and out again', () => {
    expect(toggled('a', 'b', 'a').ids).toEqual(['b'])
  })

  it('spans from the last picked one to the one clicked with shift, in the order on screen, both ways', () => {
    expect(select(toggled('b'), { type: 'range', to: 'd', order }).ids).toEqual(['b', 'c', 'd'])
    expect(select(toggled('d'), { type: 'range', to: 'b', order }).ids).toEqual(['d', 'b', 'c'])
    expect(select(noSelection, { type: 'range', to: 'c', order }).ids).toEqual(['c'])
  })

  it('survives an update and a new order, and answers the same object', () => {
    const picked = toggled('a', 'c')
    expect(select(picked, { type: 'follow', rows: rows('c', 'b', 'a', 'new') })).toBe(picked)
  })

  it('lets go of what ended or is gone, and says so', () => {
    const now = new Map([...rows('a', 'c'), ['b', row('b', 2, { state: 'ended' })] as const])
    const after = select(toggled('a', 'b', 'c', 'gone'), { type: 'follow', rows: now })
    expect([after.ids, selectionWords(after)]).toEqual([
      ['a', 'c'],
      ['2 selected', '2 ended and left the selection'],
    ])
  })

  it('takes all that is shown, and no more than one request may name', () => {
    const many = Array.from({ length: selectionMax + 5 }, (_, index) => `s${index}`)
    const all = select(noSelection, { type: 'all', order: many })
    expect([all.ids.length, all.over]).toEqual([selectionMax, 5])
    expect(select(all, { type: 'clear' })).toBe(noSelection)
  })

  it('never holds a session twice, whatever is pressed', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('toggle' as const), id: fc.constantFrom(...order) }),
      fc.record({ type: fc.constant('range' as const), to: fc.constantFrom(...order), order: fc.constant(order) }),
      fc.record({ type: fc.constant('all' as const), order: fc.constant(order) }),
    )
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { ids } = steps.reduce<Selection>(select, noSelection)
        expect(new Set(ids).size).toBe(ids.length)
      }),
    )
  })
})
