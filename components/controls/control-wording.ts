// What may be said of a session's control, and when. "Paused" belongs to rows whose state the server read as paused;
// everything before that is "asked, not confirmed", and gets louder the longer it stays so. Pure.
import type { ControlView, SessionRow } from '../../server/protocol/browser-messages.ts'
import { type ControlAction, isControlOpen } from '../../server/protocol/control.ts'
import type { Asked } from '../live/view-store.ts'
import { ageText, spanText } from '../ui/format-time.ts'

export type Tone = 'quiet' | 'warn' | 'critical' | 'frozen'

/** Slower than this is worth a look; slower than `overdueAfterMs` needs a person. */
export const slowAfterMs = 1_000
export const overdueAfterMs = 5_000

/** The control that is asked and not yet confirmed, whether the server has told of it or only this browser knows. */
export type Pending = { action: ControlAction; sinceMs: number; delivered: boolean; control: string | undefined }

export function pendingOf(row: SessionRow, asked: Asked | undefined): Pending | undefined {
  if (row.state === 'ended') return undefined
  if (asked) return { action: asked.action, sinceMs: asked.atMs, delivered: false, control: asked.control }
  const open = row.control && isControlOpen(row.control.state) ? row.control : undefined
  if (!open && row.state !== 'pausing' && row.state !== 'resuming') return undefined
  return {
    action: open?.action ?? (row.state === 'resuming' ? 'resume' : 'pause'),
    sinceMs: open?.requestedAtMs ?? row.lastEventAtMs,
    delivered: open?.state === 'delivered',
    control: open?.control,
  }
}

export function toneOfPending(pending: Pending, nowMs: number): Tone {
  const ageMs = nowMs - pending.sinceMs
  if (ageMs >= overdueAfterMs) return 'critical'
  return ageMs >= slowAfterMs ? 'warn' : 'quiet'
}

export function pendingText(pending: Pending, nowMs: number): string {
  const asked = pending.action === 'pause' ? 'Pause' : 'Resume'
  const where = pending.delivered ? 'delivered' : 'asked'
  return `${asked} ${where}, not confirmed · ${spanText(nowMs - pending.sinceMs)}`
}

/** The button a row offers when nothing is pending; `why` says what a disabled or weaker one means. */
export type Offer = { action: ControlAction; label: string; enabled: boolean; bestEffort: boolean; why: string }

export function offerOf(row: SessionRow): Offer | undefined {
  if (row.state === 'ended') return undefined
  const held =
    row.state === 'paused' || row.state === 'pausing' || (row.state === 'silent' && row.lastRead === 'paused')
  const action: ControlAction = held ? 'resume' : 'pause'
  const label = held ? 'Resume' : 'Pause'
  if (row.state === 'reported') {
    return {
      action,
      label,
      enabled: false,
      bestEffort: false,
      why: 'No host holds this session: it is known only from telemetry.',
    }
  }
  const ability = row.abilities.find((each) => each.name === 'pause')
  if (ability === undefined)
    return { action, label, enabled: false, bestEffort: false, why: 'The host has not said that it can pause.' }
  if (ability.can === 'no')
    return { action, label, enabled: false, bestEffort: false, why: ability.detail || 'The host cannot pause.' }
  const bestEffort = ability.can === 'best-effort'
  const how = `${ability.can === 'proven' ? 'Proven' : 'Best effort'} by ${ability.enforcer}`
  return { action, label, enabled: true, bestEffort, why: ability.detail ? `${how}: ${ability.detail}` : how }
}

/** One line under the row when there is something about control that must be read; undefined when there is not. */
export function noticeOf(
  row: SessionRow,
  asked: Asked | undefined,
  nowMs: number,
  silentSinceMs = row.lastEventAtMs,
): { tone: Tone; text: string } | undefined {
  const pending = pendingOf(row, asked)
  if (row.state === 'silent') {
    const silence = `Host silent ${ageText(nowMs - silentSinceMs)}`
    const read = row.lastRead ? ` · last read: ${row.lastRead}` : ''
    const wish = pending ? ` · ${pending.action} asked, not confirmed` : ''
    return { tone: 'warn', text: `${silence}${read}${wish}` }
  }
  if (pending) return { tone: toneOfPending(pending, nowMs), text: pendingText(pending, nowMs) }
  if (row.state === 'ended' || row.control === undefined) return undefined
  return failureOf(row.control)
}

/** Why the newest control did not do what was asked; undefined when it did or is still open. */
export function failureOf(control: ControlView): { tone: Tone; text: string } | undefined {
  const what = control.action === 'pause' ? 'Pause' : 'Resume'
  const why = control.detail ? `: ${control.detail}` : ''
  if (control.state === 'failed') return { tone: 'critical', text: `${what} failed${why}` }
  if (control.state === 'partial') return { tone: 'critical', text: `${what} worked only in part${why}` }
  if (control.state === 'expired') return { tone: 'critical', text: `${what} expired unconfirmed${why}` }
  return undefined
}
