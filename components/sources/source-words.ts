// What a source says of itself in words: heartbeat, rate, lag, clock, counts. Pure. Names, reasons and examples are hostile text.
import { type SourceView, silentAfterOf } from '../../server/protocol/source-view.ts'
import { countText, plural } from '../ui/format-quantity.ts'
import { ageText, agoText, offsetText, spanText } from '../ui/format-time.ts'

export function usualPauseText(usualPauseMs: number | undefined): string {
  return usualPauseMs === undefined
    ? 'too few batches to say how often it reports'
    : `usually every ${spanText(usualPauseMs)} or sooner`
}

/** `60 min: 3 gaps, the longest 4 min`; the step that runs is no gap yet. Steps in which nobody listened are none either. */
export function gapsText(steps: string, stepMinutes: number): string {
  const gaps = steps.slice(0, -1).match(/0+/g) ?? []
  if (gaps.length === 0) return steps.includes('1') ? 'no gap' : 'nothing heard'
  const longest = Math.max(...gaps.map((gap) => gap.length)) * stepMinutes
  return `${plural(gaps.length, 'gap')}, the longest ${longest} min`
}

export type Heartbeat = { tone: 'ok' | 'warn' | 'quiet'; words: string }

/** `nowMs` is the server's clock; zero while it is not known yet. */
export function heartbeatOf(source: SourceView, nowMs: number): Heartbeat {
  if (nowMs < 1e12) return { tone: 'quiet', words: '—' }
  const ageMs = Math.max(0, nowMs - source.lastSeenAtMs)
  if (ageMs > silentAfterOf(source)) return { tone: 'warn', words: `silent for ${ageText(ageMs)}` }
  return { tone: 'ok', words: ageMs < 1_000 ? 'heard now' : `heard ${agoText(ageMs)}` }
}

/** Over the last minute: `1,284/s`, `4.2/s`, `12/min`, `none`. */
export function recordRateText(perSecond: number): string {
  if (!(perSecond > 0)) return 'none'
  if (perSecond >= 9.95) return `${countText(perSecond)}/s`
  return perSecond >= 0.95 ? `${perSecond.toFixed(1)}/s` : `${Math.max(1, Math.round(perSecond * 60))}/min`
}

/** How late its facts arrive by the two clocks as they are: a clock that runs ahead makes it look early. */
export function lagText(lagMs: number | undefined): string {
  if (lagMs === undefined) return 'not known'
  return lagMs < -0.5 ? `${spanText(-lagMs)} ahead` : spanText(lagMs)
}

export type ClockWords = { offset: string; against: string }

/** Undefined: its clock was not compared with any other yet. */
export function clockWords(clock: SourceView['clock']): ClockWords | undefined {
  if (!clock) return undefined
  return {
    offset: `${offsetText(clock.offsetMs)} ±${spanText(clock.spreadMs)}`,
    against: `vs ${clock.against}, ${plural(clock.pairs, 'pair')}`,
  }
}

export type Figure = { name: string; count: number; title: string; warn?: true }

/** In the order of a record's way: what came, what became of it, what did not get in. */
export function figuresOf(source: SourceView): Figure[] {
  return [
    { name: 'records', count: source.records, title: 'lines or entries that it sent' },
    { name: 'events', count: source.events, title: 'facts that are in the log, repeats of known records included' },
    { name: 'known before', count: source.duplicates, title: 'of those, sent again: in the log once' },
    { name: 'readings', count: source.samples, title: 'GPU readings' },
    { name: 'skipped', count: source.skipped, title: 'understood, and no fact for Vigil' },
    {
      name: 'refused',
      count: source.refused,
      title: 'meant as a fact and wrong: not in the log',
      ...(source.refused > 0 && { warn: true as const }),
    },
  ]
}

/** By title, then name: a source keeps its place whatever it does. */
export function inOrder(sources: readonly SourceView[]): SourceView[] {
  return [...sources].sort((a, b) => compare(a.title, b.title) || compare(a.name, b.name) || compare(a.id, b.id))
}

const compare = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1)

/** Every word must occur somewhere in title, name, format, trust, or in a reason of what did not get in. */
export function sourceMatches(query: string): (source: SourceView) => boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  return (source) => {
    if (words.length === 0) return true
    const reasons = [...source.skippedReasons, ...source.refusedReasons].map((each) => each.reason)
    const said = [source.title, source.id, source.trust, ...reasons].join('\n').toLowerCase()
    return words.every((word) => said.includes(word))
  }
}

/** Most frequent first; the order of equals does not depend on when they were counted. */
export function byCount<T extends { count: number }>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return [...items].sort((a, b) => b.count - a.count || compare(nameOf(a), nameOf(b)))
}

export function refusedHref(source: SourceView): string {
  return `/api/sources/${encodeURIComponent(source.format)}/${encodeURIComponent(source.name)}/refused`
}

export function refusedFileName(source: SourceView): string {
  return `refused-${source.format}-${source.name}.ndjson`.replace(/[^A-Za-z0-9._-]/g, '-').slice(0, 200)
}

/** `3 sources, 1 silent, 2 with refused records` */
export function summaryText(sources: readonly SourceView[], nowMs: number): string {
  const silent = sources.filter((source) => heartbeatOf(source, nowMs).tone === 'warn').length
  const refusing = sources.filter((source) => source.refused > 0).length
  return [
    plural(sources.length, 'source'),
    silent > 0 ? `${countText(silent)} silent` : '',
    refusing > 0 ? `${countText(refusing)} with refused records` : '',
  ]
    .filter(Boolean)
    .join(', ')
}
