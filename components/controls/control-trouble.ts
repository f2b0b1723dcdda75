// A control that ended without doing what was asked, and stays so until somebody asks again or the host reads it done. Pure.
import type { ControlView, SessionRow } from '../../server/protocol/browser-messages.ts'
import { type ControlAction, isControlOpen } from '../../server/protocol/control.ts'

export const controlName: Readonly<Record<ControlAction, string>> = { pause: 'Pause', resume: 'Resume' }

/** What went wrong in two or three words; undefined when the control did what was asked or is still open. */
export function failureWord(control: ControlView): string | undefined {
  const what = controlName[control.action]
  if (control.state === 'failed') return `${what} failed`
  if (control.state === 'partial') return `${what} worked only in part`
  if (control.state === 'expired') return `${what} expired unconfirmed`
  return undefined
}

export type Trouble = {
  action: ControlAction
  word: string
  why: string
  /** When it became known; undefined when no event says it. */
  sinceMs: number | undefined
  /** The host has since read what was wanted: still worth telling, no longer worth shouting. */
  settled: boolean
}

/**
 * The trouble a row is in. The wanted state outlives its control, so a row may stay `pausing` or `resuming` long after the
 * control has ended: that is nothing pending, it is something that did not happen.
 */
export function troubleOf(row: SessionRow): Trouble | undefined {
  const { control, state } = row
  if (state === 'ended' || (control && isControlOpen(control.state))) return undefined
  const word = control && failureWord(control)
  if (control && word !== undefined) {
    const { action, detail = '', requestedAtMs, endedAtMs = requestedAtMs } = control
    // A session that started anew has nothing to do with what failed before.
    if (endedAtMs < row.startedAtMs) return undefined
    const covered = control.state !== 'partial' || row.escapedCount === 0
    return { action, word, why: detail, sinceMs: endedAtMs, settled: covered && isRead(row, action) }
  }
  if (state !== 'pausing' && state !== 'resuming') return undefined
  const action = state === 'pausing' ? 'pause' : 'resume'
  const held = control?.state === 'enforced' && control.action === action
  return {
    action,
    word: `${controlName[action]} ${held ? 'did not hold' : 'not in effect'}`,
    why: `the host reads it ${action === 'pause' ? 'running' : 'paused'}`,
    sinceMs: undefined,
    settled: false,
  }
}

/** The trouble that needs a person now. */
export function openTroubleOf(row: SessionRow): Trouble | undefined {
  const trouble = troubleOf(row)
  return trouble?.settled ? undefined : trouble
}

function isRead(row: SessionRow, action: ControlAction): boolean {
  const read = row.state === 'silent' ? row.lastRead : row.state
  return read === (action === 'pause' ? 'paused' : 'running')
}
