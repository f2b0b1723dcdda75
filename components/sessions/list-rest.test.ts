// When a list that moves under the hand is taken to be at rest, and who is told.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ListRest, restAfterMs } from './list-rest.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a list', () => {
  it('that nobody moved is at rest', () => {
    expect(new ListRest().moving()).toBe(false)
  })

  it('moves as long as a hand goes on, and rests a while after its last move', () => {
    const rest = new ListRest()
    for (let turn = 0; turn < 10; turn += 1) {
      rest.moves()
      vi.advanceTimersByTime(restAfterMs - 1)
      expect(rest.moving()).toBe(true)
    }
    vi.advanceTimersByTime(1)
    expect(rest.moving()).toBe(false)
  })

  it('tells all rows of its rest once and together', () => {
    const told: string[] = []
    const rest = new ListRest((tell) => {
      told.push('[')
      tell()
      told.push(']')
    })
    rest.moves()
    rest.atRest(() => told.push('a'))
    rest.atRest(() => told.push('b'))
    expect(told).toEqual([])
    vi.advanceTimersByTime(restAfterMs)
    rest.moves()
    vi.advanceTimersByTime(restAfterMs)
    expect(told).toEqual(['[', 'a', 'b', ']'])
  })

  it('tells nothing to a row that left while it moved', () => {
    const told: string[] = []
    const rest = new ListRest()
    rest.moves()
    const left = rest.atRest(() => told.push('left'))
    rest.atRest(() => told.push('stays'))
    left()
    vi.advanceTimersByTime(restAfterMs)
    expect(told).toEqual(['stays'])
  })

  it('tells a row soon that asks when it has come to rest already: none stays in short', async () => {
    const told: string[] = []
    const rest = new ListRest()
    rest.moves()
    vi.advanceTimersByTime(restAfterMs)
    rest.atRest(() => told.push('late'))
    expect(told).toEqual([])
    await Promise.resolve()
    expect(told).toEqual(['late'])
  })

  it('that is gone tells nobody', () => {
    const told: string[] = []
    const rest = new ListRest()
    rest.moves()
    rest.atRest(() => told.push('gone'))
    rest.stop()
    vi.advanceTimersByTime(restAfterMs * 2)
    expect(told).toEqual([])
  })
})
