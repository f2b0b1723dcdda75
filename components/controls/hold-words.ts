// A hold in words: what it takes away, and until when. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import type { HoldView } from '../../server/protocol/control-views.ts'
import { clockText, spanText } from '../ui/format-time.ts'
import { visibleText } from '../ui/visible-text.ts'
import { capabilityName, type Deed, holdsFor } from './control-trouble.ts'

/** `Pause`, `Network revocation`, `Containment`: nouns of what is wanted, which claim nothing that was not read. */
export function wantedWord({ action, capability }: Pick<HoldView, 'action' | 'capability'>): string {
  if (action === 'pause') return 'Pause'
  if (action === 'contain') return 'Containment'
  const name = capability === undefined ? 'Capability' : capabilityName[capability]
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} revocation`
}

/** `until 14:47:04 · in 12 min`, or until somebody lifts it. */
export function untilText(expiresAtMs: number | undefined, nowMs: number): string {
  if (expiresAtMs === undefined) return 'until lifted'
  const leftMs = expiresAtMs - nowMs
  const left = leftMs <= 0 ? 'due now' : `in ${leftText(leftMs)}`
  return `until ${clockText(expiresAtMs)} · ${left}`
}

/** Begun minutes count whole, so that a quarter of an hour begins as one; the last ones are told to the second. */
function leftText(leftMs: number): string {
  const minutes = Math.ceil(leftMs / 60_000)
  if (minutes <= 2) return spanText(Math.ceil(leftMs / 1_000) * 1_000)
  return minutes < 120 ? `${minutes} min` : spanText(leftMs)
}

/** A quarter of an hour more than it has left: the server counts from now. */
export function extendedSeconds(expiresAtMs: number | undefined, nowMs: number, moreSeconds: number): number {
  const leftSeconds = expiresAtMs === undefined ? 0 : Math.max(0, (expiresAtMs - nowMs) / 1_000)
  return Math.min(2_592_000, Math.ceil(leftSeconds + moreSeconds))
}

/** `whose`: `VIGIL_KEY’s`; `words`: `lifts VIGIL_KEY’s pause`. */
export type OthersHoldWords = { whose: string; words: string }

/**
 * The hold that this lift would take away, where `me` did not place it: somebody else's will. One that names no hold lifts the
 * caller's own newest, else the newest, as the server does.
 */
export function othersHold(
  row: SessionRow,
  { action, capability, undoes }: Deed & { undoes?: string | undefined },
  me: string | undefined,
): OthersHoldWords | undefined {
  const mine = ({ by }: HoldView) => by.type === 'operator' && by.id === me
  const liftable = holdsFor(row, action, capability)
  const newest = liftable.toSorted((a, b) => b.sinceMs - a.sinceMs)[0]
  const hold = undoes === undefined ? (liftable.find(mine) ?? newest) : liftable.find((each) => each.control === undoes)
  if (!hold || mine(hold)) return undefined
  const whose = `${visibleText(hold.by.name, { max: 60 })}’s`
  const what =
    hold.capability === undefined ? wantedWord(hold).toLowerCase() : `${capabilityName[hold.capability]} revocation`
  return { whose, words: `lifts ${whose} ${what}` }
}

/** Why this hold can be given no time; undefined where it can. */
export function whyNoTime(hold: HoldView, releaseTakesTwo: boolean): string | undefined {
  if (hold.containment !== undefined) return 'Its time is that of the standing containment'
  // One that has a time can still be made to stand until it is lifted.
  return releaseTakesTwo && hold.action === 'contain' && hold.expiresAtMs === undefined
    ? 'Releasing takes two people here: nothing lets go by itself'
    : undefined
}
