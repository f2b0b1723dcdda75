// given tests that Vigil posts to itself, then what it says of its pipe is what came back, and no more.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canaryLateMs, createCanaryCourse } from './canary-course.ts'

const t0 = Date.UTC(2026, 10, 28, 14, 0, 0)

describe('the course of the canary', () => {
  it('says how long the way took: last, median, longest', () => {
    const course = createCanaryCourse()
    for (const [index, ms] of [30, 90, 10].entries()) {
      course.sent(`m${index}`, t0 + index * 1_000)
      course.back(`m${index}`, t0 + index * 1_000 + ms)
    }
    expect(course.view().pipeline).toEqual({ lastMs: 10, p50Ms: 30, maxMs: 90, count: 3 })
  })

  it('counts one that is late as missed, says so, and does not take it back when it comes after all', () => {
    const course = createCanaryCourse()
    course.sent('m', t0)
    course.look(t0 + canaryLateMs)
    expect(course.view().missed).toBe(0)
    course.look(t0 + canaryLateMs + 1)
    expect(course.view()).toMatchObject({ missed: 1, problem: 'not back within 10 s' })
    expect(course.back('m', t0 + canaryLateMs + 2)).toBeUndefined()
    expect(course.view().pipeline).toBeUndefined()
  })

  it('has its problem no longer once a later one is back', () => {
    const course = createCanaryCourse()
    course.sent('m1', t0)
    course.failed('m1', 'the door answered 503')
    expect(course.view()).toMatchObject({ missed: 1, problem: 'the door answered 503' })
    course.sent('m2', t0 + 10_000)
    course.back('m2', t0 + 10_020)
    expect(course.view().problem).toBeUndefined()
    expect(course.view().missed).toBe(1)
  })

  it('never believes a mark that it did not send, nor one twice, whatever is posted by others', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 4 }), { maxLength: 50 }), (forged) => {
        const course = createCanaryCourse()
        course.sent('mark of our own', t0)
        for (const mark of forged) expect(course.back(mark, t0 + 1)).toBeUndefined()
        expect(course.view().pipeline).toBeUndefined()
        expect(course.back('mark of our own', t0 + 5)).toEqual({ n: 1, sentAtMs: t0 })
        expect(course.back('mark of our own', t0 + 6)).toBeUndefined()
        expect(course.view().pipeline?.count).toBe(1)
      }),
    )
  })
})
