// What every enforcer is. `apply` and `revert` only ask; nothing counts as done until `observe` has read it back.
import type { Ability } from '../../server/protocol/ability.ts'
import type { Session } from '../session.ts'

export type Reading = {
  /** `mixed`: some processes are stopped, some are not. */
  paused: boolean | 'mixed'
  /** Word for word what was read, for example `frozen 1`. */
  observed: string
  /** Where it was read. */
  observedFrom: string
  /** Nothing is left to hold. */
  empty: boolean
}

export type Enforcer = {
  name: string
  /** Said before anyone clicks. */
  can(): Ability
  /** Asks the kernel to pause; returns what was written, for the control's step. Throws when the kernel refuses. */
  apply(session: Session): string
  /** Asks the kernel to let it run again. Throws when the kernel refuses. */
  revert(session: Session): string
  /** Reads the present state. Throws when it cannot be read. */
  observe(session: Session): Reading
  /** Processes held right now. */
  count(session: Session): number
  /** True when `apply` must be repeated until the reading is stable. */
  sweeps: boolean
  stepName(paused: boolean): string
}
