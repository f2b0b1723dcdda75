// The time that is counted, in days or weeks of UTC that end with today. Pure.
import type { NumbersDays, NumbersStep } from '../../protocol/numbers-view.ts'

export const dayMs = 86_400_000

/** Days of one step: more than a month is told in weeks. Thirteen whole weeks for 90 days. */
export function stepDaysOf(days: NumbersDays): number {
  return days > 31 ? 7 : 1
}

/** Oldest first. `heardDaysMs`: starts of the days of which the log has anything. */
export function stepsOf(days: NumbersDays, nowMs: number, heardDaysMs: readonly number[]): NumbersStep[] {
  const stepDays = stepDaysOf(days)
  const stepMs = stepDays * dayMs
  const count = Math.ceil(days / stepDays)
  const endMs = (Math.floor(nowMs / dayMs) + 1) * dayMs
  return Array.from({ length: count }, (_, index) => {
    const fromMs = Math.max(0, endMs - (count - index) * stepMs)
    const toMs = fromMs + stepMs
    const heardDays = new Set(heardDaysMs.filter((each) => each >= fromMs && each < toMs)).size
    return { fromMs, toMs, days: stepDays, heardDays }
  })
}

/** Index of the step that a moment is in; undefined outside of all. */
export function stepAt(steps: readonly NumbersStep[], atMs: number): number | undefined {
  const index = steps.findIndex(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
  return index === -1 ? undefined : index
}
