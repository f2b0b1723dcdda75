// How the marks of a lane are drawn: one path a look, so that a lane is a handful of elements however many marks it has. Looks differ by
// shape, not by colour alone. Pure.
import type { LaneMark } from '../../server/protocol/live-view.ts'
import { type Axis, placeOf } from './lane-axis.ts'

/** In the order of drawing: what covers a stretch is glass over what was done in it, and flags stand above all. */
export const looks = [
  'shell',
  'files',
  'network',
  'other',
  'failed',
  'paused',
  'waiting',
  'gap',
  'moment',
  'warning',
  'page',
] as const
export type Look = (typeof looks)[number]

export function lookOf({ what, tool, isBad }: LaneMark): Look {
  switch (what) {
    case 'action':
      return isBad ? 'failed' : (tool ?? 'other')
    case 'flag':
    case 'escape':
      return isBad ? 'page' : 'warning'
    case 'control':
      return isBad ? 'page' : 'moment'
    case 'begin':
    case 'end':
      return 'moment'
    default:
      return what
  }
}

export type Size = { width: number; height: number }
export type Placed = { mark: LaneMark; x: number; endX: number }

/** Narrower than this nobody could see or point at it. */
const barMin = 2.5

/** Only what is on the axis. Something that goes on reaches to `nowMs`. */
export function placed(marks: readonly LaneMark[], axis: Axis, width: number, nowMs: number): Placed[] {
  const list: Placed[] = []
  for (const mark of marks) {
    const x = placeOf(axis, mark.atMs) * width
    const endX =
      mark.endMs !== undefined ? placeOf(axis, mark.endMs) * width : isLong(mark) ? placeOf(axis, nowMs) * width : x
    if (endX < 0 || x > width) continue
    list.push({ mark, x: Math.max(0, x), endX: Math.min(width, Math.max(endX, x)) })
  }
  return list
}

export function isLong({ what }: LaneMark): boolean {
  return what === 'action' || what === 'waiting' || what === 'paused'
}

export function lanePaths(list: readonly Placed[], { height }: Size): { look: Look; d: string }[] {
  const parts = new Map<Look, string[]>()
  for (const { mark, x, endX } of list) {
    const look = lookOf(mark)
    const known = parts.get(look)
    const d = shapeOf(look, x, endX, height)
    if (known) known.push(d)
    else parts.set(look, [d])
  }
  return looks.flatMap((look) => {
    const d = parts.get(look)
    return d ? [{ look, d: d.join('') }] : []
  })
}

const n = (value: number) => Math.round(value * 10) / 10
const rect = (x: number, y: number, width: number, height: number) =>
  `M${n(x)} ${n(y)}h${n(width)}v${n(height)}h${n(-width)}z`

function shapeOf(look: Look, x: number, endX: number, height: number): string {
  const width = Math.max(barMin, endX - x - 0.5)
  const middle = height / 2
  switch (look) {
    case 'paused':
    case 'waiting':
    case 'gap':
      return rect(x, 2, width, height - 4)
    case 'shell':
    case 'failed':
      return rect(x, middle - 7, width, 14)
    case 'network':
      return rect(x + 0.5, middle - 6.5, Math.max(barMin, width - 1), 13)
    case 'files':
      return rect(x, middle - 3, width, 6)
    case 'other':
      return rect(x, middle - 1, width, 2)
    case 'moment':
      return `M${n(x - 0.5)} 3h1v${n(height - 6)}h-1z`
    // A flag on its pole, so that it is one without its colour too; what pages a person is larger.
    case 'warning':
      return `M${n(x - 0.5)} 2h1l5 3l-5 3v${n(height - 11)}h-1z`
    case 'page':
      return `M${n(x - 0.75)} 1h1.5l8 4.5l-8 4.5v${n(height - 12)}h-1.5z`
  }
}

const reachPx = 9

/** The mark that a pointer at `x` means: a flag before what lies under it, then the nearest. */
export function markAt(list: readonly Placed[], x: number): number | undefined {
  let best: number | undefined
  let bestScore = Number.POSITIVE_INFINITY
  list.forEach((each, index) => {
    const away = x < each.x ? each.x - x : x > each.endX ? x - each.endX : 0
    if (away > reachPx) return
    const isMoment = !isLong(each.mark) && each.mark.what !== 'gap'
    const score = away - (isMoment ? reachPx : 0) + (each.mark.what === 'action' ? 0 : 1)
    if (score <= bestScore) {
      best = index
      bestScore = score
    }
  })
  return best
}

/** What a lane says to somebody who cannot see it. Hostile text in flags' titles. */
export function laneSummary(list: readonly Placed[], more: number): string {
  if (list.length === 0) return 'nothing in this stretch of time'
  const count = (what: LaneMark['what'], isBad?: boolean) =>
    list.filter(({ mark }) => mark.what === what && (isBad === undefined || mark.isBad === isBad)).length
  const words: [number, string][] = [
    [count('action'), 'actions'],
    [count('action', true), 'of them failed or denied'],
    [count('flag', true), 'page-level flags'],
    [count('flag', false), 'warnings'],
    [count('waiting'), 'waited for a person'],
    [count('paused'), 'pauses'],
    [count('gap'), 'gaps in what is known'],
    [count('escape'), 'escapes from its cgroup'],
  ]
  const told = words.filter(([times]) => times > 0).map(([times, word]) => `${times} ${word}`)
  if (more > 0) told.push(`${more} older marks are left out`)
  return told.join(', ') || 'only its beginning or end'
}
