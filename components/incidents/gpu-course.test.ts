// given readings of a GPU on a timeline, when they are drawn, then no line crosses a time in which nothing was read.
import { describe, expect, it } from 'vitest'
import type { GpuCourse } from '../../server/protocol/incident-timeline.ts'
import { courseOf } from './gpu-course.ts'

const range = { fromMs: 0, toMs: 20_000 }
const course = (...seconds: number[]): GpuCourse => ({
  host: 'gpu-node-17' as never,
  gpu: 'GPU-1',
  fromMs: 0,
  toMs: 20_000,
  stepMs: 1_000,
  offTaskMs: 0,
  steps: seconds.map((each) => ({ atMs: each * 1_000, utilPercent: 100 })),
})

describe('the curve of a GPU', () => {
  it('runs through its readings, at the top where it is wholly busy', () => {
    expect(courseOf(course(0, 1, 2), range, 200, 40).sm).toBe('M0 0h1L10 0L20 0')
  })

  it('breaks where nothing was read, and marks that time', () => {
    const { sm, unread } = courseOf(course(0, 1, 10, 11), range, 200, 40)
    expect(sm).toBe('M0 0h1L10 0M100 0h1L110 0')
    expect(unread.map(({ x, width }) => [x, width])).toEqual([
      [20, 80],
      [120, 80],
    ])
  })

  it('draws nothing of a figure that was not read, and says of an unread GPU that it was not measured', () => {
    expect(courseOf(course(0, 1), range, 200, 40).memory).toBe('')
    expect(courseOf(course(), range, 200, 40)).toEqual({
      sm: '',
      memory: '',
      unread: [{ x: 0, width: 200 }],
      newest: 'not measured',
    })
  })
})
