// What an approval may do. Bound to one digest, decided once, used once (or as often as its scope says), checked again at use; everything that
// is not clearly allowed is denied with its reason.
import type { ApprovalState, ConsoleState, SessionState } from '../model/state.ts'
import { bounds } from '../model/state.ts'
import type { Actor } from '../protocol/actor.ts'
import type { ApprovalScope } from '../protocol/approval.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ApprovalId } from '../protocol/ids.ts'
import { mayControl, type Refusal, type Role } from './request-control.ts'

/** An hour's approval. */
const hourMs = 3_600_000

export type AskedCall = { session: SessionState; call: string; digest: string }

export type Standing =
  | { is: 'waiting'; approval: ApprovalState }
  | { is: 'allowed'; approval: ApprovalState }
  | { is: 'denied'; reason: string; approval?: ApprovalState }
  | { is: 'unknown' }

/** What is known of this call already: it was asked before, or an equal one was approved for longer than once. */
export function standingOf(state: ConsoleState, { session, call, digest }: AskedCall, nowMs: number): Standing {
  let granted: ApprovalState | undefined
  for (const approval of state.approvals.values()) {
    if (approval.session !== session.session) continue
    if (approval.call === call) return ofSameCall(approval, digest, nowMs)
    if (approval.digest === digest && grants(approval, nowMs)) granted = approval
  }
  return granted ? { is: 'allowed', approval: granted } : { is: 'unknown' }
}

function ofSameCall(approval: ApprovalState, digest: string, nowMs: number): Standing {
  if (approval.digest !== digest)
    return {
      is: 'denied',
      approval,
      reason: 'this call was asked with other arguments: what changed needs a new call id',
    }
  const { decided } = approval
  if (!decided) return { is: 'waiting', approval }
  if (decided.decision !== 'approved' && decided.decision !== 'edited')
    return { is: 'denied', approval, reason: reasonOf(approval) }
  if (approval.used > 0)
    return { is: 'denied', approval, reason: 'its approval was used already: it lets one call through' }
  if (nowMs > approval.expiresAtMs)
    return { is: 'denied', approval, reason: 'its approval came, but its time is over: ask again with a new call id' }
  return { is: 'allowed', approval }
}

function grants({ decided, digest }: ApprovalState, nowMs: number): boolean {
  if (decided?.decision !== 'approved' || digest === undefined) return false
  return decided.scope === 'session' || (decided.scope === 'hour' && nowMs < decided.atMs + hourMs)
}

/** For the agent; in an operator's words where there are some. */
export function reasonOf({ decided, policy }: ApprovalState): string {
  if (!decided) return `it waits for a person (${policy})`
  const { decision, by, reason } = decided
  const words = reason === undefined ? '' : `: ${reason}`
  if (decision === 'expired') return `nobody decided in time (${policy})`
  if (decision === 'withdrawn') return 'it was withdrawn'
  return `${decision} by ${by.name}${words}`.slice(0, 512)
}

/** Why no further call can be held; undefined where it can. */
export function noRoom(state: ConsoleState, session: SessionState): string | undefined {
  let own = 0
  let all = 0
  for (const { decided, session: of } of state.approvals.values()) {
    if (decided) continue
    all += 1
    if (of === session.session) own += 1
  }
  if (own >= bounds.waitingApprovalsOfSession) return `${own} calls of this session wait for a person already`
  return all >= bounds.waitingApprovals ? `${all} calls wait for a person already` : undefined
}

export type DecideApproval = {
  approval: ApprovalId
  by: Actor
  role: Role
  decision: 'approve' | 'edit' | 'deny'
  scope: ApprovalScope
  reason?: string | undefined
  /** With `edit`. */
  edited?: { input: string; digest: string } | undefined
  /** What the person looked at. */
  digest?: string | undefined
  nowMs: number
}

export type Decided = { ok: true; events: EventInput[] } | { ok: false; refusal: Refusal }

export function decideApproval(state: ConsoleState, ask: DecideApproval): Decided {
  const { by, role, decision, reason, nowMs } = ask
  const known = state.approvals.get(ask.approval)
  if (!known) return refuse(404, 'No such approval', 'it may have been decided long ago: see GET /api/approvals')
  if (!mayControl(role)) return refuse(403, 'Not allowed', 'deciding needs the role responder or admin')
  if (known.askedBy.id === by.id && known.askedBy.type === by.type)
    return refuse(403, 'Not allowed', 'who asked cannot decide')
  // Nobody heard the first answer, so it is given again: it changes nothing.
  if (known.decided && isRepeated(known, known.decided, ask)) return { ok: true, events: [] }
  if (known.decided)
    return refuse(
      409,
      'Decided already',
      `${known.decided.decision} by ${known.decided.by.name}: the first decision counts`,
    )
  if (nowMs >= known.expiresAtMs) return refuse(409, 'Too late', 'its time was over: it is denied')
  if (ask.digest !== undefined && ask.digest !== known.digest)
    return refuse(409, 'Another action', 'this approval is about other arguments than those that were looked at')
  if (decision === 'edit' && !ask.edited)
    return refuse(422, 'Malformed decision', 'an edit needs `input`: what may run instead')
  const base = { v: 1 as const, atMs: nowMs, session: known.session, ...(known.host && { host: known.host }) }
  const { approval } = known
  const words = reason ? { reason } : {}
  if (decision === 'deny')
    return {
      ok: true,
      events: [{ ...base, kind: 'approval.decided', data: { approval, decision: 'denied', by, ...words } }],
    }
  if (known.people === 2) {
    if (by.type !== 'operator') return refuse(403, 'Takes two people', 'a key is never one of the two')
    if (decision === 'edit')
      return refuse(
        409,
        'Takes two people',
        'what two people must allow is not edited: deny it and say what to do instead',
      )
    // The first of the two, again: it stays one, and waits for another person.
    if (known.endorsedBy.some((each) => each.id === by.id)) return { ok: true, events: [] }
    if (known.endorsedBy.length === 0)
      return { ok: true, events: [{ ...base, kind: 'approval.endorsed', data: { approval, by, ...words } }] }
  }
  const edited = decision === 'edit' ? ask.edited : undefined
  const data = {
    approval,
    decision: edited ? ('edited' as const) : ('approved' as const),
    by,
    // What was edited is this one call's.
    scope: edited ? ('once' as const) : ask.scope,
    ...words,
    ...edited,
  }
  return { ok: true, events: [{ ...base, kind: 'approval.decided', data }] }
}

const decidedAs = { approve: 'approved', edit: 'edited', deny: 'denied' } as const

/** The same person said exactly the same of the same action before. */
function isRepeated(
  known: ApprovalState,
  decided: NonNullable<ApprovalState['decided']>,
  ask: DecideApproval,
): boolean {
  const { by, decision, scope, reason, edited, digest } = ask
  return (
    decided.by.type === by.type &&
    decided.by.id === by.id &&
    decided.decision === decidedAs[decision] &&
    decided.reason === (reason || undefined) &&
    (digest === undefined || digest === known.digest) &&
    (decision !== 'approve' || decided.scope === scope) &&
    (decision !== 'edit' || (edited !== undefined && edited.digest === decided.digest))
  )
}

const clock: Actor = { type: 'server', id: 'clock', name: 'its time was up' }

export function nextApprovalDueMs(state: ConsoleState): number | undefined {
  let next: number | undefined
  for (const { decided, expiresAtMs } of state.approvals.values())
    if (!decided && (next === undefined || expiresAtMs < next)) next = expiresAtMs
  return next
}

/** Nobody decided: denied. */
export function approvalsDue(state: ConsoleState, nowMs: number): EventInput[] {
  return [...state.approvals.values()]
    .filter((each) => !each.decided && each.expiresAtMs <= nowMs)
    .map((each) => ended(each, 'expired', nowMs))
}

/** Nothing of an ended session is left to run. */
export function withdrawApprovals(state: ConsoleState, session: SessionState, nowMs: number): EventInput[] {
  return [...state.approvals.values()]
    .filter((each) => !each.decided && each.session === session.session)
    .map((each) => ended(each, 'withdrawn', nowMs))
}

function ended(
  { approval, session, host }: ApprovalState,
  decision: 'expired' | 'withdrawn',
  nowMs: number,
): EventInput {
  const data = { approval, decision, by: clock }
  return { v: 1, kind: 'approval.decided', atMs: nowMs, session, ...(host && { host }), data }
}

function refuse(status: Refusal['status'], title: string, detail: string): Decided {
  return { ok: false, refusal: { status, title, detail } }
}
