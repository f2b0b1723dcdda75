import { describe, expect, it } from 'vitest'
import { median, percentile } from './percentile.ts'

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)

  it('answers a value that was measured, by nearest rank, whatever the order', () => {
    expect(percentile(hundred, 50)).toBe(50)
    expect(percentile(hundred, 99)).toBe(99)
    expect(percentile(hundred, 100)).toBe(100)
  })

  it('calls the worst of few measurements their 99th percentile, and never invents a better one', () => {
    expect(percentile([3, 1, 900], 99)).toBe(900)
    expect(percentile([7], 1)).toBe(7)
  })

  it('does not change the list it is given', () => {
    const values = [2, 1]
    percentile(values, 50)
    expect(values).toEqual([2, 1])
  })

  it('refuses to make a figure out of no measurements', () => {
    expect(() => percentile([], 50)).toThrow(RangeError)
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('median', () => {
  it('takes the middle one of an odd count and the mean of the two in the middle of an even one', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 2, 3])).toBe(2.5)
  })
})
