// Where everything of a timeline lies on the screen. However many facts there are, at most some 1,500 shapes: what lies too close to be told
// apart is one shape with its count. Pure.
import type {
  IncidentTimeline,
  TimelineItem,
  TimelineLane,
  TimelineTone,
} from '../../server/protocol/incident-timeline.ts'

/** `at`: as it happened, by the clocks of those who saw it. `seenAt`: as we came to know it. */
export type Order = 'at' | 'seenAt'
export type Range = { fromMs: number; toMs: number }

export const shapesMax = 1_500
export const rowHeight = 20
/** Of one GPU's curve. */
export const courseHeight = 52
const laneGap = 12
const rowsOf: Readonly<Record<TimelineLane, number>> = {
  agent: 3,
  process: 3,
  network: 3,
  firewall: 2,
  gpu: 2,
  flags: 2,
  operators: 2,
  gaps: 2,
}
/** Their lowest row is of those that find no room above: how many began there, not how long each lasted. */
const lasting: ReadonlySet<TimelineLane> = new Set(['agent', 'process', 'network', 'gpu', 'gaps'])

export const lanes: readonly { lane: TimelineLane; name: string }[] = [
  { lane: 'agent', name: 'Agent' },
  { lane: 'process', name: 'Process' },
  { lane: 'network', name: 'Network' },
  { lane: 'firewall', name: 'Firewall' },
  { lane: 'gpu', name: 'GPU' },
  { lane: 'flags', name: 'Flags' },
  { lane: 'operators', name: 'Operators' },
  { lane: 'gaps', name: 'Gaps' },
]

export type Shape = {
  /** Of the worst, or the first of equals. */
  item: TimelineItem
  count: number
  x: number
  width: number
  y: number
  /** Room for its words, up to the next shape of its row. */
  labelWidth: number
  isMoment: boolean
  /** Several, or one without room, told by their number. */
  isCrowd: boolean
}
export type Layout = {
  shapes: Shape[]
  /** Top and height of each lane. */
  bands: { lane: TimelineLane; name: string; y: number; height: number }[]
  height: number
  shapeOf: ReadonlyMap<string, Shape>
}

export function timesOf(item: TimelineItem, order: Order): { fromMs: number; toMs: number | undefined } {
  return order === 'at' ? { fromMs: item.atMs, toMs: item.endAtMs } : { fromMs: item.seenAtMs, toMs: item.endSeenAtMs }
}

export function xOf(atMs: number, { fromMs, toMs }: Range, width: number): number {
  return ((atMs - fromMs) / Math.max(1, toMs - fromMs)) * width
}

type Timed = { item: TimelineItem; fromMs: number; toMs: number | undefined }
/** Sorted once, for a drawing that is moved and zoomed many times. */
export type InLanes = ReadonlyMap<TimelineLane, readonly Timed[]>

export function inLanes(items: readonly TimelineItem[], order: Order): InLanes {
  const all = new Map<TimelineLane, Timed[]>(lanes.map(({ lane }) => [lane, []]))
  for (const item of items) all.get(item.lane)?.push({ item, ...timesOf(item, order) })
  for (const each of all.values()) each.sort((a, b) => a.fromMs - b.fromMs)
  return all
}

/** Of the width, laid out on either side of what is looked at, so that it can be moved without being laid out anew. */
export const besideShare = 0.5

/**
 * `gpuCourses`: how many GPUs are drawn as curves, below what lasted on them. `beside`: share of the width that is laid out on either side too;
 * x is below 0 or beyond the width there.
 */
export function layoutOf(items: InLanes, range: Range, width: number, gpuCourses = 0, beside = 0): Layout {
  // Coarser until it is few enough: the first step is enough but for floods.
  for (let pitch = 4; ; pitch *= 2) {
    const layout = laidOut(items, range, width, pitch, gpuCourses * courseHeight, beside)
    if (layout.shapes.length <= shapesMax || pitch >= width) return layout
  }
}

const toneOrder: readonly TimelineTone[] = ['plain', 'frozen', 'warn', 'critical']
const momentWidth = 10
const crowdWidth = 32

function laidOut(
  items: InLanes,
  range: Range,
  width: number,
  pitch: number,
  coursesHeight: number,
  beside: number,
): Layout {
  const besideMs = beside * (range.toMs - range.fromMs)
  const [firstMs, lastMs] = [range.fromMs - besideMs, range.toMs + besideMs]
  const [leftmost, rightmost] = [-beside * width, (1 + beside) * width]
  const shapes: Shape[] = []
  const shapeOf = new Map<string, Shape>()
  const bands: Layout['bands'] = []
  let y = 0
  for (const { lane, name } of lanes) {
    const rows = rowsOf[lane]
    const ends = new Array<number>(rows).fill(Number.NEGATIVE_INFINITY)
    const lastOf = new Array<Shape | undefined>(rows).fill(undefined)
    for (const { item, fromMs, toMs } of items.get(lane) ?? []) {
      if (fromMs > lastMs) break
      if ((item.form === 'span' ? (toMs ?? lastMs) : fromMs) < firstMs) continue
      const isMoment = item.form === 'moment'
      const start = Math.max(leftmost, xOf(fromMs, range, width)) - (isMoment ? momentWidth / 2 : 0)
      const end = isMoment ? start + momentWidth : Math.min(rightmost, xOf(toMs ?? lastMs, range, width))
      const hasCrowd = lasting.has(lane)
      const above = firstFree(ends, hasCrowd ? rows - 1 : rows, start)
      const row = above === -1 ? rows - 1 : above
      const last = lastOf[row]
      if (above === -1 && last && (ends[row] ?? 0) + 1 > start) {
        last.count += 1
        if (toneOrder.indexOf(item.tone) > toneOrder.indexOf(last.item.tone)) last.item = item
        shapeOf.set(item.id, last)
        continue
      }
      const isCrowd = hasCrowd && above === -1
      const least = isCrowd ? Math.max(pitch, crowdWidth) : Math.max(pitch, end - start)
      if (last) last.labelWidth = Math.max(0, start - last.x - 2)
      const shape: Shape = {
        item,
        count: 1,
        x: start,
        width: least,
        y: y + row * rowHeight,
        labelWidth: rightmost - start,
        isMoment: isMoment && !isCrowd,
        isCrowd,
      }
      ends[row] = start + least
      lastOf[row] = shape
      shapes.push(shape)
      shapeOf.set(item.id, shape)
    }
    const height = rows * rowHeight + (lane === 'gpu' ? coursesHeight : 0)
    bands.push({ lane, name, y, height })
    y += height + laneGap
  }
  return { shapes, bands, height: y, shapeOf }
}

function firstFree(ends: readonly number[], rows: number, start: number): number {
  for (let row = 0; row < rows; row += 1) if ((ends[row] ?? 0) + 1 <= start) return row
  return -1
}

/** What is shown first: all of it, without the quiet part before, where there is none. */
export function wholeRange(timeline: IncidentTimeline, order: Order, alsoMs: readonly number[]): Range {
  // What was not seen may reach far back, and a GPU is measured all the time: neither says when it began.
  const told = timeline.items.filter(({ lane }) => lane !== 'gaps' && lane !== 'gpu')
  const times = (told.length > 0 ? told : timeline.items).flatMap((item) => {
    const { fromMs, toMs } = timesOf(item, order)
    return toMs === undefined ? [fromMs] : [fromMs, toMs]
  })
  let fromMs = Number.POSITIVE_INFINITY
  let toMs = Number.NEGATIVE_INFINITY
  for (const each of [...alsoMs, ...times]) {
    fromMs = Math.min(fromMs, each)
    toMs = Math.max(toMs, each)
  }
  if (!Number.isFinite(fromMs))
    return { fromMs: timeline.fromMs, toMs: Math.max(timeline.toMs, timeline.fromMs + 1_000) }
  const room = Math.max(1_000, (toMs - fromMs) * 0.04)
  return { fromMs: fromMs - room, toMs: toMs + room }
}

const narrowestMs = 200
const widestMs = 400 * 86_400_000

/** Around a moment that stays where it is. */
export function zoomed(range: Range, aroundMs: number, factor: number): Range {
  const span = range.toMs - range.fromMs
  const wanted = Math.min(widestMs, Math.max(narrowestMs, span * factor))
  const part = (aroundMs - range.fromMs) / span
  const fromMs = aroundMs - part * wanted
  return { fromMs, toMs: fromMs + wanted }
}

export function panned(range: Range, byMs: number): Range {
  return { fromMs: range.fromMs + byMs, toMs: range.toMs + byMs }
}

/**
 * What the shapes are to be laid out for when `range` is looked at and they are laid out for `laid`: the same, while they can be shown moved and
 * stretched, or `range` itself. To lay out ten thousand facts takes longer than a frame.
 */
export function laidFor(laid: Range, range: Range): Range {
  const span = laid.toMs - laid.fromMs
  const ratio = (range.toMs - range.fromMs) / span
  const room = span * besideShare
  const isThere = range.fromMs >= laid.fromMs - room && range.toMs <= laid.toMs + room
  return isThere && ratio > 0.6 && ratio < 1.7 ? laid : range
}

/** How what is laid out for `laid` stands when `range` is looked at: `x' = shift + scale * x`. */
export function movedBy(laid: Range, range: Range, width: number): { shift: number; scale: number } {
  const scale = (laid.toMs - laid.fromMs) / Math.max(1, range.toMs - range.fromMs)
  return { shift: xOf(laid.fromMs, range, width), scale }
}

const steps = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000]
const longSteps = [3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000, 604_800_000, 2_592_000_000]

/** Times to be named on the axis: whole ones, as many as have room. */
export function ticksOf({ fromMs, toMs }: Range, width: number): number[] {
  const most = Math.max(2, Math.floor(width / 110))
  const all = [...steps, ...longSteps]
  const step = all.find((each) => (toMs - fromMs) / each <= most) ?? all.at(-1) ?? 1_000
  const ticks: number[] = []
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs && ticks.length < 40; at += step) ticks.push(at)
  return ticks
}
