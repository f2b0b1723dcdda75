// One GPU's readings as lines on the axis of a timeline. Pure. A line breaks where nothing was read.
import type { GpuCourse } from '../../server/protocol/incident-timeline.ts'
import { brokenPoints, gapMs, gapsOf } from '../gpus/series-lines.ts'
import { clockText, spanText } from '../ui/format-time.ts'
import { type Range, xOf } from './timeline-layout.ts'

export type DrawnCourse = {
  /** Paths; empty where nothing was read. */
  sm: string
  memory: string
  unread: { x: number; width: number }[]
  /** What was read last and when, or that nothing was. */
  newest: string
}

export function courseOf(course: GpuCourse, range: Range, width: number, height: number): DrawnCourse {
  const x = (atMs: number) => Math.round(Math.min(width, Math.max(0, xOf(atMs, range, width))) * 10) / 10
  const points = brokenPoints(course).filter(
    ({ atMs }) => atMs >= range.fromMs - course.stepMs && atMs <= range.toMs + course.stepMs,
  )
  const pathOf = (field: 'utilPercent' | 'memoryBandwidthPercent') => {
    let path = ''
    let isOpen = false
    for (const point of points) {
      const value = point[field]
      if (value !== undefined) {
        const y = Math.round((1 - Math.min(100, Math.max(0, value)) / 100) * height * 10) / 10
        // A single reading is a short line: a point of no length is not seen.
        path += isOpen ? `L${x(point.atMs)} ${y}` : `M${x(point.atMs)} ${y}h1`
      }
      isOpen = value !== undefined
    }
    return path
  }
  const first = course.steps[0]?.atMs ?? course.toMs
  const unread = [
    ...(first - course.fromMs > gapMs(course) || course.steps.length === 0
      ? [{ fromMs: course.fromMs, toMs: first }]
      : []),
    ...gapsOf(course),
  ]
    .filter(({ fromMs, toMs }) => toMs > range.fromMs && fromMs < range.toMs)
    .map(({ fromMs, toMs }) => ({ x: x(fromMs), width: Math.max(1, x(toMs) - x(fromMs)) }))
  return { sm: pathOf('utilPercent'), memory: pathOf('memoryBandwidthPercent'), unread, newest: newestOf(course) }
}

function newestOf({ steps, toMs }: GpuCourse): string {
  const newest = steps.at(-1)
  if (!newest) return 'not measured'
  const percent = (value: number | undefined) => (value === undefined ? 'not read' : `${Math.round(value)}%`)
  return `SM ${percent(newest.utilPercent)}, memory bandwidth ${percent(newest.memoryBandwidthPercent)}, read ${spanText(toMs - newest.atMs)} before ${clockText(toMs)}`
}
