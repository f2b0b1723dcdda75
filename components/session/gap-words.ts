// What was not seen of a session, on the axis of its charts and in words. Pure. A gap whose end is not known is drawn open there; that nothing
// is listed is never told as "nothing was missed". Reasons and names quote hosts: hostile text.
import type { SamplePoint } from '../../server/protocol/browser-messages.ts'
import type { GapSpan, GapsView } from '../../server/protocol/gap-view.ts'
import { countText } from '../ui/format-quantity.ts'
import { clockText, spanText } from '../ui/format-time.ts'

export type Axis = { fromMs: number; toMs: number }

/** As long as points are kept, where there are none. */
const axisMs = 10 * 60_000
const axisLeastMs = 60_000
/** A reading that is late, or one that was lost, is no gap yet. */
const lateFactor = 3
const lateLeastMs = 6_000
/** Two clocks are compared there: the host's, which stamps samples, and the server's. */
const goesOnLeastMs = 15_000
/** Of an open end, on the drawing. */
export const openPx = 14
const leastPx = 3

/** From the first point to now, or to where the session ended: one axis for the lane and every chart. */
export function axisOf(points: readonly SamplePoint[], endedAtMs: number | undefined, nowMs: number): Axis {
  const newest = points.at(-1)?.atMs
  const toMs = endedAtMs === undefined ? Math.max(nowMs, newest ?? 0) : Math.max(endedAtMs, newest ?? 0)
  const fromMs = points[0]?.atMs ?? toMs - axisMs
  return { fromMs: Math.min(fromMs, toMs - axisLeastMs), toMs }
}

/** Where samples stopped coming to this page for longer than is usual; with `nowMs` also when they do not come now. */
export function sampleGaps(points: readonly SamplePoint[], nowMs: number | undefined): GapSpan[] {
  const apart = points.slice(1).map(({ atMs }, at) => atMs - (points[at]?.atMs ?? atMs))
  const usualMs = [...apart].sort((a, b) => a - b)[Math.floor(apart.length / 2)]
  const newest = points.at(-1)
  if (usualMs === undefined || !newest) return []
  const lateMs = Math.max(lateLeastMs, usualMs * lateFactor)
  const span = (fromMs: number, toMs: number, end: GapSpan['end']): GapSpan => ({
    id: `page ${fromMs}`,
    stream: 'samples',
    scope: 'session',
    fromMs,
    toMs,
    opensBefore: false,
    end,
    toldAtMs: toMs,
    why: `no sample of it reached this page; usually one comes every ${spanText(usualMs)}`,
    trust: 'vigil',
  })
  const gaps = points.flatMap(({ atMs }, at) => {
    const next = points[at + 1]?.atMs
    return next !== undefined && next - atMs > lateMs ? [span(atMs, next, 'seen')] : []
  })
  if (nowMs !== undefined && nowMs - (newest.seenAtMs ?? newest.atMs) > Math.max(goesOnLeastMs, lateMs))
    gaps.push(span(newest.atMs, nowMs, 'goes-on'))
  return gaps
}

/** Points with an empty one in each gap, at which a line ends. */
export function brokenAt<P extends { atMs: number }>(points: readonly P[], gaps: readonly GapSpan[]): Partial<P>[] {
  const breaks = gaps.map(({ fromMs }) => ({ atMs: fromMs + 1 }) as Partial<P>)
  return [...points, ...breaks].sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0))
}

export type PlacedGap = { span: GapSpan; x: number; endX: number; opensLeft: boolean; opensRight: boolean }

/** Those that touch the axis, by their beginning. */
export function placedGaps(spans: readonly GapSpan[], { fromMs, toMs }: Axis, width: number): PlacedGap[] {
  const xOf = (atMs: number) => Math.min(width, Math.max(0, ((atMs - fromMs) / Math.max(1, toMs - fromMs)) * width))
  return spans
    .filter((span) => span.fromMs <= toMs && (span.end === 'goes-on' || span.toMs >= fromMs))
    .map((span) => {
      const x = Math.min(xOf(span.fromMs), width - leastPx)
      const endX = span.end === 'goes-on' ? width : xOf(span.toMs)
      return {
        span,
        x,
        endX: Math.max(endX, x + leastPx),
        opensLeft: span.opensBefore || span.fromMs < fromMs,
        opensRight: span.end !== 'seen' || span.toMs > toMs,
      }
    })
    .sort((a, b) => a.x - b.x)
}

/** The one at that place: the narrowest, so that a long one does not cover the others. */
export function gapAt(placed: readonly PlacedGap[], x: number): number | undefined {
  let found: number | undefined
  for (const [at, { x: from, endX, opensLeft, opensRight }] of placed.entries()) {
    const isOn = x >= from - (opensLeft ? openPx : 3) && x <= endX + (opensRight ? openPx : 3)
    const best = found === undefined ? undefined : placed[found]
    if (isOn && (!best || endX - from < best.endX - best.x)) found = at
  }
  return found
}

export type GapWords = { what: string; when: string; why: string }

export function gapWords({
  stream,
  scope,
  host,
  source,
  count,
  end,
  opensBefore,
  fromMs,
  toMs,
  why,
}: GapSpan): GapWords {
  const goesOn = end === 'goes-on'
  const many = (one: string) =>
    count === 1 ? `1 ${one} missing` : count ? `${countText(count)} ${one}s missing` : `${one}s missing`
  const what = {
    events: many('event'),
    samples: many('sample'),
    probe: `host ${host ?? ''} ${goesOn ? 'is' : 'was'} not heard`,
    source: `${source ?? 'a sensor'} ${goesOn ? 'is' : 'was'} silent`,
  }[stream]
  const whose =
    stream === 'probe' || stream === 'source' || scope === 'session'
      ? ''
      : scope === 'host'
        ? ', of its host: whether of this session is not known'
        : ', of all sessions: whether of this one is not known'
  return { what: what + whose, when: whenText({ end, opensBefore, fromMs, toMs }), why }
}

function whenText({
  end,
  opensBefore,
  fromMs,
  toMs,
}: Pick<GapSpan, 'end' | 'opensBefore' | 'fromMs' | 'toMs'>): string {
  if (opensBefore && end === 'unknown' && fromMs === toMs)
    return `told at ${clockText(fromMs)}; since when and until when is not known`
  const from = opensBefore ? `${clockText(fromMs)} or earlier` : clockText(fromMs)
  if (end === 'goes-on') return `since ${from}, goes on`
  const to = end === 'unknown' ? `${clockText(toMs)} or later` : clockText(toMs)
  const open = opensBefore || end === 'unknown'
  return `${from} to ${to}, ${spanText(toMs - fromMs)}${open ? ' or more' : ''}`
}

/** Over the lane. */
export function gapsSummary(view: GapsView | undefined, own: readonly GapSpan[]): string {
  if (!view) return 'asking what is known to be missing'
  const known = view.spans.length + own.length
  const since = `since ${clockText(view.fromMs)}`
  if (known === 0 && view.leftOut > 0) return 'not known: more was lost since than can be looked through'
  if (known === 0) return `nothing is known to be missing ${since}`
  const going = [...view.spans, ...own].filter(({ end }) => end === 'goes-on').length
  return `${countText(known)}${view.leftOut > 0 ? ' or more' : ''} known ${since}${going === 0 ? '' : going === 1 ? ', one goes on' : `, ${countText(going)} go on`}`
}

/** Said wherever the lane stands: an empty lane is no proof. */
export function limitText(view: GapsView | undefined): string {
  if (view && view.host === undefined)
    return 'No host vouches for this session: only what Vigil and its sensors know to have lost can stand here. What sensors did not see at all cannot be told.'
  return 'What sensors did not see at all cannot be told.'
}
