// A tiny chart of one quantity. Redrawn only when its array is another array; decorative, the number stands beside it.
import { memo, useMemo } from 'react'
import { classNames } from './class-names.ts'
import { sparkPaths } from './sparkline-path.ts'

type Props<Point> = {
  points: readonly Point[]
  /** Must be a constant function: its identity is part of the memo. */
  valueOf: (point: Point) => number
  floorMax: number
  width?: number
  height?: number
  capacity?: number
  className?: string | undefined
}

function SparklineBase<Point>(props: Props<Point>) {
  const { points, valueOf: read, floorMax, width = 72, height = 20, capacity = 60, className } = props
  const paths = useMemo(
    () => sparkPaths(points.slice(-capacity).map(read), width, height, capacity, floorMax),
    [points, read, width, height, capacity, floorMax],
  )
  return (
    <svg
      aria-hidden
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      className={classNames('shrink-0 text-muted', className)}
    >
      {/* Not `opacity`: each would be a group of its own to compose, and a list has dozens. */}
      <path d={paths.area} fill="currentColor" fillOpacity={0.12} />
      <path d={paths.line} fill="none" stroke="currentColor" strokeWidth={1.1} strokeLinejoin="round" />
      <path d={`M0 ${height - 0.5}H${width}`} stroke="currentColor" strokeOpacity={0.25} strokeWidth={0.5} />
    </svg>
  )
}

export const Sparkline = memo(SparklineBase) as typeof SparklineBase
