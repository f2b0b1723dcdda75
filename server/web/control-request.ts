// The way of a click, whichever door it came through (socket or HTTP): authorise and decide in the writer, append, answer "asked".
// What takes two people becomes a proposal here, and nothing is asked of any host until it is confirmed.
import { liftContainment, requestContainment } from '../control/contain-many.ts'
import { holdsToLift } from '../control/lift-holds.ts'
import { mayControl, type Refusal, requestControl } from '../control/request-control.ts'
import { decideProposal, liftTakesTwo, policyIsOn, policyTakesTwo, propose } from '../control/second-person.ts'
import type { ConsoleState, SessionState } from '../model/state.ts'
import type { ContainRequest, ControlRequest, DecideRequest, Done, LiftRequest } from '../protocol/browser-messages.ts'
import { isLift } from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'
import { ContainmentId, ControlId, ProposalId, type SessionId } from '../protocol/ids.ts'
import type { PolicyName } from '../protocol/policy.ts'
import { actorOf, type Caller, roleOf } from './identity.ts'
import type { Clock, PipelinePort } from './ports.ts'
import { ProblemError } from './problem.ts'

type Ask = ControlRequest
type Asked = { control: ControlId } | { proposal: ProposalId }
type Outcome<R> = { ok: true; result: R; events: EventInput[] } | { ok: false; refusal: Refusal }

/** Every method throws ProblemError when it is refused, and resolves when the request is durable: asked, never done. */
export type Controls = {
  ask(caller: Caller, ask: Ask): Promise<Asked>
  extend(caller: Caller, ask: { control: ControlId; ttlSeconds?: number | undefined }): Promise<Done>
  contain(caller: Caller, ask: ContainRequest): Promise<{ containment: ContainmentId; sessions: number }>
  lift(caller: Caller, ask: LiftRequest): Promise<Done>
  decide(caller: Caller, ask: DecideRequest): Promise<Done>
  setPolicy(caller: Caller, ask: { policy: PolicyName; value: boolean }): Promise<Done>
}

export type ControlsOptions = {
  pipeline: PipelinePort
  clock: Clock
  /** A part of an id that nobody can guess. */
  newId: () => string
  /** How many operators could be the second person for each other. */
  countDeciders: (role: 'responder' | 'admin') => Promise<number>
}

export function createControls({ pipeline, clock, newId, countDeciders }: ControlsOptions): Controls {
  const newControlId = () => ControlId.parse(`ctl-${newId()}`)

  async function decideInWriter<R>(decide: (state: ConsoleState, nowMs: number) => Outcome<R>): Promise<R> {
    const outcome = await pipeline.command((state) => {
      const decided = decide(state, clock.nowMs())
      return { result: decided, events: decided.ok ? decided.events : [], trust: 'operator' }
    })
    if (!outcome.ok) throw new ProblemError(outcome.refusal.status, outcome.refusal.title, outcome.refusal.detail)
    return outcome.result
  }

  return {
    ask: (caller, ask) =>
      decideInWriter<Asked>((state, nowMs) => {
        const who = { by: actorOf(caller), role: roleOf(caller) }
        const proposed = proposalFor(state, ask, { ...who, nowMs, proposal: ProposalId.parse(`pro-${newId()}`) })
        if (proposed) return proposed.ok ? { ...proposed, result: { proposal: proposed.proposal } } : proposed
        const { ttlSeconds, session, ...rest } = ask
        const control = newControlId()
        // A release that takes two people must not happen by itself: such a containment stands until it is lifted.
        const endless = ask.action === 'contain' && policyIsOn(state, 'two-person-release')
        const ttlMs = ttlSeconds === undefined || endless ? undefined : ttlSeconds * 1_000
        const decided = requestControl(state, session, { ...rest, ...who, control, ttlMs, nowMs })
        return decided.ok ? { ...decided, result: { control } } : decided
      }),

    extend: (caller, { control, ttlSeconds }) =>
      decideInWriter<Done>((state, nowMs) => {
        if (!mayControl(roleOf(caller)))
          return refuse(403, 'Not allowed', 'extending needs the role responder or admin')
        const id = state.sessionOfControl.get(control)
        const session = id && state.sessions.get(id)
        const hold = session?.holds.find((each) => each.control === control)
        if (!session || !hold) return refuse(409, 'Nothing to extend', `${control} does not stand (any more)`)
        if (hold.containment !== undefined)
          return refuse(
            409,
            'Part of a standing containment',
            `its time is that of ${hold.containment}, which holds more than this session`,
          )
        if (hold.action === 'contain' && ttlSeconds !== undefined && policyIsOn(state, 'two-person-release'))
          return refuse(
            409,
            'Takes two people',
            'while releasing takes two people, a containment stands until it is lifted',
          )
        const expiresAtMs = ttlSeconds === undefined ? undefined : nowMs + ttlSeconds * 1_000
        const event: EventInput = {
          v: 1,
          kind: 'hold.extended',
          atMs: nowMs,
          session: session.session,
          ...(session.host && { host: session.host }),
          data: { control, by: actorOf(caller), ...(expiresAtMs && { expiresAtMs }) },
        }
        return { ok: true, result: { done: true }, events: [event] }
      }),

    contain: (caller, { selector, reason, ttlSeconds }) =>
      decideInWriter((state, nowMs) => {
        const containment = ContainmentId.parse(`con-${newId()}`)
        const endless = policyIsOn(state, 'two-person-release')
        const ttlMs = ttlSeconds === undefined || endless ? undefined : ttlSeconds * 1_000
        const by = actorOf(caller)
        const role = roleOf(caller)
        const asked = requestContainment(state, { containment, selector, by, role, reason, ttlMs, nowMs, newControlId })
        return asked.ok ? { ...asked, result: { containment, sessions: asked.sessions } } : asked
      }),

    lift: (caller, { containment, reason }) =>
      decideInWriter<Done>((state, nowMs) => {
        const who = { by: actorOf(caller), role: roleOf(caller), nowMs }
        const known = state.containments.get(containment)
        if (known && known.liftedAtMs === undefined && policyIsOn(state, 'two-person-release')) {
          const proposal = ProposalId.parse(`pro-${newId()}`)
          return asDone(propose(state, { ...who, proposal, reason, what: { type: 'lift-containment', containment } }))
        }
        const lifted = liftContainment(state, { ...who, containment, reason, newControlId })
        return lifted.ok ? { ...lifted, result: { done: true } } : lifted
      }),

    decide: (caller, { proposal, decision }) =>
      decideInWriter<Done>((state, nowMs) => {
        const who = { by: actorOf(caller), role: roleOf(caller), nowMs }
        const decided = decideProposal(state, { ...who, proposal, decision, newControlId })
        return decided.ok ? { ...decided, result: { done: true } } : decided
      }),

    async setPolicy(caller, { policy, value }) {
      // Whoever could never be confirmed could never turn it off again.
      if (value && (await countDeciders('admin')) < 2) {
        throw new ProblemError(
          409,
          'Needs a second admin',
          'with one admin alone nobody could ever turn it off again, which takes two: add a second admin first',
        )
      }
      return decideInWriter<Done>((state, nowMs) => {
        const by = actorOf(caller)
        const role = roleOf(caller)
        if (role !== 'admin') return refuse(403, 'Not allowed', 'changing policies needs the role admin')
        if (policyIsOn(state, policy) === value) return { ok: true, result: { done: true }, events: [] }
        if (policyTakesTwo(state, policy, value)) {
          const proposal = ProposalId.parse(`pro-${newId()}`)
          return asDone(propose(state, { proposal, by, role, what: { type: 'policy', policy, value }, nowMs }))
        }
        const event: EventInput = { v: 1, kind: 'policy.changed', atMs: nowMs, data: { policy, value, by } }
        return { ok: true, result: { done: true }, events: [event] }
      })
    },
  }
}

/** A lift that takes two people, as a proposal; undefined when it takes one. */
function proposalFor(
  state: ConsoleState,
  ask: Ask,
  who: Omit<Parameters<typeof propose>[1], 'what' | 'reason'>,
): ReturnType<typeof propose> | undefined {
  const { action, capability, reason } = ask
  const session: SessionState | undefined = state.sessions.get(ask.session)
  if (!session || !isLift(action)) return undefined
  const holds = holdsToLift(session, { ...ask, action, by: who.by })
  const lifts = (holds ?? []).map((hold) => hold.control)
  if (!liftTakesTwo(state, session, lifts)) return undefined
  const what = {
    type: 'lift' as const,
    session: session.session as SessionId,
    action,
    lifts,
    ...(capability && { capability }),
  }
  return propose(state, { ...who, what, reason })
}

function asDone(proposed: ReturnType<typeof propose>): Outcome<Done> {
  return proposed.ok ? { ...proposed, result: { done: true, proposal: proposed.proposal } } : proposed
}

function refuse(status: Refusal['status'], title: string, detail: string): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: { status, title, detail } }
}
