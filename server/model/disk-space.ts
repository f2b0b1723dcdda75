// Is there room left where the data is? Decided from how much is free and what was decided before, so that a disk that hovers about a limit does not
// warn and take it back all day. Pure.
import type { DiskLevel } from '../protocol/retention.ts'

export type DiskLimits = {
  /** Below it people are warned. 0: never. */
  warnBytes: number
  /** Below it the oldest readings that nobody holds are dropped. 0: never. At most `warnBytes`, or nobody would have been warned. */
  shedBytes: number
}

/** So much more than a limit must be free before it counts as over. */
export const clearOf = (limitBytes: number): number => limitBytes * 1.2

export function diskLevelOf(before: DiskLevel, freeBytes: number, { warnBytes, shedBytes }: DiskLimits): DiskLevel {
  const below = (limitBytes: number, was: boolean) => freeBytes < (was ? clearOf(limitBytes) : limitBytes)
  if (below(shedBytes, before === 'very-low')) return 'very-low'
  if (below(warnBytes, before !== 'ok')) return 'low'
  return 'ok'
}

/**
 * Up to when readings may be dropped. The newest stay, because a rule or a person may look at them now; a whole hour, because dropping a part of a
 * day writes the rest of it anew.
 */
export function shedBeforeMs(nowMs: number): number {
  const hourMs = 3_600_000
  return Math.floor((nowMs - hourMs) / hourMs) * hourMs
}
