// Marks of an axis of spans, at whole seconds, minutes, hours or days: 16 min 40 s is no mark that anybody reads. Pure.

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const intervals = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((each) => each * second),
  ...[1, 2, 5, 10, 15, 30].map((each) => each * minute),
  ...[1, 2, 3, 6, 12].map((each) => each * hour),
  ...[1, 2, 5, 10, 20, 50, 100].map((each) => each * day),
]
const stepsMax = 4

/** From 0 to the first mark that is not below `mostMs`. */
export function spanTicks(mostMs: number): number[] {
  const interval = intervals.find((each) => mostMs <= each * stepsMax) ?? Math.ceil(mostMs / stepsMax / day) * day
  const count = Math.max(1, Math.ceil(mostMs / interval))
  return Array.from({ length: count + 1 }, (_, index) => index * interval)
}

/** `0`, `500 ms`, `30 s`, `15 min`, `6 h`, `2 d`: a mark is whole in its unit, or is told with a half or quarter. */
export function tickText(ms: number): string {
  if (ms === 0) return '0'
  const [size, word] =
    ms < second
      ? [1, 'ms']
      : ms < minute
        ? [second, 's']
        : ms < hour
          ? [minute, 'min']
          : ms < 2 * day
            ? [hour, 'h']
            : [day, 'd']
  return `${Number((ms / Number(size)).toFixed(2))} ${word}`
}
