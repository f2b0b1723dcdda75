// In which minutes of the last day something was heard of a source, a bit each. A gap is what a person looks for: it is drawn, not guessed.
import { dayStepMs, type HeardView, hourStepMs } from '../protocol/source-view.ts'

const minuteMs = 60_000
const minutesKept = 24 * 60
/** Fewer pauses say nothing of how often it usually reports. */
const pausesMin = 5

export type HeardMinutes = {
  /** Nobody listened before. */
  sinceMs: number
  /** Of the newest bit. */
  minute: number
  /** Bit `minute % minutesKept` is that minute's. */
  bits: Uint8Array
}

export function newHeard(sinceMs: number): HeardMinutes {
  return { sinceMs, minute: Math.floor(sinceMs / minuteMs), bits: new Uint8Array(minutesKept / 8) }
}

const placeOf = (minute: number) => minute % minutesKept
const isSet = (heard: HeardMinutes, minute: number) =>
  minute <= heard.minute &&
  minute > heard.minute - minutesKept &&
  ((heard.bits[placeOf(minute) >> 3] ?? 0) & (1 << (placeOf(minute) & 7))) !== 0

export function markHeard(heard: HeardMinutes, atMs: number): void {
  const minute = Math.floor(atMs / minuteMs)
  // A clock that was set back: what is known of later minutes stays.
  if (minute <= heard.minute - minutesKept) return
  if (minute > heard.minute) {
    for (let each = Math.max(heard.minute + 1, minute - minutesKept + 1); each <= minute; each += 1)
      heard.bits[placeOf(each) >> 3] = (heard.bits[placeOf(each) >> 3] ?? 0) & ~(1 << (placeOf(each) & 7))
    heard.minute = minute
  }
  heard.bits[placeOf(minute) >> 3] = (heard.bits[placeOf(minute) >> 3] ?? 0) | (1 << (placeOf(minute) & 7))
}

export function heardOf(heard: HeardMinutes, nowMs: number): HeardView {
  return { nowMs, hour: stepsOf(heard, nowMs, hourStepMs, 60), day: stepsOf(heard, nowMs, dayStepMs, 96) }
}

function stepsOf(heard: HeardMinutes, nowMs: number, stepMs: number, count: number): string {
  const perStep = stepMs / minuteMs
  const last = Math.floor(nowMs / stepMs)
  let steps = ''
  for (let step = last - count + 1; step <= last; step += 1) {
    let any = false
    for (let minute = step * perStep; minute < (step + 1) * perStep && !any; minute += 1) any = isSet(heard, minute)
    steps += any ? '1' : (step + 1) * stepMs <= heard.sinceMs ? '?' : '0'
  }
  return steps
}

/** Nine of ten pauses were not longer. */
export function usualPauseOf(pausesMs: readonly number[]): { usualPauseMs?: number } {
  if (pausesMs.length < pausesMin) return {}
  const sorted = [...pausesMs].sort((a, b) => a - b)
  return { usualPauseMs: sorted[Math.ceil(sorted.length * 0.9) - 1] ?? 0 }
}

/** As it is kept in the store. */
export function writeHeard({ sinceMs, minute, bits }: HeardMinutes): { sinceMs: number; minute: number; bits: string } {
  return { sinceMs, minute, bits: [...bits].map((byte) => byte.toString(16).padStart(2, '0')).join('') }
}

/** Undefined for what an older version kept. */
export function readHeard(kept: unknown): HeardMinutes | undefined {
  if (typeof kept !== 'object' || kept === null) return undefined
  const { sinceMs, minute, bits } = kept as Record<string, unknown>
  if (typeof sinceMs !== 'number' || typeof minute !== 'number' || typeof bits !== 'string') return undefined
  if (!/^[0-9a-f]*$/.test(bits) || bits.length !== minutesKept / 4) return undefined
  return { sinceMs, minute, bits: Uint8Array.from(bits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)) }
}
