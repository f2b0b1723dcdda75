// Does a figure grow? A straight line through its readings (least squares), and the stated rule by which it is called flat.
export type Reading = { atMs: number; value: number }

export type Slope = {
  mean: number
  /** In the figure's own unit. */
  perHour: number
  /** `perHour` as a share of the mean; 0 where the mean is 0. */
  shareOfMeanPerHour: number
  /** How much the line rises over the time that was measured. */
  rise: number
  /** Below it the true slope lies with 1 chance in 40: the lower end of the 95 % interval. */
  leastPerHour: number
  readings: number
}

const hourMs = 3_600_000

/** Undefined for fewer than three readings: through two every line is perfect. */
export function slopeOf(readings: readonly Reading[]): Slope | undefined {
  const count = readings.length
  const first = readings[0]
  const last = readings.at(-1)
  if (count < 3 || !first || !last) return undefined
  const hours = readings.map(({ atMs }) => (atMs - first.atMs) / hourMs)
  const values = readings.map(({ value }) => value)
  const meanOf = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0) / count
  const [meanHour, mean] = [meanOf(hours), meanOf(values)]
  const spread = hours.reduce((sum, hour) => sum + (hour - meanHour) ** 2, 0)
  if (spread === 0) return undefined
  const together = hours.reduce((sum, hour, index) => sum + (hour - meanHour) * ((values[index] ?? 0) - mean), 0)
  const perHour = together / spread
  const left = hours.reduce((sum, hour, index) => {
    const expected = mean + perHour * (hour - meanHour)
    return sum + ((values[index] ?? 0) - expected) ** 2
  }, 0)
  const standardError = Math.sqrt(left / (count - 2) / spread)
  return {
    mean,
    perHour,
    shareOfMeanPerHour: mean === 0 ? 0 : perHour / mean,
    rise: perHour * ((last.atMs - first.atMs) / hourMs),
    leastPerHour: perHour - 2 * standardError,
    readings: count,
  }
}

export type Rule = {
  /** A rise below it is none: what the figure moves by in any case, in its own unit. */
  floor: number
  /** A rise below this share of the mean is none. */
  share: number
}

export const ruleInWords =
  'a figure grows when all three hold: its line rises over the measured time by more than the floor, by more than 10 % of its mean, and the ' +
  'lower end of the 95 % interval of its slope is above zero; else it is flat. The first fifth (at least 30 s) is warming up and does not count.'

/** A figure that falls is as good as flat: nothing fills up. */
export function isFlat(slope: Slope, { floor, share }: Rule): boolean {
  return !(slope.rise > floor && slope.rise > share * slope.mean && slope.leastPerHour > 0)
}

/** Without what was read while the product was warming up. */
export function warm(readings: readonly Reading[]): Reading[] {
  const first = readings[0]
  const last = readings.at(-1)
  if (!first || !last) return []
  const fromMs = first.atMs + Math.max(30_000, (last.atMs - first.atMs) / 5)
  return readings.filter(({ atMs }) => atMs >= fromMs)
}
