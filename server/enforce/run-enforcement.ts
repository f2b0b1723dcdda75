// Brings every control that no host enforces to its wanted level, and gives it its one end. After a restart it starts from the log:
// what is still open is asked again, with the same message ids.
import { setTimeout as wait } from 'node:timers/promises'
import { isHostControl } from '../control/wanted-state.ts'
import { isRestricted } from '../model/holds.ts'
import type { ConsoleState, ControlRecord, SessionState } from '../model/state.ts'
import { isControlOpen, isLift, type Restriction, restrictionsOf } from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ControlId, SessionId } from '../protocol/ids.ts'
import { type Pace, usualPace } from './bring.ts'
import type { EnforcementPipeline, Enforcer, Order, Part, Sleep, Webhook } from './enforcer.ts'
import { createGateEnforcer } from './gate.ts'
import { watchGate } from './gate-watch.ts'
import { inTurns } from './in-turn.ts'
import { outcomeOf, type PartResult } from './outcome.ts'
import type { Reach } from './reach.ts'
import { createWebhookEnforcer } from './webhook.ts'
import { createWishes, readingEvents } from './wishes.ts'

/** Requests to webhooks under way at once, over all sessions. */
const callsAtOnceMax = 64

export type EnforcementOptions = {
  pipeline: EnforcementPipeline
  webhooks: { list(): readonly Webhook[] }
  clock: { nowMs(): number }
  reach: Reach
  onError: (context: string, error: unknown) => void
  sleep?: Sleep
  pace?: Pace
}

const sleepUnlessAborted: Sleep = (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined)

export function startEnforcement(options: EnforcementOptions): { close(): void } {
  const { pipeline, webhooks, clock, reach, onError, sleep = sleepUnlessAborted, pace = usualPace } = options
  const nowMs = () => clock.nowMs()
  const inTurn = inTurns(callsAtOnceMax)
  const enforcersOf = (session: SessionState, part: Part): Enforcer[] =>
    [
      createGateEnforcer(pipeline, session),
      ...webhooks
        .list()
        .map((webhook) => createWebhookEnforcer({ webhook, state: pipeline.state, reach, nowMs, inTurn })),
    ].filter((each) => each.can(part))
  const wishes = createWishes({ pipeline, enforcersOf, nowMs, sleep, pace, onError })
  let closed = false

  watchGate({ pipeline, nowMs, onError })
  pipeline.onCommit(({ events }) => {
    for (const event of events) {
      if (event.kind === 'control.requested' && event.session) begin(event.session, event.data.control)
      if (event.kind === 'session.ended' && event.session) wishes.stopSession(event.session)
    }
  })
  for (const session of pipeline.state.sessions.values()) {
    if (session.endedAtMs !== undefined) continue
    // Oldest first, so that the newest wish is the one that stays.
    for (const record of [...session.controls].reverse()) begin(session.session, record.control)
    for (const order of leftUndone(pipeline.state, session)) wishes.resume(order)
  }

  function begin(id: SessionId, control: ControlId): void {
    const found = ownOpenControl(pipeline.state, id, control)
    if (!found || closed) return
    enforce(found.session, found.record).catch((error) => {
      if (!closed) onError(`enforce ${found.record.action}`, error)
    })
  }

  async function enforce(session: SessionState, record: ControlRecord): Promise<void> {
    const { control, action, capability, by, reason } = record
    const wanted = !isLift(action)
    const parts = partsOf(session, record, (part) => enforcersOf(session, part).length > 0)
    const results: PartResult[] = []
    // Its hold was lifted together with another one's: there is nothing left to bring about.
    let stopped =
      action !== 'end' && wanted && !restrictionsOf(action, capability).some((each) => isRestricted(session, each))
    if (!stopped)
      await Promise.all(
        parts.map(async (part, index) => {
          const found = await wishes.want({ session: session.session, part, wanted, control, by, reason })
          if (found) results[index] = { part, wanted, results: found }
          else stopped = true
        }),
      )
    // Still open in the log: the next start goes on with it.
    if (closed) return
    await pipeline.command((state) => {
      const now = ownOpenControl(state, session.session, control)
      if (!now) return { result: undefined, events: [], trust: 'vigil' }
      const data = stopped
        ? { outcome: 'superseded' as const, detail: 'the opposite was asked before it was confirmed' }
        : outcomeOf(results)
      const events: EventInput[] = stopped ? [] : results.flatMap((each) => readingEvents(now.session, each, nowMs()))
      const { host } = now.session
      const base = { v: 1 as const, atMs: nowMs(), session: session.session, ...(host && { host }) }
      events.push({ ...base, kind: 'control.ended', data: { control, ...data } })
      return { result: undefined, events, trust: 'vigil' }
    })
  }

  return {
    close() {
      closed = true
      wishes.close()
    },
  }
}

function ownOpenControl(state: ConsoleState, id: SessionId, control: ControlId) {
  const session = state.sessions.get(id)
  const record = session?.controls.find((each) => each.control === control)
  if (!session || !record || session.endedAtMs !== undefined || !isControlOpen(record.state)) return undefined
  return isHostControl(state, session, record) ? undefined : { session, record }
}

/** What this control changes. A lift leaves alone what another cause restricts, and what nobody here ever restricted. */
function partsOf(session: SessionState, record: ControlRecord, isPossible: (part: Part) => boolean): Part[] {
  const { action, capability } = record
  if (action === 'end') return ['end']
  if (!isLift(action)) return restrictionsOf(action, capability)
  const lifted: Restriction[] =
    action === 'restore' && capability
      ? [capability]
      : action === 'resume'
        ? ['pause']
        : ['actions', 'network', 'pause']
  const free = lifted.filter((each) => !isRestricted(session, each))
  const possible = free.filter(isPossible)
  return possible.length > 0 ? possible : free.slice(0, 1)
}

/** What an earlier run could not finish and is still wanted: its newest control says so, and nothing contrary was read since. */
function leftUndone(state: ConsoleState, session: SessionState): Order[] {
  const orders: Order[] = []
  const seen = new Set<Part>()
  for (const record of session.controls) {
    const { action, capability, control, by, reason } = record
    const part: Part | undefined = capability ?? (action === 'pause' || action === 'resume' ? 'pause' : undefined)
    if (part === undefined || seen.has(part)) continue
    seen.add(part)
    const wanted = !isLift(action)
    if ((record.state !== 'failed' && record.state !== 'partial') || isHostControl(state, session, record)) continue
    if (isRestricted(session, part as Restriction) !== wanted || readAs(session, part) === wanted) continue
    orders.push({ session: session.session, part, wanted, control, by, reason })
  }
  return orders
}

function readAs(session: SessionState, part: Part): boolean | undefined {
  if (part === 'end') return undefined
  return part === 'pause' ? session.observedPaused : session.readings.get(part)?.restricted
}
