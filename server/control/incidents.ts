// What people may do with an incident. Pure: the state and the wish go in, events or a refusal in plain words come out.
import { type IncidentState, isOver } from '../model/incident-state.ts'
import { versionOf } from '../model/reduce-incident.ts'
import type { ConsoleState } from '../model/state.ts'
import type { Actor } from '../protocol/actor.ts'
import type { EventInput } from '../protocol/event.ts'
import { acknowledgedForMs, type IncidentChange, type IncidentId, incidentIdOf } from '../protocol/incident.ts'
import { type Decision, mayControl, type Role } from './request-control.ts'

/** As it comes from outside: what the server gives itself is not in it yet. */
export type IncidentWish =
  | Exclude<IncidentChange, { type: 'acknowledge' | 'split' }>
  | { type: 'acknowledge'; forMs?: number | undefined }
  | Omit<Extract<IncidentChange, { type: 'split' }>, 'into'>

export type IncidentCommand = {
  incident: IncidentId
  wish: IncidentWish
  by: Actor
  role: Role
  nowMs: number
}

/** `about`: the incident that is looked at afterwards; of a split that is the new one. */
export function changeIncident(
  state: ConsoleState,
  { incident: id, wish, by, role, nowMs }: IncidentCommand,
): (Extract<Decision, { ok: true }> & { about: IncidentId }) | Extract<Decision, { ok: false }> {
  const refuse = (status: 403 | 404 | 409, title: string, detail: string) =>
    ({ ok: false, refusal: { status, title, detail } }) as const
  if (!mayControl(role))
    return refuse(403, 'Not allowed', `a ${role} reads; an incident is worked on with the role responder or admin`)
  const incident = state.incidents.get(id)
  if (!incident) return refuse(404, 'No such incident', 'it may have been resolved long ago: it is in the log')
  if (incident.mergedInto !== undefined)
    return refuse(409, 'Merged', `it is a part of ${incident.mergedInto}: go on there`)
  // An answer that got lost makes a browser ask again: what stands already as it is wished is no second saving.
  if (wish.type === 'write' && stands(incident, wish, by)) return { ok: true, events: [], about: id }
  const why = whyNot(state, incident, wish)
  if (why !== undefined) return refuse(409, why.title, why.detail)
  const changed = (change: IncidentChange): EventInput => ({
    v: 1,
    kind: 'incident.changed',
    atMs: nowMs,
    data: { incident: id, by, change },
  })
  if (wish.type === 'acknowledge')
    return {
      ok: true,
      events: [changed({ type: 'acknowledge', untilMs: nowMs + (wish.forMs ?? acknowledgedForMs) })],
      about: id,
    }
  if (wish.type !== 'split') return { ok: true, events: [changed(wish)], about: wish.type === 'merge' ? wish.into : id }
  const into = incidentIdOf(state.incidentCount + 1)
  const opened: EventInput = {
    v: 1,
    kind: 'incident.opened',
    atMs: nowMs,
    data: {
      incident: into,
      because: `split off ${id} by ${by.name}`.slice(0, 512),
      isDrill: incident.isDrill,
      from: id,
    },
  }
  return { ok: true, events: [opened, changed({ ...wish, into })], about: into }
}

type WriteWish = Extract<IncidentWish, { type: 'write' }>

function stands({ written }: IncidentState, { section, text }: WriteWish, by: Actor): boolean {
  const now = written?.find((each) => each.section === section)
  return now ? now.text === text && now.by.id === by.id : text === ''
}

const lateWishes: ReadonlySet<IncidentWish['type']> = new Set(['note', 'write', 'retitle', 'grade', 'assign'])

function whyNot(
  state: ConsoleState,
  incident: IncidentState,
  wish: IncidentWish,
): { title: string; detail: string } | undefined {
  // Notes are written and titles are mended in postmortems too.
  const isLate = lateWishes.has(wish.type)
  if (wish.type === 'reopen')
    return incident.resolved
      ? undefined
      : { title: 'Not resolved', detail: 'it is open: nothing is to be opened again' }
  if (incident.resolved && !isLate)
    return {
      title: 'Already resolved',
      detail: `by ${incident.resolved.by.name}: open it again first, or let a new one be opened by new evidence`,
    }
  if (wish.type === 'write' && wish.basedOn !== versionOf(incident, wish.section)) {
    const newer = incident.written?.find(({ section }) => section === wish.section)
    return {
      title: 'Written meanwhile',
      detail: newer
        ? `${newer.by.name} wrote version ${newer.version} of it, and yours is based on version ${wish.basedOn}: nothing was saved`
        : `nobody wrote it yet, and yours is based on version ${wish.basedOn}: nothing was saved`,
    }
  }
  if (wish.type === 'merge') {
    const other = state.incidents.get(wish.into)
    if (!other) return { title: 'No such incident', detail: `${wish.into} is not known here` }
    if (other === incident) return { title: 'The same', detail: 'an incident cannot become a part of itself' }
    if (isOver(other)) return { title: 'Over', detail: `${wish.into} is over: open it again first` }
    if (other.isDrill !== incident.isDrill)
      return { title: 'A drill', detail: 'a rehearsal and the real thing stay apart' }
  }
  if (wish.type === 'split') {
    const strange = wish.sessions.find((each) => !incident.sessions.includes(each))
    if (strange !== undefined) return { title: 'Not of it', detail: `${strange} is no session of this incident` }
    if (new Set(wish.sessions).size >= incident.sessions.length)
      return { title: 'All of it', detail: 'at least one session stays' }
  }
  return undefined
}

/** An account, as far as it matters for who may own an incident. */
export type Account = { id: string; name: string; role: Role; joined: boolean }

/** To whom an incident can be given: who can work on it. A viewer could not, and who has not joined would not hear of it. */
export function mayOwn({ role, joined }: Account): boolean {
  return joined && mayControl(role)
}

/** The owner that the account makes, or why it makes none. */
export function ownerOf(account: Account | undefined): { ok: true; owner: Actor } | Extract<Decision, { ok: false }> {
  const refuse = (status: 404 | 409, title: string, detail: string) =>
    ({ ok: false, refusal: { status, title, detail } }) as const
  if (!account) return refuse(404, 'No such operator', 'see GET /api/responders')
  const { id, name, joined } = account
  if (mayOwn(account)) return { ok: true, owner: { type: 'operator', id, name } }
  return joined
    ? refuse(409, 'A viewer', `${name} reads; an incident is owned by a responder or an admin`)
    : refuse(409, 'Not joined yet', `${name} was invited and cannot sign in yet`)
}
