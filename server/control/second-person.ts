// What takes two people, and what a second one may do about it. The one who asked never counts, and a key is nobody.
// Containing never comes here: it takes one.
import type { ConsoleState, ProposalState, SessionState } from '../model/state.ts'
import type { Actor } from '../protocol/actor.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ControlId, ProposalId } from '../protocol/ids.ts'
import type { PolicyName } from '../protocol/policy.ts'
import { liftContainment } from './contain-many.ts'
import { isSame } from './lift-holds.ts'
import { type Decision, mayControl, type Refusal, type Role, requestControl } from './request-control.ts'

/** How long a proposal waits. */
export const proposalTtlMs = 15 * 60_000
const openProposalsMax = 100

type What = ProposalState['what']

export function policyIsOn(state: ConsoleState, policy: PolicyName): boolean {
  return state.policies.get(policy) ?? false
}

/** Lifting these holds lets a contained session go, and that takes two here. */
export function liftTakesTwo(state: ConsoleState, session: SessionState, lifts: readonly ControlId[]): boolean {
  if (!policyIsOn(state, 'two-person-release')) return false
  return session.holds.some((hold) => hold.action === 'contain' && lifts.includes(hold.control))
}

/** Taking a protection away takes two, always: else the first one could take it away alone and go on. */
export function policyTakesTwo(state: ConsoleState, policy: PolicyName, value: boolean): boolean {
  return policyIsOn(state, 'two-person-policy') || (!value && policyIsOn(state, policy))
}

export type Proposing = { ok: true; events: EventInput[]; proposal: ProposalId } | { ok: false; refusal: Refusal }

/** Asking for the same again answers with the proposal that already waits. */
export function propose(
  state: ConsoleState,
  ask: { proposal: ProposalId; by: Actor; role: Role; what: What; reason?: string | undefined; nowMs: number },
): Proposing {
  const { proposal, by, role, what, reason, nowMs } = ask
  if (by.type !== 'operator') {
    return refuse(403, 'Takes two people', 'this takes two signed-in operators; an API key is none of them')
  }
  if (!mayDecide(role, what)) return refuse(403, 'Not allowed', `a ${role} may not ask for this`)
  const open = openProposals(state, nowMs)
  const same = open.find((each) => JSON.stringify(each.what) === JSON.stringify(what) && isSame(each.by, by))
  if (same) return { ok: true, events: [], proposal: same.proposal }
  if (open.length >= openProposalsMax) return refuse(409, 'Too many proposals', 'decide some of those that wait first')
  const expiresAtMs = nowMs + proposalTtlMs
  const data = { proposal, by, what, expiresAtMs, ...(reason && { reason }) }
  return {
    ok: true,
    proposal,
    events: [
      {
        v: 1,
        kind: 'proposal.made',
        atMs: nowMs,
        data,
        ...(what.type === 'lift' && { session: what.session, ...hostOf(state, what.session) }),
      },
    ],
  }
}

export function openProposals(state: ConsoleState, nowMs: number): ProposalState[] {
  return [...state.proposals.values()].filter((each) => each.decision === undefined && each.expiresAtMs > nowMs)
}

export type DecideCommand = {
  proposal: ProposalId
  by: Actor
  role: Role
  decision: 'confirmed' | 'refused' | 'withdrawn'
  nowMs: number
  newControlId: () => ControlId
}

/** The decision, and with `confirmed` everything that was proposed, in one. */
export function decideProposal(state: ConsoleState, command: DecideCommand): Decision {
  const { proposal, by, role, decision, nowMs, newControlId } = command
  const known = state.proposals.get(proposal)
  if (!known) return refuse(404, 'No such proposal', 'it is not known here')
  if (known.decision !== undefined) return refuse(409, 'Already decided', `it was ${known.decision}`)
  if (known.expiresAtMs <= nowMs) return refuse(409, 'Expired', 'nobody confirmed it in time: ask again')
  const own = isSame(known.by, by)
  if (decision === 'withdrawn' && !own) return refuse(403, 'Not yours', 'only the one who asked may withdraw it')
  if (decision !== 'withdrawn') {
    if (own) return refuse(403, 'Takes another person', 'the one who asked never counts as the second')
    if (by.type !== 'operator') return refuse(403, 'Takes a person', 'an API key cannot be the second person')
    if (!mayDecide(role, known.what)) return refuse(403, 'Not allowed', `a ${role} may not decide this`)
  }
  const decided: EventInput = { v: 1, kind: 'proposal.decided', atMs: nowMs, data: { proposal, by, decision } }
  if (decision !== 'confirmed') return { ok: true, events: [decided] }
  const effect = effectOf(state, known, by, nowMs, newControlId)
  return effect.ok ? { ok: true, events: [decided, ...effect.events] } : effect
}

function effectOf(
  state: ConsoleState,
  { what, by, reason }: ProposalState,
  approvedBy: Actor,
  nowMs: number,
  newControlId: () => ControlId,
): Decision {
  // The second person's right was checked; the first one's, when he asked.
  const role = 'admin' as const
  switch (what.type) {
    case 'lift': {
      const { action, capability, lifts } = what
      return requestControl(state, what.session, {
        control: newControlId(),
        action,
        capability,
        lifts,
        by,
        role,
        reason,
        approvedBy,
        nowMs,
      })
    }
    case 'lift-containment':
      return liftContainment(state, { ...what, by, role, reason, approvedBy, nowMs, newControlId })
    case 'policy': {
      const { policy, value } = what
      return {
        ok: true,
        events: [{ v: 1, kind: 'policy.changed', atMs: nowMs, data: { policy, value, by, approvedBy } }],
      }
    }
  }
}

function mayDecide(role: Role, what: What): boolean {
  return what.type === 'policy' ? role === 'admin' : mayControl(role)
}

function hostOf(state: ConsoleState, session: SessionState['session']) {
  const host = state.sessions.get(session)?.host
  return host === undefined ? {} : { host }
}

function refuse(status: Refusal['status'], title: string, detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { status, title, detail } }
}
