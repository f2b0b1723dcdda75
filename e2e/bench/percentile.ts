// What a list of measurements says. Pure; an empty list is a mistake of the caller, never a zero that looks like a good figure.

/** Nearest rank: always a value that was measured. `p` from 0 to 100. Throws RangeError on an empty list. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const rank = Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))
  const value = sorted[rank]
  if (value === undefined) throw new RangeError('no measurements: there is no percentile of nothing')
  return value
}

/** The middle one, or the mean of the two in the middle. Throws RangeError on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const low = sorted[Math.floor((sorted.length - 1) / 2)]
  const high = sorted[Math.floor(sorted.length / 2)]
  if (low === undefined || high === undefined) throw new RangeError('no measurements: there is no median of nothing')
  return (low + high) / 2
}
