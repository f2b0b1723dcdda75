// Incidents from their events. Whether one is contained is read from its sessions: from what hosts observed, never from what was asked.
import type { EventOf, StoredEvent } from '../protocol/event.ts'
import { FlagSeverity } from '../protocol/flag.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { IncidentChange, IncidentFlagView, IncidentId } from '../protocol/incident.ts'
import type { PostmortemSection } from '../protocol/postmortem-section.ts'
import { cutText } from '../protocol/text.ts'
import { isInForce } from './in-force.ts'
import { type IncidentState, incidentBounds, isOver, newIncident } from './incident-state.ts'
import type { ConsoleState } from './state.ts'

const toldMax = 160

/** 0: nobody wrote it yet. */
export function versionOf({ written }: IncidentState, section: PostmortemSection): number {
  return written?.find((each) => each.section === section)?.version ?? 0
}

/** True when the event was one of these. */
export function applyIncident(state: ConsoleState, event: StoredEvent): boolean {
  switch (event.kind) {
    case 'incident.opened':
      applyOpened(state, event)
      return true
    case 'incident.joined':
      applyJoined(state, event)
      return true
    case 'incident.changed':
      applyChanged(state, event)
      return true
    default:
      return false
  }
}

/** To be called after a session changed: it may be the last one that an incident waited for. One that was opened again shares its sessions. */
export function noteContainment(state: ConsoleState, id: SessionId, seenAtMs: number): boolean {
  let isNoted = false
  for (const incident of state.incidents.values()) {
    if (incident.containedAtMs !== undefined || isOver(incident) || !incident.sessions.includes(id)) continue
    if (!isContainedAsSeen(state, incident)) continue
    incident.containedAtMs = seenAtMs
    isNoted = true
  }
  return isNoted
}

/** The one that the session is a part of now, or was a part of last. */
export function incidentOf(state: ConsoleState, session: SessionId): IncidentState | undefined {
  const id = state.incidentOfSession.get(session)
  return id === undefined ? undefined : state.incidents.get(id)
}

/**
 * Seen by its host to be contained now, or to have ended. A session that no host ever held is known by what others told of it, its agent
 * among them: its end is a claim, and it counts as not held. So does one that memory has let go of.
 */
export function isHeldOrOver(state: ConsoleState, id: SessionId): boolean {
  const session = state.sessions.get(id)
  if (session === undefined || session.held === 'none') return false
  if (session.endedAtMs !== undefined) return true
  return session.holds.some((hold) => hold.action === 'contain' && isInForce(state, session, hold))
}

/** Every session of it, and all that it had are known. */
export function isContainedAsSeen(state: ConsoleState, { sessions, moreSessions }: IncidentState): boolean {
  return !moreSessions && sessions.length > 0 && sessions.every((each) => isHeldOrOver(state, each))
}

function applyOpened(state: ConsoleState, event: EventOf<'incident.opened'>): void {
  const { incident: id, because, follows, isDrill, from } = event.data
  if (state.incidents.has(id)) return
  const incident = newIncident(id, event.seenAtMs, event.seq)
  state.incidents.set(id, { ...incident, because, follows, isDrill, from })
  state.incidentCount = Math.max(state.incidentCount, Number(id.slice('INC-'.length)))
  forgetOldest(state)
}

function applyJoined(state: ConsoleState, event: EventOf<'incident.joined'>): void {
  const { incident: id, ...flag } = event.data
  const incident = state.incidents.get(id)
  if (!incident) return
  addFlag(incident, flag)
  if (flag.session !== undefined) {
    addSession(incident, flag.session)
    // An agent can start sessions without end: what is remembered by session is bounded as the list is.
    if (!isOver(incident) && incident.sessions.includes(flag.session)) state.incidentOfSession.set(flag.session, id)
    if (!isOver(incident) && !isContainedAsSeen(state, incident)) incident.containedAtMs = undefined
  }
  incident.seq = event.seq
}

function addSession(incident: IncidentState, session: SessionId): void {
  if (incident.sessions.includes(session)) return
  if (incident.sessions.length < incidentBounds.sessions) incident.sessions.push(session)
  else incident.moreSessions = true
}

function addFlag(incident: IncidentState, flag: IncidentFlagView): void {
  if (incident.flags.some((each) => each.flag === flag.flag)) return
  const isFirst = incident.flagCount === 0
  incident.flagCount += 1
  incident.firstAtMs = isFirst ? flag.flagAtMs : Math.min(incident.firstAtMs, flag.flagAtMs)
  incident.detectedAtMs = isFirst ? flag.detectedAtMs : Math.min(incident.detectedAtMs, flag.detectedAtMs)
  incident.newestAtMs = isFirst ? flag.detectedAtMs : Math.max(incident.newestAtMs, flag.detectedAtMs)
  if (flag.host && !incident.hosts.includes(flag.host) && incident.hosts.length < incidentBounds.hosts)
    incident.hosts.push(flag.host)
  for (const destination of flag.destinations)
    if (!incident.destinations.includes(destination) && incident.destinations.length < incidentBounds.hosts)
      incident.destinations.push(destination)
  incident.flags.push(flag)
  if (incident.flags.length > incidentBounds.flags) dropMildest(incident.flags)
}

/** The mildest, and of those the newest: how it began is what a postmortem asks for. */
function dropMildest(flags: IncidentFlagView[]): void {
  const rank = (flag: IncidentFlagView | undefined) => (flag ? FlagSeverity.options.indexOf(flag.severity) : 0)
  let at = flags.length - 1
  for (let i = flags.length - 1; i >= 0; i -= 1) if (rank(flags[i]) < rank(flags[at])) at = i
  flags.splice(at, 1)
}

function applyChanged(state: ConsoleState, event: EventOf<'incident.changed'>): void {
  const { incident: id, by, change } = event.data
  const incident = state.incidents.get(id)
  if (!incident) return
  const atMs = event.seenAtMs
  // Every saving of a section is a line here; its text is kept once, where it stands.
  const told = change.type === 'write' ? { ...change, text: cutText(change.text, toldMax) } : change
  incident.log.push({ atMs, seq: event.seq, by, change: told })
  if (incident.log.length > incidentBounds.log) incident.log.shift()
  incident.seq = event.seq
  switch (change.type) {
    case 'acknowledge':
      incident.acknowledged = { by, atMs, untilMs: change.untilMs }
      incident.acknowledgedAtMs ??= atMs
      incident.owner ??= by
      return
    case 'assign':
      incident.owner = change.owner
      return
    case 'retitle':
      incident.title = change.title
      return
    case 'grade':
      incident.graded = change.severity
      return
    case 'note':
      return
    case 'write': {
      const { section, text } = change
      const others = (incident.written ?? []).filter((each) => each.section !== section)
      const version = versionOf(incident, section) + 1
      incident.written = [...others, { section, text, by, atMs, version }]
      return
    }
    case 'resolve':
      incident.resolved = { by, atMs, verdict: change.verdict, reason: change.reason }
      return
    case 'reopen':
      incident.resolved = undefined
      for (const session of incident.sessions) state.incidentOfSession.set(session, id)
      return
    case 'merge':
      return merge(state, incident, change)
    case 'split':
      return split(state, incident, change)
  }
}

function merge(
  state: ConsoleState,
  incident: IncidentState,
  { into }: Extract<IncidentChange, { type: 'merge' }>,
): void {
  const other = state.incidents.get(into)
  if (!other || other === incident) return
  incident.mergedInto = into
  for (const flag of incident.flags) addFlag(other, { ...flag, because: `merged from ${incident.incident}` })
  other.flagCount += Math.max(0, incident.flagCount - incident.flags.length)
  if (incident.moreSessions) other.moreSessions = true
  const both = [other, incident]
  const acknowledged = both.flatMap(({ acknowledgedAtMs }) => acknowledgedAtMs ?? [])
  if (acknowledged.length > 0) other.acknowledgedAtMs = Math.min(...acknowledged)
  // Of the whole, when the last of the two was; where that of one is not known, neither is that of the whole.
  const contained = both.flatMap(({ sessions, containedAtMs }) => (sessions.length > 0 ? [containedAtMs] : []))
  takeSessions(state, other, incident.sessions)
  other.containedAtMs = isContainedAsSeen(state, other) ? latestOf(contained) : undefined
  noteInLog(other, incident)
}

/** Undefined where one of them is. */
function latestOf(times: readonly (number | undefined)[]): number | undefined {
  const known = times.flatMap((each) => each ?? [])
  return known.length > 0 && known.length === times.length ? Math.max(...known) : undefined
}

/** What was done to the one changed the other as well. */
function noteInLog(other: IncidentState, incident: IncidentState): void {
  const entry = incident.log.at(-1)
  if (entry) other.log.push(entry)
  if (other.log.length > incidentBounds.log) other.log.shift()
  other.seq = incident.seq
}

function split(
  state: ConsoleState,
  incident: IncidentState,
  { into, sessions }: Extract<IncidentChange, { type: 'split' }>,
): void {
  const other = state.incidents.get(into)
  if (!other || other === incident) return
  const goes = ({ session }: IncidentFlagView) => session !== undefined && sessions.includes(session)
  for (const flag of incident.flags.filter(goes)) addFlag(other, flag)
  incident.flags = incident.flags.filter((flag) => !goes(flag))
  incident.flagCount -= other.flagCount
  incident.sessions = incident.sessions.filter((each) => !sessions.includes(each))
  incident.hosts = [...new Set(incident.flags.flatMap(({ host }) => host ?? []))]
  incident.destinations = [...new Set(incident.flags.flatMap(({ destinations }) => destinations))]
  timeAnew(incident)
  takeSessions(state, other, sessions)
  noteInLog(other, incident)
}

/** From the flags that stay; where none is kept, what stood there is the best that is known. */
function timeAnew(incident: IncidentState): void {
  const { flags } = incident
  if (flags.length === 0) return
  const detected = flags.map(({ detectedAtMs }) => detectedAtMs)
  incident.firstAtMs = Math.min(...flags.map(({ flagAtMs }) => flagAtMs))
  incident.detectedAtMs = Math.min(...detected)
  incident.newestAtMs = Math.max(...detected)
  // Those that stay were held before anything was detected of them: since when is not known.
  if (incident.containedAtMs !== undefined && incident.containedAtMs < incident.detectedAtMs)
    incident.containedAtMs = undefined
}

function takeSessions(state: ConsoleState, incident: IncidentState, sessions: readonly SessionId[]): void {
  for (const session of sessions) {
    addSession(incident, session)
    if (incident.sessions.includes(session)) state.incidentOfSession.set(session, incident.incident)
  }
  if (!isContainedAsSeen(state, incident)) incident.containedAtMs = undefined
}

/** Of those that are over. */
function forgetOldest(state: ConsoleState): void {
  let over = [...state.incidents.values()].filter(isOver).length - incidentBounds.resolved
  const gone = new Set<IncidentId>()
  for (const [id, incident] of state.incidents) {
    if (over <= 0) break
    if (!isOver(incident)) continue
    gone.add(id)
    over -= 1
  }
  if (gone.size === 0) return
  for (const id of gone) state.incidents.delete(id)
  for (const [session, id] of state.incidentOfSession) if (gone.has(id)) state.incidentOfSession.delete(session)
}
