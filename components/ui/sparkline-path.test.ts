// The shape of a sparkline.
import { describe, expect, it } from 'vitest'
import { sparkPaths } from './sparkline-path.ts'

describe('a sparkline', () => {
  it('draws nothing from less than two points, because one point is not a course', () => {
    expect(sparkPaths([5], 60, 20, 60, 1).line).toBe('')
  })

  it('puts the newest value at the right edge and the greatest at the top', () => {
    expect(sparkPaths([0, 10], 10, 12, 2, 1).line).toBe('M0.0 11.0L10.0 1.0')
  })

  it('keeps values far below the floor flat at the bottom, so that noise does not look like a burst', () => {
    expect(sparkPaths([0, 1, 0], 10, 12, 3, 1_000).line).toBe('M0.0 11.0L5.0 11.0L10.0 11.0')
  })

  it('starts further right while there are few points', () => {
    expect(sparkPaths([0, 0], 10, 12, 11, 1).line.startsWith('M9.0')).toBe(true)
  })
})
