// What every killer is: the one act that cannot be undone. `kill` only asks; a session is dead when `observe` has read it.
import type { Ability } from '../../server/protocol/ability.ts'
import type { Session } from '../session.ts'

export type KillReading = {
  /** Nothing that is known to belong to the session is alive. */
  dead: boolean
  /** Word for word what was read, for example `populated 0`. */
  observed: string
  observedFrom: string
  /** What is still alive, in short sentences for an operator. Not empty is never dead. */
  left: string[]
}

export type Killer = {
  readonly name: string
  /** Of the name `end`. Said before anyone clicks. */
  can(): Ability
  /** Asks the kernel to kill; returns what was asked. Throws when the kernel refuses. To be repeated until it is dead. */
  kill(session: Session): string
  /** Reads the present state afresh. Throws when it cannot be read. */
  observe(session: Session): KillReading
  /** Processes alive right now. */
  count(session: Session): number
}
