// A click becomes events, or a refusal that says why. Nothing here claims an effect: the most a request can be is "requested".
import type { SessionState } from '../model/state.ts'
import { type ControlAction, isControlOpen } from '../protocol/control.ts'
import type { Actor, EventInput } from '../protocol/event.ts'
import type { ControlId } from '../protocol/ids.ts'

/** Open controls of one session that want the same, at most. */
const openAlikeMax = 20

export type Role = 'viewer' | 'responder' | 'admin'

export type ControlCommand = {
  control: ControlId
  action: ControlAction
  by: Actor
  role: Role
  reason?: string | undefined
  undoes?: ControlId | undefined
  nowMs: number
}

export type Refusal = { title: string; detail: string; status: 403 | 404 | 409 }
export type Decision = { ok: true; events: EventInput[] } | { ok: false; refusal: Refusal }

/** Containing and releasing take a responder; a viewer reads. */
export function mayControl(role: Role): boolean {
  return role === 'responder' || role === 'admin'
}

/**
 * Decides one pause or resume. The events are, in order: the request, then the end (`superseded`) of every open control that
 * wanted the opposite, so that each control has exactly one end. A repeat of what is already wanted is a record of its own.
 */
export function requestControl(session: SessionState | undefined, command: ControlCommand): Decision {
  if (!mayControl(command.role)) {
    return refuse(403, 'Not allowed', `a ${command.role} reads; pausing and resuming need the role responder or admin`)
  }
  if (!session)
    return refuse(404, 'No such session', 'this session is not known; it may have left memory: look it up in the log')
  if (session.endedAtMs !== undefined) return refuse(409, 'Session has ended', 'nothing is left to pause or resume')
  if (session.held === 'none') {
    return refuse(
      409,
      'No host holds this session',
      'it is known from telemetry only; start it with `vigil run -- CMD` on a host with a probe to be able to pause it',
    )
  }
  const ability = session.abilities.find((each) => each.name === 'pause')
  if (ability?.can === 'no') return refuse(409, 'This host cannot pause it', ability.detail)

  const { control, action, by, reason, undoes, nowMs } = command
  const base = { v: 1 as const, atMs: nowMs, session: session.session, ...(session.host && { host: session.host }) }
  const events: EventInput[] = [
    {
      ...base,
      kind: 'control.requested',
      data: { control, action, by, ...(reason && { reason }), ...(undoes && { undoes }) },
    },
  ]
  // A repeat is a record of its own, but not without end: a script that asks for ever is answered by superseding its oldest.
  let alike = 0
  for (const open of session.controls) {
    if (!isControlOpen(open.state)) continue
    if (open.action === action) {
      alike += 1
      if (alike < openAlikeMax) continue
    }
    events.push({
      ...base,
      kind: 'control.ended',
      data: {
        control: open.control,
        outcome: 'superseded',
        detail: `${action} was asked ${open.action === action ? 'again and again' : 'before it was confirmed'}`,
      },
    })
  }
  return { ok: true, events }
}

function refuse(status: Refusal['status'], title: string, detail: string): Decision {
  return { ok: false, refusal: { status, title, detail } }
}
