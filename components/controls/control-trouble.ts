// A control that ended without doing what was asked, and stays so until somebody asks again or the host reads it done. Pure.
import type { SessionRow } from '../../server/protocol/browser-messages.ts'
import {
  type Capability,
  type ControlAction,
  isControlOpen,
  isLift,
  type Restriction,
  restrictionsOf,
  stepName,
} from '../../server/protocol/control.ts'
import type { ControlView } from '../../server/protocol/control-views.ts'

export const controlName: Readonly<Record<ControlAction, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  revoke: 'Revoke',
  restore: 'Restore',
  contain: 'Contain',
  release: 'Release',
  snapshot: 'Snapshot',
  end: 'End',
}

export const capabilityName: Readonly<Record<Capability, string>> = {
  network: 'network',
  shell: 'shell',
  gpu: 'GPU',
  files: 'files',
  credentials: 'credentials',
}

/** What can be asked of a session: `Pause`, `Revoke network`. */
export type Deed = { action: ControlAction; capability?: Capability | undefined }

export function deedName({ action, capability }: Deed): string {
  return capability === undefined ? controlName[action] : `${controlName[action]} ${capabilityName[capability]}`
}

/** What takes it back: the inverse of a hold, or the hold again after a lift; undefined where there is no way back. */
export function oppositeOf(action: ControlAction): ControlAction | undefined {
  return opposites[action]
}
const opposites: Readonly<Partial<Record<ControlAction, ControlAction>>> = {
  pause: 'resume',
  resume: 'pause',
  revoke: 'restore',
  restore: 'revoke',
  contain: 'release',
  release: 'contain',
}

/** It stops or starts the session as a whole: what the one button of a row is about. */
export function isRunDeed(action: ControlAction): boolean {
  return action === 'pause' || action === 'resume' || action === 'contain' || action === 'release'
}

/** What went wrong in two or three words; undefined when the control did what was asked or is still open. */
export function failureWord(control: ControlView): string | undefined {
  const what = deedName(control)
  if (control.state === 'failed') return `${what} failed`
  if (control.state === 'partial') return `${what} worked only in part`
  if (control.state === 'expired') return `${what} expired unconfirmed`
  if (control.state === 'enforced' && wasRefuted(control)) return `${what} not verified`
  return undefined
}

/** It was enforced by the enforcer's own reading, and another reading did not agree. */
export function wasRefuted(control: ControlView): boolean {
  const last = control.steps.findLast((step) => step.name === stepName.verified || step.name === stepName.notVerified)
  return last !== undefined && (last.name === stepName.notVerified || !last.ok)
}

export type Trouble = Deed & {
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
    const { action, capability, requestedAtMs, endedAtMs = requestedAtMs } = control
    // A session that started anew has nothing to do with what failed before.
    if (endedAtMs < row.startedAtMs) return undefined
    const settled = control.state !== 'enforced' && isRead(row, control)
    return { action, capability, word, why: whyOf(control), sinceMs: endedAtMs, settled }
  }
  if (state !== 'pausing' && state !== 'resuming') return undefined
  const action = heldBack(row, state)
  const held = control?.state === 'enforced' && control.action === action
  return {
    action,
    word: `${controlName[action]} ${held ? 'did not hold' : 'not in effect'}`,
    why: `the host reads it ${state === 'pausing' ? 'running' : 'paused'}`,
    sinceMs: undefined,
    settled: false,
  }
}

/** The trouble that needs a person now. */
export function openTroubleOf(row: SessionRow): Trouble | undefined {
  const trouble = troubleOf(row)
  return trouble?.settled ? undefined : trouble
}

/** What is left comes before why: it is what a person has to look after. */
function whyOf({ state, left = [], detail = '', steps }: ControlView): string {
  const refuted = state === 'enforced' ? steps.findLast((step) => !step.ok)?.detail : undefined
  const [first] = left
  if (first === undefined) return refuted ?? detail
  const rest = left.length > 1 ? ` and ${left.length - 1} more` : ''
  return `${first}${rest} left${detail === '' ? '' : `: ${detail}`}`
}

/** Which wish the host does not follow. */
function heldBack({ holds, control }: SessionRow, state: 'pausing' | 'resuming'): ControlAction {
  if (state === 'resuming') return control?.action === 'release' ? 'release' : 'resume'
  const [newest] = holds.filter((hold) => hold.action !== 'revoke')
  return newest?.action ?? 'pause'
}

/** Everything that this control wanted is what was last read. */
function isRead(row: SessionRow, { action, capability, state }: ControlView): boolean {
  if (action === 'snapshot' || action === 'end') return false
  const whole = state !== 'partial' || row.escapedCount === 0
  if (action === 'restore') return capability !== undefined && !isInForce(row, capability)
  if (action === 'resume' || action === 'release') return readState(row) === 'running'
  return whole && restrictionsOf(action, capability).every((each) => isInForce(row, each))
}

function readState(row: SessionRow): SessionRow['state'] | undefined {
  return row.state === 'silent' ? row.lastRead : row.state
}

/** Read as restricted, whole. A frozen session asks the gate for nothing, so nobody can read there that it is denied. */
export function isInForce(row: SessionRow, restriction: Restriction): boolean {
  if (restriction === 'pause') return readState(row) === 'paused'
  const view = row.restrictions.find((each) => each.restriction === restriction)
  if (restriction === 'actions' && (view === undefined || view.enforced === 'unknown')) return isInForce(row, 'pause')
  return view?.enforced === 'yes'
}

/** Lifts are asked of holds; a lift of this action concerns them. */
export function holdsFor(row: SessionRow, action: ControlAction, capability?: Capability): SessionRow['holds'] {
  if (!isLift(action)) return []
  return row.holds.filter((hold) => opposites[hold.action] === action && hold.capability === capability)
}
