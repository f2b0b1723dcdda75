// What every enforcer of this server is. `apply` and `revert` only ask; nothing counts as done until `observe` has read it back.
import type { ConsoleState } from '../model/state.ts'
import type { AbilityName } from '../protocol/ability.ts'
import type { Actor } from '../protocol/actor.ts'
import type { Restriction } from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ControlId, SessionId } from '../protocol/ids.ts'

/** What can be asked of an enforcer: a level, or an end, which has no way back. */
export type Part = Restriction | 'end'

/** One wish for one session. The same control always makes the same wish, also after a restart. */
export type Order = {
  session: SessionId
  part: Part
  /** Restricted, or free again. */
  wanted: boolean
  control: ControlId
  by: Actor
  reason?: string | undefined
}

/** An enforcer took the wish: an acknowledgement, never an effect. */
export type Asked = {
  /** What it answered, for the receipt. */
  detail: string
  /** Where it says that the effect can be read. */
  verifyUrl?: string | undefined
  /** Something about the answer that an operator should know. */
  trouble?: string | undefined
}

export type Reading = {
  restricted: boolean
  /** Word for word what was read. */
  observed: string
  observedFrom: string
}

export type Enforcer = {
  /** `gate`, or `webhook NAME`. */
  readonly name: string
  /** Where it is asked. */
  readonly address: string
  /** Reads at once what holds: there is nothing to wait for, and no acknowledgement to tell. */
  readonly immediate: boolean
  can(part: Part): boolean
  /** Asks to restrict. Throws when it was not taken. A repeat is harmless. */
  apply(order: Order): Promise<Asked>
  /** Asks to let go again. Throws when it was not taken. A repeat is harmless. */
  revert(order: Order): Promise<Asked>
  /** Reads the present state afresh; undefined when there is nowhere to read it. Throws when it cannot be read now. */
  observe(order: Order, asked: Asked): Promise<Reading | undefined>
}

/** What enforcement needs of the one writer. */
export type EnforcementPipeline = {
  readonly state: ConsoleState
  command<R>(decide: (state: ConsoleState) => { result: R; events: EventInput[]; trust: 'vigil' }): Promise<R>
  onCommit(listener: (announcement: { events: EventInput[] }) => void): void
}

/** A webhook as its store keeps it. */
export type Webhook = {
  id: string
  name: string
  url: string
  secret: string
  verifyUrl?: string | undefined
  capabilities: AbilityName[]
}

/** Resolves after `ms`, or as soon as `signal` is aborted. Never rejects. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>
