// What may be said of one capability, and what its button offers: wanted and read are told apart in every word. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import { isControlOpen, isLift, restrictionsOf } from '../../server/protocol/control.ts'
import type { CapabilityView, ControlView, HoldView } from '../../server/protocol/control-views.ts'
import { overdueAfterMs, slowAfterMs } from '../controls/control-wording.ts'
import type { Asked } from '../live/view-store.ts'

export type CapabilityTone = 'plain' | 'revoked' | 'warn' | 'critical'

/** `Revoked · enforced`: what is wanted, then what was read of it; `sinceMs` where an age grows. */
export type CapabilityStatus = {
  wanted: string
  read: string
  tone: CapabilityTone
  sinceMs: number | undefined
  /** The same was asked and is not in force: asking again is offered. */
  broken: boolean
  pending: 'revoke' | 'restore' | undefined
}

export function capabilityStatus(
  view: CapabilityView,
  controls: readonly ControlView[],
  asked: Asked | undefined,
  nowMs: number,
  isSilent = false,
): CapabilityStatus {
  const status = { sinceMs: undefined, broken: false, pending: undefined }
  const own = asked?.capability === view.capability ? asked : undefined
  const opens = controls.filter((control) => isControlOpen(control.state) && concerns(control, view))
  const action = own?.action ?? opens[0]?.action
  // The age is that of the oldest that wants the same: asking again must not make it look young.
  const alike = opens.filter((control) => action !== undefined && isLift(control.action) === isLift(action))
  const sinceMs = alike.at(-1)?.requestedAtMs ?? own?.atMs
  if (
    sinceMs !== undefined &&
    action !== undefined &&
    (own !== undefined || view.enforced !== 'yes' || isLift(action))
  ) {
    const lifts = isLift(action)
    const tone = toneAt(nowMs - sinceMs)
    const pending = lifts ? 'restore' : 'revoke'
    return {
      wanted: lifts ? 'Restored' : 'Revoked',
      read: 'asked, not confirmed',
      tone,
      sinceMs,
      broken: false,
      pending,
    }
  }
  if (!view.wanted) {
    if (view.enforced === 'yes' || view.enforced === 'partly')
      return { ...status, wanted: 'Allowed', read: 'still restricted', tone: 'critical', broken: true }
    return { ...status, wanted: 'Allowed', read: '', tone: 'plain' }
  }
  if (view.enforced === 'yes') {
    // A host that does not answer may have lost it: what was read stays what was read then.
    if (isSilent) return { ...status, wanted: 'Revoked', read: 'enforced when last read', tone: 'warn' }
    return { ...status, wanted: 'Revoked', read: 'enforced', tone: 'revoked' }
  }
  if (view.enforced === 'partly')
    return { ...status, wanted: 'Revoked', read: 'in force only in part', tone: 'critical', broken: true }
  // Nobody has read it: an enforcer that acts on the next use, or one that has not told.
  const failed = controls.some((control) => view.holds.includes(control.control) && isBad(control))
  // Not read as in force, yet not for nothing either: its receipt says what is left.
  const inPart = controls.some((control) => view.holds.includes(control.control) && control.state === 'partial')
  if (view.enforced === 'unknown' && inPart)
    return { ...status, wanted: 'Revoked', read: 'only in part', tone: 'critical', broken: true }
  if (view.enforced === 'unknown' && !failed)
    return { ...status, wanted: 'Revoked', read: 'not seen to act yet', tone: 'warn' }
  return { ...status, wanted: 'Revoked', read: 'not in force', tone: 'critical', broken: true }
}

/** It wants this capability taken away, or given back. */
function concerns({ action, capability, control }: ControlView, view: CapabilityView): boolean {
  if (action === 'restore') return capability === view.capability
  if (action === 'release') return restrictionsOf('contain', undefined).includes(view.capability)
  return view.holds.includes(control) && restrictionsOf(action, capability).includes(view.capability)
}

function isBad({ state }: ControlView): boolean {
  return state === 'failed' || state === 'partial' || state === 'expired'
}

function toneAt(ageMs: number): CapabilityTone {
  return ageMs >= overdueAfterMs ? 'critical' : ageMs >= slowAfterMs ? 'warn' : 'plain'
}

/** `00:06` */
export function stopwatchText(ageMs: number): string {
  const seconds = Math.floor(Math.max(0, ageMs) / 1_000)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`
}

/**
 * `keep`: a containment has it revoked; revoking it too keeps it so after the release. `pause`: nobody here can revoke it, a pause
 * is what can be done instead. `none`: nothing here can do anything, and why.
 */
export type CapabilityOffer =
  | { act: 'revoke' | 'keep'; label: string; held: boolean }
  | { act: 'restore'; label: string; undoes: HoldView['control'] | undefined }
  | { act: 'pause'; label: string }
  | { act: 'none'; label: string }

export function capabilityOffer(view: CapabilityView, row: SessionRow): CapabilityOffer {
  const own = row.holds.filter((hold) => hold.action === 'revoke' && hold.capability === view.capability)
  const [only, second] = own
  if (only) {
    const label = second === undefined ? 'Restore' : `Restore 1 of ${own.length}`
    return { act: 'restore', label, undoes: second === undefined ? only.control : undefined }
  }
  if (row.state === 'ended') return { act: 'none', label: 'Revoke' }
  if (view.can === 'no') {
    if (view.instead === undefined) return { act: 'none', label: 'Revoke' }
    const isHeld = row.holds.some((hold) => hold.action !== 'revoke')
    return isHeld ? { act: 'none', label: 'Held instead' } : { act: 'pause', label: 'Pause instead' }
  }
  // Ending the session's compute processes cannot be taken back.
  const held = view.capability === 'gpu'
  if (view.wanted) return { act: 'keep', label: 'Keep revoked', held }
  return { act: 'revoke', label: held ? 'Hold to revoke' : 'Revoke', held }
}
