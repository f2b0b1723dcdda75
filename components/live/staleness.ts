// How old what is on screen may be, in words. The screen always says it, and says it louder the older it gets. Pure.
import { countText } from '../ui/format-quantity.ts'
import { agoText, clockText, spanText } from '../ui/format-time.ts'

export type Link = {
  status: 'connecting' | 'up' | 'down' | 'denied' | 'misunderstood'
  /** Browser time of the last word from the server; undefined before the first. */
  heardMs: number | undefined
  /** Server time that the last word carried. */
  heardServerMs: number | undefined
  /** From the server's sending to this browser's hearing, clock-corrected. */
  behindMs: number
  /** Server time of the newest fact in the log, whatever is on screen. */
  newestFactAtMs: number | undefined
  /** Of this page since it was opened: connections after the first, frames, messages that did not fit. */
  reconnects: number
  frames: number
  misread: number
  /** The newest frame: its number on this connection, its place in the log, and the server's time in it. */
  lastFrame: { n: number; seq: number; serverNowMs: number } | undefined
  /** How long Vigil's own tests took until this browser had drawn them, oldest first; see `clock.ts` for how wrong it may be. */
  canaryMs: readonly number[]
}

export const noLink: Link = {
  status: 'connecting',
  heardMs: undefined,
  heardServerMs: undefined,
  behindMs: 0,
  newestFactAtMs: undefined,
  reconnects: 0,
  frames: 0,
  misread: 0,
  lastFrame: undefined,
  canaryMs: [],
}

/** Enough for half an hour. */
export const canariesKept = 180

export type Staleness = { tone: 'ok' | 'warn' | 'critical' | 'quiet'; word: string; rest: string; stale: boolean }

/** Beats come once a second; three missed in a row are no accident. */
export const quietAfterMs = 3_000

/** `newest fact 3 s ago`, with how many were left out of the stream on this screen; empty before there is a fact. */
export function newestFactText(link: Link, serverNowMs: number, skipped: number): string {
  const fact =
    link.newestFactAtMs === undefined ? '' : `newest fact ${agoText(Math.max(0, serverNowMs - link.newestFactAtMs))}`
  return [fact, skipped > 0 ? `${countText(skipped)} skipped` : ''].filter(Boolean).join(' · ')
}

export function stalenessOf(link: Link, nowMs: number): Staleness {
  if (link.status === 'misunderstood') {
    return { tone: 'critical', word: 'Reload this page', rest: 'the server speaks another version', stale: true }
  }
  if (link.heardMs === undefined || link.heardServerMs === undefined) {
    return link.status === 'down'
      ? { tone: 'critical', word: 'Not connected', rest: 'nothing heard yet', stale: true }
      : { tone: 'quiet', word: 'Connecting', rest: '', stale: false }
  }
  if (link.status !== 'up') {
    return {
      tone: 'critical',
      word: 'Not connected',
      rest: `showing ${clockText(link.heardServerMs)}`,
      stale: true,
    }
  }
  const silenceMs = nowMs - link.heardMs
  if (silenceMs >= quietAfterMs) return { tone: 'warn', word: 'Last heard', rest: agoText(silenceMs), stale: true }
  return { tone: 'ok', word: 'Live', rest: `${spanText(link.behindMs)} behind`, stale: false }
}
