// Which holds a resume, restore or release lifts. Several causes hold independently: lifting one leaves the others standing.
import type { Hold, SessionState } from '../model/state.ts'
import type { Actor } from '../protocol/actor.ts'
import { type Capability, inverseOf } from '../protocol/control.ts'
import type { ControlId } from '../protocol/ids.ts'

export type LiftAsk = {
  action: 'resume' | 'restore' | 'release'
  capability?: Capability | undefined
  undoes?: ControlId | undefined
  all?: boolean | undefined
  by: Actor
}

/** Holds that this action could lift, oldest first. */
export function liftable(session: SessionState, action: LiftAsk['action'], capability?: Capability): Hold[] {
  return session.holds.filter(
    (hold) => inverseOf(hold.action) === action && (action !== 'restore' || hold.capability === capability),
  )
}

/**
 * The named hold; with `all` every one of its kind; else the caller's own newest, else the newest. An undefined answer means
 * that there is nothing of that kind, or that the named one does not stand (any more).
 */
export function holdsToLift(session: SessionState, ask: LiftAsk): Hold[] | undefined {
  const candidates = liftable(session, ask.action, ask.capability)
  if (ask.undoes !== undefined) {
    const named = candidates.filter((hold) => hold.control === ask.undoes)
    return named.length > 0 ? named : undefined
  }
  if (candidates.length === 0) return undefined
  if (ask.all) return candidates
  const own = candidates.filter((hold) => isSame(hold.by, ask.by))
  const [newest] = (own.length > 0 ? own : candidates).slice(-1)
  return newest && [newest]
}

/** The same person or key asking for the same thing for the same reason is the same cause: it takes the older one's place. */
export function sameCause(
  session: SessionState,
  cause: Pick<Hold, 'action' | 'capability' | 'by' | 'reason' | 'containment'>,
): Hold[] {
  return session.holds.filter(
    (hold) =>
      hold.action === cause.action &&
      hold.capability === cause.capability &&
      // Two standing orders are two causes, whoever gave them.
      hold.containment === cause.containment &&
      isSame(hold.by, cause.by) &&
      (hold.reason ?? '') === (cause.reason ?? ''),
  )
}

export function isSame(a: Actor, b: Actor): boolean {
  return a.type === b.type && a.id === b.id
}
