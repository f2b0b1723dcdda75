// The scrubber in numbers and words. Pure.
import type { MarkWhat } from '../../server/protocol/replay-messages.ts'
import { spanText } from '../ui/format-time.ts'

export const spans = [
  { minutes: 10, words: '10 min' },
  { minutes: 60, words: '1 h' },
  { minutes: 360, words: '6 h' },
  { minutes: 1_440, words: '24 h' },
  { minutes: 10_080, words: '7 d' },
] as const

/** Part of the span before the moment; the rest is after it. */
const before = 0.6

/**
 * The span that the scrubber covers, so that the moment stands in it and the present does not lie outside. `kept`: the span of before,
 * which stays for as long as the moment is in it: a scrubber that moves under the hand cannot be aimed with.
 */
export function spanOf(
  atMs: number,
  nowMs: number,
  spanMs: number,
  kept?: { fromMs: number; toMs: number },
): { fromMs: number; toMs: number } {
  if (kept && kept.toMs - kept.fromMs === spanMs && atMs >= kept.fromMs && atMs <= kept.toMs) return kept
  const toMs = Math.ceil(Math.max(Math.min(atMs + spanMs * (1 - before), nowMs), atMs))
  return { fromMs: toMs - spanMs, toMs }
}

/** `3 h 12 min behind live` */
export function behindText(atMs: number, nowMs: number): string {
  return `${spanText(Math.max(0, nowMs - atMs))} behind live`
}

export const markWord: Readonly<Record<MarkWhat, string>> = {
  flag: 'flag',
  approval: 'held action',
  control: 'control',
}

/** Rooms that can be shown as they were; of all others only what is so now is known. */
export function isKept(path: string): boolean {
  return /^\/(live|approvals|containments|replay|gpus|numbers|incidents|audit)(\/|$)|^\/egress(\/(destinations?|allowlists))?$|^\/sessions\//.test(
    path,
  )
}

/** What is asked of the API, as of that moment. */
export function asOf(path: string, atMs: number | undefined): string {
  return atMs === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}at=${atMs}`
}

/** What is of a moment does not change: it is asked for again only in case an answer failed. */
export const pastAgainMs = 60_000

/** Where the value of a field for date and time, read in UTC, lies. */
export function momentOfField(value: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(value)) return undefined
  const atMs = Date.parse(`${value}Z`)
  return Number.isFinite(atMs) ? atMs : undefined
}
