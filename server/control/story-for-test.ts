// Tells control stories for tests: a state that takes decisions as the server does, and says in short what came of them.
import { drawEpisode, episodeStartMs, testHost } from '../model/event-for-test.ts'
import { applyEvent, nothingTouched } from '../model/reduce.ts'
import { type ConsoleState, emptyState, type SessionState } from '../model/state.ts'
import type { Ability } from '../protocol/ability.ts'
import type { Actor } from '../protocol/actor.ts'
import type { Capability, ControlAction } from '../protocol/control.ts'
import type { EventInput, StoredEvent } from '../protocol/event.ts'
import { ControlId, type EventId, SessionId } from '../protocol/ids.ts'
import type { Trust } from '../protocol/trust.ts'
import { type Decision, type Role, requestControl } from './request-control.ts'

export const ann: Actor = { type: 'operator', id: 'op-ann', name: 'Ann' }
export const ben: Actor = { type: 'operator', id: 'op-ben', name: 'Ben' }
export const script: Actor = { type: 'key', id: 'key-1', name: 'automation' }

const can = (name: Ability['name'], enforcer: string): Ability => ({
  name,
  can: 'proven',
  enforcer,
  detail: 'read back',
})
export const everyAbility: Ability[] = [
  can('pause', 'cgroup-freeze'),
  can('end', 'cgroup-kill'),
  can('network', 'nft-egress'),
  can('gpu', 'gpu-processes'),
]

export class Story {
  readonly state: ConsoleState = emptyState()
  readonly log: StoredEvent[] = []
  nowMs = episodeStartMs
  private ids = 0

  constructor() {
    for (const event of drawEpisode('00:00 probe')) this.apply(event)
  }

  newControlId = (): ControlId => ControlId.parse(`ctl-${++this.ids}`)

  /** A session that its host holds. */
  start(id: string, labels: Record<string, string> = {}, abilities = everyAbility, agent = 'rome-30b'): void {
    this.append([
      {
        v: 1,
        kind: 'session.started',
        atMs: this.nowMs,
        session: SessionId.parse(id),
        host: testHost,
        data: { held: 'cgroup', cgroup: `/vigil/${id}`, abilities, agent, labels },
      },
    ])
  }

  /** A session that is known from telemetry only. */
  report(id: string): void {
    const data = { call: 'c', tool: 'shell', input: 'ls' }
    this.append([{ v: 1, kind: 'action.started', atMs: this.nowMs, session: SessionId.parse(id), data }], 'agent')
  }

  ask(
    id: string,
    action: ControlAction,
    by: Actor = ann,
    more: {
      capability?: Capability
      reason?: string
      undoes?: string
      all?: boolean
      ttlMs?: number
      role?: Role
    } = {},
  ): { decision: Decision; control: ControlId } {
    const control = this.newControlId()
    const { undoes, role = 'responder', ...rest } = more
    const decision = requestControl(this.state, id, {
      control,
      action,
      by,
      role,
      nowMs: this.nowMs,
      ...rest,
      ...(undoes !== undefined && { undoes: ControlId.parse(undoes) }),
    })
    if (decision.ok) this.append(decision.events)
    return { decision, control }
  }

  /** Takes what was decided; an answer that is a refusal is said in its title. */
  take(decision: { ok: true; events: EventInput[] } | { ok: false; refusal: { title: string } }): string {
    if (!decision.ok) return decision.refusal.title
    this.append(decision.events)
    return 'ok'
  }

  append(events: readonly EventInput[], trust: Trust = 'vigil'): void {
    for (const event of events) {
      const seq = this.log.length + 1
      const id = `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}` as EventId
      this.apply({ ...event, id, seq, partition: 0, seenAtMs: this.nowMs, trust } as StoredEvent)
    }
  }

  session(id: string): SessionState {
    const session = this.state.sessions.get(SessionId.parse(id))
    if (!session) throw new Error(`no session ${id}`)
    return session
  }

  /** Standing holds in short: `contain Ann`, `revoke network Ben (tunnel)`. */
  holds(id: string): string[] {
    return this.session(id).holds.map(({ action, capability, by, reason }) =>
      [action, capability, by.name, reason && `(${reason})`].filter((word) => word !== undefined).join(' '),
    )
  }

  outcomeOf(id: string, control: string): string | undefined {
    return this.session(id).controls.find((each) => each.control === control)?.state
  }

  private apply(event: StoredEvent): void {
    const stored = { ...event, seq: this.log.length + 1 }
    this.log.push(stored)
    applyEvent(this.state, stored, nothingTouched())
  }
}
