// The risk of a session over the last hour, from its flags: each says what the score was then, and between them it decays. Pure.

import { riskNow } from '../../server/protocol/flag.ts'
import type { FlagView } from '../../server/protocol/flag-view.ts'

export const courseMinutes = 60

/** A value a minute, oldest first, the last of now. Flags in any order; those from before the hour say where it begins. */
export function riskCourse(flags: readonly Pick<FlagView, 'seenAtMs' | 'risk'>[], nowMs: number): number[] {
  const scores = flags
    .flatMap(({ seenAtMs, risk }) => (risk ? [{ atMs: seenAtMs, score: risk.score }] : []))
    .sort((a, b) => a.atMs - b.atMs)
  const course: number[] = []
  let next = 0
  let last: (typeof scores)[number] | undefined
  for (let minute = courseMinutes; minute >= 0; minute -= 1) {
    const atMs = nowMs - minute * 60_000
    for (let score = scores[next]; score && score.atMs <= atMs; score = scores[next]) {
      last = score
      next += 1
    }
    course.push(last ? riskNow(last, atMs) : 0)
  }
  return course
}
