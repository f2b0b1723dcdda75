// Times and spans in words. Always UTC: an incident is told in one clock.

const two = (value: number) => String(value).padStart(2, '0')

/** `14:32:07` */
export function clockText(atMs: number): string {
  const date = new Date(atMs)
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
}

/** `14:32:07.110` */
export function preciseClockText(atMs: number): string {
  return `${clockText(atMs)}.${String(Math.floor(atMs) % 1_000).padStart(3, '0')}`
}

/** `2026-11-21 14:32:07 UTC` */
export function dateTimeText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 10)} ${clockText(atMs)} UTC`
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

/** Distance from an earlier moment: `+9 ms`, `+1.2 s`; a clock that disagrees shows as `−4 ms`. */
export function offsetText(offsetMs: number): string {
  return offsetMs < 0 ? `−${spanText(-offsetMs)}` : `+${spanText(offsetMs)}`
}
