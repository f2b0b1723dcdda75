// A click becomes events, or a refusal that says why. Nothing here claims an effect: the most a request can be is "requested".
import { insteadOf, meansOf } from '../model/project-capability.ts'
import { bounds, type ConsoleState, type SessionState } from '../model/state.ts'
import type { AbilityName } from '../protocol/ability.ts'
import type { Actor } from '../protocol/actor.ts'
import {
  type Capability,
  type ControlAction,
  inverseOf,
  isControlOpen,
  isLift,
  restrictionsOf,
} from '../protocol/control.ts'
import type { EventInput } from '../protocol/event.ts'
import type { ContainmentId, ControlId } from '../protocol/ids.ts'
import { evidenceOfServer } from './evidence-of-server.ts'
import { holdsToLift, sameCause } from './lift-holds.ts'

/** Open controls of one session that want the same, at most. */
const openAlikeMax = 20

export type Role = 'viewer' | 'responder' | 'admin'

export type ControlCommand = {
  control: ControlId
  action: ControlAction
  capability?: Capability | undefined
  by: Actor
  role: Role
  reason?: string | undefined
  undoes?: ControlId | undefined
  /** Lifts every hold of that kind. */
  all?: boolean | undefined
  /** Lifts exactly these: decided earlier, and confirmed since. */
  lifts?: ControlId[] | undefined
  ttlMs?: number | undefined
  containment?: ContainmentId | undefined
  approvedBy?: Actor | undefined
  nowMs: number
}

export type Refusal = { title: string; detail: string; status: 403 | 404 | 409 | 422 }
export type Decision = { ok: true; events: EventInput[] } | { ok: false; refusal: Refusal }

/** Containing and releasing take a responder; a viewer reads. */
export function mayControl(role: Role): boolean {
  return role === 'responder' || role === 'admin'
}

/**
 * Decides one control. The events are, in order: the request, then the end of every open control that it makes pointless, so
 * that each control has exactly one end. A repeat of what is already wanted is a record of its own.
 */
export function requestControl(state: ConsoleState, id: string, command: ControlCommand): Decision {
  const session = state.sessions.get(id as SessionState['session'])
  if (!mayControl(command.role)) {
    return refuse(403, 'Not allowed', `a ${command.role} reads; controls need the role responder or admin`)
  }
  if (!session)
    return refuse(404, 'No such session', 'this session is not known; it may have left memory: look it up in the log')
  if (session.endedAtMs !== undefined)
    return refuse(
      409,
      'Session has ended',
      'nothing is left to control; what happened, evidence included, is in its events',
    )
  const { action, capability } = command
  if ((action === 'revoke' || action === 'restore') !== (capability !== undefined)) {
    return refuse(
      422,
      'Malformed control',
      capability === undefined ? `${action} needs a capability` : `${action} takes no capability`,
    )
  }
  if (isLift(action)) return requestLift(session, { ...command, action })
  const refusal = refusalOf(state, session, command)
  if (refusal) return refusal
  const { control, by, reason, ttlMs, containment, nowMs } = command
  const base = baseOf(session, nowMs)
  const places = restrictionsOf(action, capability).length > 0
  const replaced = places ? sameCause(session, { action: action as 'pause', capability, by, reason, containment }) : []
  const events: EventInput[] = [
    {
      ...base,
      kind: 'control.requested',
      data: {
        control,
        action,
        by,
        ...(capability && { capability }),
        ...(reason && { reason }),
        ...(command.undoes && { undoes: command.undoes }),
        ...(replaced.length > 0 && { lifts: replaced.map((hold) => hold.control) }),
        ...(places && ttlMs !== undefined && { expiresAtMs: nowMs + ttlMs }),
        ...(containment && { containment }),
      },
    },
    ...evidenceOfServer(session, action, control, nowMs),
    ...supersede(
      session,
      command,
      replaced.map((hold) => hold.control),
    ),
  ]
  return { ok: true, events }
}

/** Why this cannot be asked of this session; undefined when it can. */
function refusalOf(state: ConsoleState, session: SessionState, command: ControlCommand): Decision | undefined {
  const { action, capability } = command
  const places = restrictionsOf(action, capability).length > 0
  // Containing, ending and taking evidence never wait for anything, and containments are bounded by themselves.
  if (places && action !== 'contain' && session.holds.length >= bounds.holds) {
    return refuse(409, 'Too many holds', `${bounds.holds} causes hold this session already: lift some first`)
  }
  if (action === 'snapshot') {
    if (session.held !== 'none') return undefined
    return refuse(409, 'No host holds this session', 'evidence is read by the host: there is none to ask')
  }
  const name: AbilityName = action === 'revoke' ? (capability as Capability) : action === 'end' ? 'end' : 'pause'
  const means = meansOf(state, session, name)
  if (means.by !== 'nobody') return undefined
  if (session.held === 'none' && action !== 'revoke') {
    return refuse(
      409,
      'No host holds this session',
      'it is known from telemetry only; start it with `vigil run -- CMD` on a host with a probe to be able to stop it',
    )
  }
  const instead = insteadOf(state, session, name)
  const advice = instead === undefined ? '' : ` Instead: ${instead} it, which this host can.`
  return refuse(409, `Nothing here can ${action} ${capability ?? 'it'}`, `${means.detail}${advice}`.slice(0, 500))
}

function requestLift(
  session: SessionState,
  command: ControlCommand & { action: 'resume' | 'restore' | 'release' },
): Decision {
  const { control, action, capability, by, reason, undoes, approvedBy, nowMs } = command
  const standing = command.lifts && session.holds.filter((hold) => command.lifts?.includes(hold.control))
  const holds = standing ?? holdsToLift(session, command)
  // Without anything to lift a resume is still asked: the host may read paused for a reason that is not ours.
  if (!holds && (undoes !== undefined || action !== 'resume')) {
    return refuse(
      409,
      'Nothing to lift',
      undoes === undefined ? `nothing ${pastOf(action)} stands on this session` : `${undoes} does not stand (any more)`,
    )
  }
  if (command.lifts && standing?.length === 0) {
    return refuse(409, 'Nothing to lift', 'what was to be lifted does not stand any more')
  }
  const lifts = (holds ?? []).map((hold) => hold.control)
  const base = baseOf(session, nowMs)
  const events: EventInput[] = [
    {
      ...base,
      kind: 'control.requested',
      data: {
        control,
        action,
        by,
        ...(capability && { capability }),
        ...(reason && { reason }),
        ...(undoes && { undoes }),
        ...(approvedBy && { approvedBy }),
        lifts,
      },
    },
    ...supersede(session, command, lifts),
  ]
  const lifted = holds?.flatMap((hold) => hold.restricts) ?? []
  const others = session.holds.filter(
    (hold) => !lifts.includes(hold.control) && hold.restricts.some((each) => lifted.includes(each)),
  )
  if (holds && lifted.every((each) => others.some((hold) => hold.restricts.includes(each)))) {
    // Other causes hold all of it: nothing will change on the host, so nothing could be observed there.
    const [other] = others.slice(-1)
    const why = other?.reason ? ` (${other.reason})` : ''
    events.push({
      ...base,
      kind: 'control.ended',
      data: {
        control,
        outcome: 'lifted',
        detail:
          `lifted; still held by ${others.length === 1 ? '' : `${others.length} causes, the newest by `}${other?.by.name ?? 'another'}${why}`.slice(
            0,
            500,
          ),
      },
    })
  }
  return { ok: true, events }
}

function pastOf(action: 'resume' | 'restore' | 'release'): string {
  return action === 'resume' ? 'paused' : action === 'restore' ? 'revoked' : 'contained'
}

/** Ends for the open controls that this one makes pointless. */
function supersede(session: SessionState, command: ControlCommand, lifts: readonly ControlId[]): EventInput[] {
  const { action, capability, nowMs } = command
  const events: EventInput[] = []
  let alike = 0
  for (const open of session.controls) {
    if (!isControlOpen(open.state)) continue
    const isAlike = open.action === action && open.capability === capability
    const isOpposite =
      open.capability === capability &&
      (inverseOf(open.action) === action || inverseOf(action) === open.action) &&
      // Lifting one cause does not take back what another asked, while that one stands.
      (!isLift(action) || lifts.includes(open.control) || !session.holds.some((hold) => hold.control === open.control))
    // A repeat is a record of its own, but not without end: a script that asks for ever is answered by superseding its oldest.
    if (isAlike) alike += 1
    if (!isOpposite && !(isAlike && alike >= openAlikeMax)) continue
    events.push({
      ...baseOf(session, nowMs),
      kind: 'control.ended',
      data: {
        control: open.control,
        outcome: 'superseded',
        detail: `${action} was asked ${isAlike ? 'again and again' : 'before it was confirmed'}`,
      },
    })
  }
  return events
}

function baseOf(session: SessionState, nowMs: number) {
  return { v: 1 as const, atMs: nowMs, session: session.session, ...(session.host && { host: session.host }) }
}

function refuse(status: Refusal['status'], title: string, detail: string): Decision {
  return { ok: false, refusal: { status, title, detail } }
}
