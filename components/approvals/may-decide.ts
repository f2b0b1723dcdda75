// Who may press what, and when a press counts. Pure. The server decides again; here it is said before anybody presses.
import type { ApprovalView } from '../../server/protocol/approval.ts'
import { isPage } from '../../server/protocol/flag.ts'
import { isCut } from './exact-action.ts'

export type Decider = { id: string; role: string } | undefined

/** Why this operator decides nothing at all; undefined where it does, or where it is not known yet who it is. */
export function whyReadsOnly(decider: Decider): string | undefined {
  if (!decider || decider.role === 'responder' || decider.role === 'admin') return undefined
  return `Your role is ${decider.role}: it reads. Deciding takes a responder or an admin.`
}

/** Why it cannot be let run by this operator; undefined where it can. */
export function whyNotApprove({ people, endorsedBy }: ApprovalView, decider: Decider): string | undefined {
  if (people === 2 && endorsedBy.some((each) => each.type === 'operator' && each.id === decider?.id))
    return 'You approved it: it waits for another person. You can still deny it.'
  return undefined
}

export function whyNotEdit({ people, input }: ApprovalView): string | undefined {
  if (people === 2) return 'What two people must allow is not edited: deny it and say what to do instead.'
  return isCut(input) ? 'Only a part of it is kept here: deny it and say what to do instead.' : undefined
}

/** Letting it run takes a second press. Denying never does. */
export function takesSecondPress({ severity }: ApprovalView): boolean {
  return isPage(severity)
}

/** For how long the first press waits for the second. */
export const armedMs = 3_000
/** A second press sooner than this is the same move of the hand. */
const sameMoveMs = 350

/** So soon after it came on screen, a press was meant for what stood there before. */
export function isSameMove(shownMs: number): boolean {
  return shownMs < sameMoveMs
}

/** A first press, of exactly one deed on exactly one action. */
export type Armed = { about: string; atMs: number }

export type Press = { does: 'act' } | { does: 'arm'; armed: Armed } | { does: 'nothing' }

/**
 * `about` names the approval, its digest and the deed: a press on one never counts for another. `shownMs`: for how long the action has been
 * on screen; what came under the hand this moment is not what the hand was for.
 */
export function press(
  armed: Armed | undefined,
  about: string,
  needsSecond: boolean,
  nowMs: number,
  shownMs: number,
): Press {
  if (isSameMove(shownMs)) return { does: 'nothing' }
  if (!needsSecond) return { does: 'act' }
  const sinceMs = armed?.about === about ? nowMs - armed.atMs : Number.POSITIVE_INFINITY
  if (sinceMs > armedMs) return { does: 'arm', armed: { about, atMs: nowMs } }
  return sinceMs < sameMoveMs ? { does: 'nothing' } : { does: 'act' }
}
