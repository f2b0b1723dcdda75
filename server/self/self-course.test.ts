// given what a server notes of itself, when steps end, then each tells what happened within it and nothing that was not measured.
import { expect, it } from 'vitest'
import { createSelfCourse, type SelfReading, selfStepMs, selfStepsMax } from './self-course.ts'

const reading: SelfReading = {
  queuedRows: 0,
  cpuPercent: 12,
  rssBytes: 1,
  heapBytes: 1,
  browsers: 2,
  probes: 1,
  samplesShed: 0,
  databaseConnected: true,
}

it('tells of each step what was committed in it, and no duration where nothing was', () => {
  const course = createSelfCourse()
  for (let n = 1; n <= 100; n += 1) course.committed(10, n)
  course.step(1_000, reading)
  course.step(2_000, reading)
  const [busy, quiet] = course.steps()
  expect(busy).toMatchObject({ atMs: 1_000, events: 1_000, commits: 100, commitMsP50: 51, commitMsP99: 100 })
  expect(quiet).toEqual({ atMs: 2_000, events: 0, commits: 0, ...reading })
})

it('keeps half an hour, and of commits and kinds of errors only so many', () => {
  const course = createSelfCourse()
  for (let n = 0; n < 10_000; n += 1) course.committed(1, n)
  for (let n = 0; n < selfStepsMax + 20; n += 1) course.step(n * selfStepMs, reading)
  expect(course.steps()).toHaveLength(selfStepsMax)
  expect(course.steps()[0]?.atMs).toBe(20 * selfStepMs)
  for (let n = 0; n < 500; n += 1) course.failed(`context ${n}`, n)
  expect(course.errors()).toHaveLength(100)
})

it('counts what failed by what was being done, newest first', () => {
  const course = createSelfCourse()
  course.failed('append', 1)
  course.failed('send a frame', 2)
  course.failed('append', 3)
  expect(course.errors()).toEqual([
    { context: 'append', count: 2, lastAtMs: 3 },
    { context: 'send a frame', count: 1, lastAtMs: 2 },
  ])
})
