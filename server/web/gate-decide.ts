// One call at the gate, in the writer: holds first, then what is known of the call, then the policy. Only what is on record is answered.
import { noRoom, reasonOf, standingOf } from '../control/approvals.ts'
import { decideAtGate } from '../control/gate-decision.ts'
import type { ApprovalState, ConsoleState, SessionState } from '../model/state.ts'
import type { Actor } from '../protocol/actor.ts'
import type { EventInput } from '../protocol/event.ts'
import { canaryTool, type DoorClaim } from '../protocol/gate-health.ts'
import type { ApprovalId, SessionId } from '../protocol/ids.ts'
import { cutText, longTextMax } from '../protocol/text.ts'
import type { JudgeAtGate } from './gate-judge-port.ts'
import type { Clock, PipelinePort } from './ports.ts'

export type GateAsk = {
  session: SessionId
  call: string
  tool: string
  /** Canonical JSON, or plain text. */
  input: string
  cwd: string | undefined
  digest: string
  askedBy: Actor
  door: DoorClaim | undefined
  deadlineMs: number
  /** Then it is denied. */
  untilMs: number
  /** Then we must have answered, whatever the database does. */
  lastMs: number
}

export type GateWriter = {
  pipeline: PipelinePort
  clock: Clock
  judge: JudgeAtGate
  newApprovalId: () => ApprovalId
}

export type GateAnswer = {
  decision: 'allow' | 'deny' | 'edit'
  reason: string
  input?: unknown
  control?: NonNullable<ReturnType<typeof decideAtGate>['control']>
  approval?: ApprovalId
}
type Waiting = { decision: 'wait'; approval: ApprovalId }
type Made<A> = { result: A; events: EventInput[]; trust: 'vigil' }

/** Whatever an agent can cause as often as it likes goes after what a person asked; sessions share a transaction, whose cost is most of a decision's. */
const ordinary = ({ session }: GateAsk) => ({ lane: 'ordinary', about: session }) as const

/** Decides at once, or says which approval to wait for; undefined where it came too late. */
export function decideCall(
  writer: GateWriter,
  ask: GateAsk,
  isLate: () => boolean,
): Promise<GateAnswer | Waiting | undefined> {
  const { pipeline, clock, judge } = writer
  // Reading the command takes its time: not the writer's.
  const verdict = judge(pipeline.state, ask, clock.nowMs())
  return pipeline.command((state): Made<GateAnswer | Waiting | undefined> => {
    if (isLate()) return nothing
    const nowMs = clock.nowMs()
    const known = ofKnown(state, ask, nowMs)
    if (known) return known
    const session = state.sessions.get(ask.session) as SessionState
    const base = baseOf(session, nowMs)
    const { outcome, policy, reason } = verdict
    if (outcome === 'allow' || outcome === 'deny') {
      const why = reason ?? (outcome === 'allow' && policy.startsWith('otherwise') ? 'nothing restricts it' : policy)
      return decidedNow(session, ask, { decision: outcome, reason: why }, nowMs)
    }
    const full = noRoom(state, session)
    if (full !== undefined) return decidedNow(session, ask, { decision: 'deny', reason: full }, nowMs)
    const approval = writer.newApprovalId()
    const { capability } = decideAtGate(session, ask)
    const event: EventInput = {
      ...base,
      kind: 'approval.requested',
      data: {
        approval,
        call: ask.call,
        tool: ask.tool,
        input: cutText(ask.input, longTextMax),
        ...(ask.cwd !== undefined && { cwd: ask.cwd }),
        digest: ask.digest,
        ...(capability && { capability }),
        severity: verdict.severity,
        people: outcome === 'ask-two' ? 2 : 1,
        policy,
        heldFor: verdict.heldFor,
        expiresAtMs: Math.min(nowMs + verdict.withinMs, ask.untilMs),
        askedBy: ask.askedBy,
      },
    }
    return { result: { decision: 'wait', approval }, events: [event], trust: 'vigil' }
  }, ordinary(ask))
}

/** After the wait: what was decided, checked again; what nobody decided is denied. */
export function settleCall(
  { pipeline, clock }: GateWriter,
  ask: GateAsk,
  isLate: () => boolean,
): Promise<GateAnswer | undefined> {
  return pipeline.command((state): Made<GateAnswer | undefined> => {
    if (isLate()) return nothing
    const nowMs = clock.nowMs()
    const known = ofKnown(state, ask, nowMs)
    if (known && known.result?.decision !== 'wait') return known as Made<GateAnswer>
    const session = state.sessions.get(ask.session) as SessionState
    return decidedNow(session, ask, { decision: 'deny', reason: 'nobody decided before your deadline' }, nowMs)
  }, ordinary(ask))
}

/**
 * What a caller that waits is answered when `decided` is on record, with what goes on record with it: the same transaction, so it is looked at
 * again at use (holds, digest, time) against the very state that the decision was taken on. Undefined where it waits on.
 */
export function answerWith(
  state: ConsoleState,
  ask: GateAsk,
  decided: EventInput,
  nowMs: number,
): { answer: GateAnswer; events: EventInput[] } | undefined {
  if (decided.kind !== 'approval.decided') return undefined
  const { approval: id, ...decision } = decided.data
  const approval = state.approvals.get(id)
  if (!approval || approval.decided) return undefined
  const approvals = new Map(state.approvals).set(id, { ...approval, decided: { ...decision, atMs: nowMs } })
  const known = ofKnown({ ...state, approvals }, ask, nowMs)
  return known && known.result.decision !== 'wait' ? { answer: known.result, events: known.events } : undefined
}

const nothing: Made<undefined> = { result: undefined, events: [], trust: 'vigil' }

/** What a hold, or an earlier ask, says already; undefined where the policy is to be asked. */
function ofKnown(state: ConsoleState, ask: GateAsk, nowMs: number): Made<GateAnswer | Waiting> | undefined {
  const session = state.sessions.get(ask.session)
  const held = decideAtGate(session, ask)
  if (!session)
    return {
      result: { decision: 'deny', reason: held.reason },
      events: [unknownSession(ask, held.reason, nowMs)],
      trust: 'vigil',
    }
  if (held.decision === 'deny') {
    const control = held.control ? { control: held.control } : {}
    return decidedNow(session, ask, { decision: 'deny', reason: held.reason, ...control }, nowMs)
  }
  // Before a policy or an approval could let it through: a canary that runs proves nothing.
  if (ask.tool === canaryTool)
    return decidedNow(
      session,
      ask,
      { decision: 'deny', reason: 'the canary is always denied: this gate answers' },
      nowMs,
    )
  const standing = standingOf(state, { session, call: ask.call, digest: ask.digest }, nowMs)
  if (standing.is === 'unknown') return undefined
  if (standing.is === 'waiting') {
    // Its time was over and the clock has not said so yet, or cannot: nobody may be kept waiting by that.
    if (nowMs < standing.approval.expiresAtMs)
      return { result: { decision: 'wait', approval: standing.approval.approval }, events: [], trust: 'vigil' }
    return decidedNow(session, ask, { decision: 'deny', reason: 'nobody decided in time' }, nowMs)
  }
  if (standing.is === 'denied') {
    const approval = standing.approval ? { approval: standing.approval.approval } : {}
    return decidedNow(session, ask, { decision: 'deny', reason: standing.reason, ...approval }, nowMs)
  }
  return use(session, ask, standing.approval, nowMs)
}

function use(session: SessionState, ask: GateAsk, approval: ApprovalState, nowMs: number): Made<GateAnswer> {
  const { decided } = approval
  const isEdit = decided?.decision === 'edited'
  const digest = (isEdit ? decided?.digest : undefined) ?? approval.digest
  const used: EventInput = {
    ...baseOf(session, nowMs),
    kind: 'approval.used',
    data: { approval: approval.approval, call: ask.call, digest },
  }
  const answer: GateAnswer = {
    decision: isEdit ? 'edit' : 'allow',
    reason: reasonOf(approval),
    approval: approval.approval,
    ...(isEdit && { input: inputOf(decided?.input) }),
  }
  const made = decidedNow(session, ask, answer, nowMs)
  return { ...made, events: [used, ...made.events] }
}

function inputOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return text
  }
}

function decidedNow(session: SessionState, ask: GateAsk, answer: GateAnswer, nowMs: number): Made<GateAnswer> {
  const { capability } = decideAtGate(session, ask)
  const event: EventInput = {
    ...baseOf(session, nowMs),
    kind: 'gate.decided',
    data: {
      call: ask.call,
      tool: ask.tool,
      decision: answer.decision === 'deny' ? 'deny' : 'allow',
      reason: cutText(answer.reason, 512),
      ...(capability && { capability }),
      ...(answer.control && { control: answer.control }),
      ...(answer.approval && { approval: answer.approval }),
      ...(ask.door && { door: ask.door }),
      ...(ask.deadlineMs >= 0 && { deadlineMs: ask.deadlineMs }),
    },
  }
  return { result: answer, events: [event], trust: 'vigil' }
}

function baseOf({ session, host }: SessionState, nowMs: number) {
  return { v: 1 as const, atMs: nowMs, session, ...(host && { host }) }
}

/** An event about a session makes it known; an unknown one must stay unknown, so its denial is a line of the audit instead. */
function unknownSession(ask: GateAsk, detail: string, nowMs: number): EventInput {
  const data = { by: ask.askedBy, change: 'gate.denied', subject: ask.session, detail }
  return { v: 1, kind: 'audit.recorded', atMs: nowMs, data }
}

/** It became durable after all, but nobody was told: the log must not say that the call was allowed. */
export async function recordMissed({ pipeline, clock }: GateWriter, ask: GateAsk): Promise<void> {
  await pipeline.command((state): Made<undefined> => {
    const session = state.sessions.get(ask.session)
    if (!session) return nothing
    const missed = decidedNow(
      session,
      ask,
      { decision: 'deny', reason: 'decided too late to be answered' },
      clock.nowMs(),
    )
    return { ...missed, result: undefined }
  }, ordinary(ask))
}
