// What every enforcer is. `apply` and `revert` only ask; nothing counts as done until `observe` has read it back.
import type { Ability } from '../../server/protocol/ability.ts'
import type { HostRestriction } from '../../server/protocol/control.ts'
import type { Session } from '../session.ts'

export type Reading = {
  /** `mixed`: in force for some of the session, not for all of it. */
  restricted: boolean | 'mixed'
  /** Word for word what was read, for example `frozen 1`. */
  observed: string
  /** Where it was read. */
  observedFrom: string
  /** Nothing is left to hold. */
  empty: boolean
  /** Tries that carry nothing while it is in force, but are listed: they can be swept away once the session stands still. */
  attempts?: number
  /** What the restriction does not cover, in short sentences for an operator; empty when it covers everything. */
  left: string[]
}

/** Something that was asked of the kernel, in the past tense: `flows killed`, `3 of 3 sockets destroyed`. */
export type AskedStep = { name: string; detail: string; atMs: number }

export type Enforcer = {
  readonly name: string
  readonly restriction: HostRestriction
  /** Said before anyone clicks. */
  can(): Ability
  /** Asks the kernel to restrict; returns what was asked, in order. Throws when the kernel refuses. A repeat is harmless. */
  apply(session: Session): AskedStep[] | Promise<AskedStep[]>
  /** Asks the kernel to let go again. Throws when the kernel refuses. A repeat is harmless. */
  revert(session: Session): AskedStep[] | Promise<AskedStep[]>
  /** Reads the present state afresh. Throws when it cannot be read. */
  observe(session: Session): Reading | Promise<Reading>
  /** Processes held right now. */
  count(session: Session): number
  /** True when `apply` must be repeated until the reading is stable. */
  readonly sweeps: boolean
  /** The session is over: whatever was kept for it is let go. */
  forget?(session: Session): void | Promise<void>
}
