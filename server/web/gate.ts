// The gate itself, whatever door a call comes through: who may ask, room for those that wait, and an answer in time. Decided in the one
// writer and durable before it is answered. Whatever goes wrong on the way, it throws, and a door must take that for "deny".
import { hash } from 'node:crypto'
import { canonicalAction, canonicalJson } from '../control/canonical-action.ts'
import type { ConsoleState } from '../model/state.ts'
import type { EventInput } from '../protocol/event.ts'
import type { DoorClaim } from '../protocol/gate-health.ts'
import type { ApprovalId, SessionId } from '../protocol/ids.ts'
import {
  answerWith,
  decideCall,
  type GateAnswer,
  type GateAsk,
  type GateWriter,
  recordMissed,
  settleCall,
} from './gate-decide.ts'
import { actorOf, type Caller } from './identity.ts'
import { ProblemError } from './problem.ts'

/** Longest wait for the database; a call that waits is not running. */
const writerWaitMs = 10_000
/** Asks that the writer has not settled yet: an agent may ask as often as it likes, but not fill the way of everybody else. */
const inFlightOfSessionMax = 8
const inFlightMax = 256

export type GateCallAsked = {
  session: SessionId
  callId: string
  tool: string
  /** JSON of any shape. */
  input?: unknown
  cwd?: string | undefined
  /** How the door names itself; a claim. */
  door?: DoorClaim | undefined
  /** From now: the answer comes before. */
  deadlineMs: number
  /** Aborted when the caller has gone: what a person allows then is not used up by an answer that nobody reads. */
  gone?: AbortSignal | undefined
}

export type Gate = {
  /** Throws a ProblemError unless this caller may ask for this session. */
  requireMayAsk(caller: Caller | undefined, session: SessionId): Caller
  /** `caller` as `requireMayAsk` gave it. Throws a ProblemError where nothing was decided: the call must not run then either. */
  ask(caller: Caller, call: GateCallAsked): Promise<GateAnswer>
  /**
   * For the writer, with a decision that it is about to write: what goes on record with it, so that the caller that waits for it (the newest,
   * where it asked again) is answered after one commit and not two. Nothing where nobody waits.
   */
  answerWith(state: ConsoleState, decision: readonly EventInput[]): EventInput[]
}

/** One call that waits; `ready` is what it is answered when the fact that says so is on record. */
type Waiter = {
  ask: GateAsk
  gone: AbortSignal | undefined
  ready?: { answer: GateAnswer; record: EventInput }
  wake(answer?: GateAnswer): void
}

export function createGate(writer: GateWriter): Gate {
  const { pipeline, clock } = writer
  const inFlight = new Map<SessionId, number>()
  let inFlightOfAll = 0
  const waiters = new Map<ApprovalId, Set<Waiter>>()
  pipeline.onCommit(({ events }) => {
    for (const event of events) {
      if (event.kind !== 'approval.decided') continue
      for (const { ready, wake } of waiters.get(event.data.approval) ?? []) {
        // A transaction that failed left its answer behind: only what this one wrote counts.
        const isOnRecord = ready !== undefined && events.some(({ data }) => data === ready.record.data)
        wake(isOnRecord ? ready.answer : undefined)
      }
      waiters.delete(event.data.approval)
    }
  }, 'first')

  /** Throws when there is no room. What it returns gives the place back. */
  function takePlace(session: SessionId): () => void {
    const own = inFlight.get(session) ?? 0
    if (own >= inFlightOfSessionMax) throw notDecided(`${own} calls of this session are waiting for a decision already`)
    if (inFlightOfAll >= inFlightMax) throw notDecided('too many calls are waiting for a decision')
    inFlight.set(session, own + 1)
    inFlightOfAll += 1
    return () => {
      const left = (inFlight.get(session) ?? 1) - 1
      if (left > 0) inFlight.set(session, left)
      else inFlight.delete(session)
      inFlightOfAll -= 1
    }
  }

  return {
    requireMayAsk(caller, session) {
      const asking = requireGateRight(caller)
      requireOwnSession(asking, session, pipeline.state)
      return asking
    },
    async ask(caller, { session, callId, tool, input, cwd, door, deadlineMs, gone }) {
      const ask: GateAsk = {
        session,
        call: callId,
        tool,
        input: typeof input === 'string' ? input : canonicalJson(input),
        cwd,
        digest: digestOf({ session, tool, input, cwd }),
        askedBy: actorOf(caller),
        door,
        deadlineMs: Math.floor(deadlineMs),
        ...endsOf(clock.nowMs(), deadlineMs),
      }
      return await answer(ask, gone)
    },
    answerWith: answerAlong,
  }

  async function answer(ask: GateAsk, gone: AbortSignal | undefined): Promise<GateAnswer> {
    const first = await inTime(ask, decideCall, takePlace(ask.session))
    if (first.decision !== 'wait') return first
    const given = await decided(first.approval, ask, gone)
    if (given && clock.nowMs() >= ask.lastMs) {
      recordMissed(writer, ask).catch(() => undefined)
      throw notDecided('the decision was not on record in time')
    }
    if (given) return given
    if (gone?.aborted) throw notDecided('the caller has gone')
    // What was decided is looked at again at use: a hold may have come since. It needs no place of its own: those that wait are counted already.
    return inTime(ask, settleCall)
  }

  /**
   * Resolves when the approval is decided, the time is over, or nobody waits for it any more. With the answer where that went on record with
   * the decision.
   */
  function decided(approval: ApprovalId, ask: GateAsk, gone: AbortSignal | undefined): Promise<GateAnswer | undefined> {
    if (gone?.aborted || pipeline.state.approvals.get(approval)?.decided) return Promise.resolve(undefined)
    const untilMs = (ask.untilMs + ask.lastMs) / 2
    return new Promise((resolve) => {
      const waiting = waiters.get(approval) ?? new Set()
      waiters.set(approval, waiting)
      const finish = (answer?: GateAnswer) => {
        clearTimeout(timer)
        gone?.removeEventListener('abort', leave)
        waiting.delete(waiter)
        if (waiting.size === 0 && waiters.get(approval) === waiting) waiters.delete(approval)
        resolve(answer)
      }
      const leave = () => finish()
      const waiter: Waiter = { ask, gone, wake: finish }
      // The clock that ends approvals comes first by a little; this is for when it cannot write.
      const timer = setTimeout(leave, Math.max(0, untilMs - clock.nowMs()))
      waiting.add(waiter)
      gone?.addEventListener('abort', leave)
    })
  }

  function answerAlong(state: ConsoleState, decision: readonly EventInput[]): EventInput[] {
    return decision.flatMap((event) => {
      if (event.kind !== 'approval.decided') return []
      const waiter = [...(waiters.get(event.data.approval) ?? [])].findLast((each) => !each.gone?.aborted)
      const made = waiter && answerWith(state, waiter.ask, event, clock.nowMs())
      const record = made?.events.at(-1)
      if (!waiter || !made || !record) return []
      waiter.ready = { answer: made.answer, record }
      return made.events
    })
  }

  async function inTime<R>(
    ask: GateAsk,
    decide: (writer: GateWriter, ask: GateAsk, isLate: () => boolean) => Promise<R>,
    givePlaceBack: () => void = () => undefined,
  ) {
    let late = false
    const made = decide(writer, ask, () => late)
    // The place is kept until the writer is done with it, answered or not.
    made.catch(() => undefined).finally(givePlaceBack)
    let timer: ReturnType<typeof setTimeout> | undefined
    const timeUp = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.max(0, Math.min(writerWaitMs, ask.lastMs - clock.nowMs())))
    })
    try {
      const answered = await Promise.race([made, timeUp])
      if (answered) return answered
    } catch {
      throw notDecided('the decision could not be recorded')
    } finally {
      clearTimeout(timer)
    }
    late = true
    made.then((missed) => missed && recordMissed(writer, ask)).catch(() => undefined) // refused by the database: nothing is on record
    throw notDecided('the decision was not on record in time')
  }
}

/** Denied by us before the caller gives up: a tenth of its time is ours, at most ten seconds. */
function endsOf(nowMs: number, deadlineMs: number): { untilMs: number; lastMs: number } {
  const marginMs = Math.min(10_000, deadlineMs / 10)
  return { untilMs: Math.floor(nowMs + deadlineMs - marginMs), lastMs: nowMs + deadlineMs - marginMs / 2 }
}

export function digestOf(action: Parameters<typeof canonicalAction>[0]): string {
  return hash('sha256', canonicalAction(action))
}

/** A person does not ask the gate; neither does a key that only reads. */
function requireGateRight(caller: Caller | undefined): Caller {
  if (caller?.type === 'session-token') return caller
  if (caller?.type === 'key' && caller.key.scopes.some((scope) => scope === 'ingest' || scope === 'control'))
    return caller
  throw refused(`this ${caller?.type ?? 'caller'} may not ask the gate: use a session's token or a key with "ingest"`)
}

function requireOwnSession(caller: Caller, id: SessionId, state: ConsoleState): void {
  if (caller.type === 'operator') return
  if (caller.type === 'session-token' && caller.session !== id) throw refused('a session asks for itself only')
  const only = caller.type === 'key' ? caller.key.session : undefined
  if (only !== undefined && only !== id) throw refused(`this key speaks for session ${only} only`)
  const session = state.sessions.get(id)
  const { host } = caller.key
  if (host !== undefined && session && session.held !== 'none' && session.host !== host) {
    throw refused(`this key speaks for host ${host} only`)
  }
}

function refused(detail: string): ProblemError {
  return new ProblemError(403, 'Not allowed', detail, { decision: 'deny', reason: detail })
}

function notDecided(why: string): ProblemError {
  return new ProblemError(503, 'Not decided', `${why}: do not run the call`, { decision: 'deny', reason: why })
}
