// Times and spans in words. The one place where a moment becomes text: in UTC, so that an incident is told in one clock, or in
// the reader's own zone when that was chosen; marked either way, so that no time can be taken for the other.

export const timeZones = ['utc', 'local'] as const
export type TimeZone = (typeof timeZones)[number]

let zone: TimeZone = typeof document === 'undefined' ? 'utc' : timeZoneOf(document.documentElement.dataset.times)

export function timeZoneOf(value: string | undefined): TimeZone {
  return value === 'local' ? 'local' : 'utc'
}

export const shownZone = (): TimeZone => zone

/** From now on; what is on screen must be drawn anew by the caller. */
export function showTimesIn(chosen: TimeZone): void {
  zone = chosen
}

const two = (value: number) => String(value).padStart(2, '0')

/** Of the reader's zone at that moment: it changes with the season. */
function offsetMinutesAt(atMs: number): number {
  return zone === 'utc' ? 0 : -new Date(atMs).getTimezoneOffset()
}

/** The same instant, with the wanted zone's figures in its UTC fields. */
function shifted(atMs: number): Date {
  return new Date(atMs + offsetMinutesAt(atMs) * 60_000)
}

/** `Z`, `+02`, `+05:30`, `−03`. */
export function zoneMark(atMs: number): string {
  if (zone === 'utc') return 'Z'
  const minutes = offsetMinutesAt(atMs)
  const size = Math.abs(minutes)
  const rest = size % 60 === 0 ? '' : `:${two(size % 60)}`
  return `${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}${rest}`
}

function bareClock(atMs: number): string {
  const date = shifted(atMs)
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
}

/** `14:32:07Z`, or `16:32:07+02`. */
export function clockText(atMs: number): string {
  return bareClock(atMs) + zoneMark(atMs)
}

/** `14:32:07.110Z` */
export function preciseClockText(atMs: number): string {
  return `${bareClock(atMs)}.${String(Math.floor(atMs) % 1_000).padStart(3, '0')}${zoneMark(atMs)}`
}

/** `2026-11-21`, the day as the clock beside it counts it. */
export function dayText(atMs: number): string {
  return shifted(atMs).toISOString().slice(0, 10)
}

/** `11-21`, month and day in UTC whatever zone the clocks show: for what is counted by days of UTC, and says so. */
export function utcDayText(atMs: number): string {
  return new Date(atMs).toISOString().slice(5, 10)
}

/** `2026-11-21 14:32:07 UTC`, or `2026-11-21 16:32:07 +02`. */
export function dateTimeText(atMs: number): string {
  return `${dayText(atMs)} ${bareClock(atMs)} ${zone === 'utc' ? 'UTC' : zoneMark(atMs)}`
}

/** A span as people say it: `84 ms`, `0.9 s`, `33 s`, `4 min 08 s`, `2 h 05 min`, `3 d 4 h`. */
export function spanText(spanMs: number): string {
  const ms = Math.max(0, spanMs)
  if (ms < 100) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`
}

/** A growing age, in whole steps so that it does not flicker: `now`, `5 s`, `4 min`. */
export function ageText(ageMs: number): string {
  const seconds = Math.floor(Math.max(0, ageMs) / 1_000)
  if (seconds < 1) return 'now'
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`
  return spanText(seconds * 1_000)
}

/** `just now`, `33 s ago` */
export function agoText(ageMs: number): string {
  const age = ageText(ageMs)
  return age === 'now' ? 'just now' : `${age} ago`
}

/** Distance from an earlier moment: `+9 ms`, `+1.2 s`; a clock that disagrees shows as `−4 ms`. */
export function offsetText(offsetMs: number): string {
  return offsetMs < 0 ? `−${spanText(-offsetMs)}` : `+${spanText(offsetMs)}`
}
