// Numbers to SVG paths. Pure, so that a sparkline costs one string per new point and nothing else.

export type SparkPaths = { line: string; area: string }

/** Newest value at the right edge; fewer points than `capacity` start further right. `floorMax` keeps noise flat. */
export function sparkPaths(
  values: readonly number[],
  width: number,
  height: number,
  capacity: number,
  floorMax: number,
): SparkPaths {
  if (values.length < 2) return { line: '', area: '' }
  let max = floorMax
  for (const value of values) if (value > max) max = value
  const step = width / (capacity - 1)
  const left = width - step * (values.length - 1)
  const parts: string[] = []
  for (let index = 0; index < values.length; index += 1) {
    const x = left + index * step
    const y = height - 1 - (Math.max(0, values[index] ?? 0) / max) * (height - 2)
    parts.push(`${x.toFixed(1)} ${y.toFixed(1)}`)
  }
  const line = `M${parts.join('L')}`
  return { line, area: `${line}L${width} ${height}L${left.toFixed(1)} ${height}Z` }
}
