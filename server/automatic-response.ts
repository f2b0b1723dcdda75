// A rule that may act by itself: its flag asks for a hold that lapses unless a person makes it stand. The control is one like any other, with
// the rule as its author: it is asked, enforced, observed, and told as such. Nothing happens for flags of long ago, for those that context
// made milder, and in a flood.
import { createHash } from 'node:crypto'
import { requestControl } from './control/request-control.ts'
import type { SessionState } from './model/state.ts'
import type { Pipeline } from './pipeline.ts'
import type { Actor } from './protocol/actor.ts'
import type { EventInput, EventOf, StoredEvent } from './protocol/event.ts'
import { FlagSeverity } from './protocol/flag.ts'
import { ControlId } from './protocol/ids.ts'
import type { AutomaticResponse } from './protocol/rule-view.ts'
import { cutText, shortTextMax } from './protocol/text.ts'

/** Of a flag, by our clock: the time that a fact carries may be the agent's to choose. What is older was missed in a stop: people decide. */
const freshMs = 10 * 60_000
/** In `floodWindowMs`; beyond them a rule is wrong about the fleet rather than right about a session. */
const floodMax = 20
const floodWindowMs = 10 * 60_000

export type AutomaticResponseOptions = {
  pipeline: Pick<Pipeline, 'state' | 'command' | 'submit' | 'onCommit'>
  /** Of a rule, by the id that its flags carry. */
  automaticOf(rule: string): AutomaticResponse | undefined
  nowMs: () => number
  onError: (context: string, error: unknown) => void
}

export type AutomaticResponses = {
  /** Flags of the log's end, after a restart: what was not answered before is answered now. */
  takeAgain(event: StoredEvent): void
}

export function respondAutomatically({
  pipeline,
  automaticOf,
  nowMs,
  onError,
}: AutomaticResponseOptions): AutomaticResponses {
  /** Times of the newest answers, oldest first. */
  let answeredMs: number[] = []
  let toldOfFloodMs = Number.NEGATIVE_INFINITY

  function take(event: StoredEvent): void {
    if (event.kind !== 'flag.raised' || event.session === undefined) return
    const automatic = automaticOf(event.data.rule)
    if (!automatic || !deserves(event, nowMs())) return
    const control = controlOf(event)
    if (pipeline.state.sessionOfControl.has(control)) return
    answer(event, automatic, control).catch((error) => onError('answer a flag automatically', error))
  }

  async function answer(
    event: EventOf<'flag.raised'>,
    automatic: AutomaticResponse,
    control: ControlId,
  ): Promise<void> {
    const by = actorOf(event)
    const session = event.session as SessionState['session']
    const refusal = await pipeline.command((state) => {
      const known = state.sessions.get(session)
      if (!known || known.endedAtMs !== undefined) return { result: undefined, events: [], trust: 'vigil' }
      const now = nowMs()
      if (standsLongEnough(known, by, automatic, now)) return { result: undefined, events: [], trust: 'vigil' }
      if (isFlood(now)) return { result: 'flood', events: [], trust: 'vigil' }
      const decided = requestControl(state, session, {
        control,
        ...(automatic.action === 'pause' ? { action: 'pause' } : { action: 'revoke', capability: 'network' }),
        by,
        role: 'responder',
        reason: cutText(`automatic: ${event.data.title}`, shortTextMax),
        ttlMs: automatic.minutes * 60_000,
        nowMs: now,
      })
      if (!decided.ok) return { result: decided.refusal.detail, events: [], trust: 'vigil' }
      answeredMs.push(now)
      return { result: undefined, events: decided.events, trust: 'vigil' }
    })
    if (refusal !== undefined) await tell(event, by, refusal)
  }

  function isFlood(now: number): boolean {
    answeredMs = answeredMs.filter((each) => each > now - floodWindowMs)
    return answeredMs.length >= floodMax
  }

  /** What was not done is a fact as well; of a flood one for all. */
  async function tell(event: EventOf<'flag.raised'>, by: Actor, why: string): Promise<void> {
    const now = nowMs()
    if (why === 'flood') {
      if (now < toldOfFloodMs + floodWindowMs) return
      toldOfFloodMs = now
    }
    const detail =
      why === 'flood'
        ? `${floodMax} automatic responses in ${floodWindowMs / 60_000} minutes: no further ones until it is calmer. People decide.`
        : why
    const told: EventInput = {
      v: 1,
      kind: 'audit.recorded',
      atMs: now,
      ...(event.session !== undefined && { session: event.session }),
      data: { by, change: 'automatic-response.not-given', subject: event.session ?? '', detail },
    }
    await pipeline.submit({ sender: { type: 'vigil' }, events: [told] })
  }

  pipeline.onCommit(({ events }) => {
    for (const event of events) take(event)
  })
  return { takeAgain: take }
}

function deserves({ seenAtMs, data }: EventOf<'flag.raised'>, nowMs: number): boolean {
  const { severity, ruleSeverity = severity } = data
  const rank = (each: FlagSeverity) => FlagSeverity.options.indexOf(each)
  return rank(severity) >= rank(ruleSeverity) && nowMs - seenAtMs <= freshMs
}

/** The same flag asks for the same control, however often it is looked at. */
function controlOf(event: EventOf<'flag.raised'>): ControlId {
  return ControlId.parse(`ctl-auto-${createHash('sha256').update(event.id).digest('hex').slice(0, 16)}`)
}

function actorOf({ data }: EventOf<'flag.raised'>): Actor {
  return { type: 'server', id: `rule/${data.rule}`, name: cutText(`rule "${data.title}"`, shortTextMax) }
}

/** This rule's hold stands already and will for more than half of its time: a flood of the same flag asks once. */
function standsLongEnough(session: SessionState, by: Actor, { minutes }: AutomaticResponse, nowMs: number): boolean {
  return session.holds.some(
    (hold) =>
      hold.by.id === by.id && (hold.expiresAtMs === undefined || hold.expiresAtMs - nowMs > (minutes * 60_000) / 2),
  )
}
