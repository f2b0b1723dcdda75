// What is worth a person's attention now, from the console's state alone: whatever happened while nobody ran this is seen afterwards.
// An occasion has a key that stays the same however often it is looked at. It is open, then acknowledged (somebody took it), then resolved.
import type { IncidentState } from '../model/incident-state.ts'
import { severityOf, statusOf, titleOf } from '../model/project-incident.ts'
import type { ApprovalState, ConsoleState, ControlRecord, HostState, SessionState } from '../model/state.ts'
import { FlagSeverity, isPage } from '../protocol/flag.ts'
import type { SessionId } from '../protocol/ids.ts'
import type { OccasionAbout } from '../protocol/notification-view.ts'

export type Occasion = {
  /** `approval:<id>`, `incident:<id>`, `session:<id>`, `control:<id>`, `host:<id>`, `disk:data`. */
  key: string
  about: OccasionAbout
  state: 'open' | 'acknowledged' | 'resolved'
  severity: FlagSeverity
  /** The source's clock: never trusted alone for how long nobody has answered. */
  sinceMs: number
  /** Changes when more is said of the same. */
  mark: string
  /** In our own words. */
  title: string
  /** Words that an agent, or a rule that quotes one, may have written. */
  said: string[]
  session?: SessionId | undefined
  /** Of the console. */
  path: string
  /** What made it acknowledged or resolved, in words. */
  because?: string | undefined
}

/** A probe that restarts is back within seconds; one that is away for longer is lost. */
export const hostLostAfterMs = 60_000
/** A control that ended longer ago, or an approval, is history rather than an occasion that nobody knows of. */
const endedShownMs = 24 * 3_600_000
const saidMax = 4
/** The writer makes an incident of a flag that pages right behind it; a session speaks for itself only when none has come. */
const incidentDueMs = 10_000

export function occasionsOf(state: ConsoleState, nowMs: number): Occasion[] {
  const found: Occasion[] = []
  for (const approval of state.approvals.values()) found.push(ofApproval(approval))
  for (const incident of state.incidents.values())
    if (incident.mergedInto === undefined) found.push(ofIncident(state, incident, nowMs))
  const lastOn = new Set<string>()
  for (const session of state.sessions.values()) {
    if (session.flags.length > 0) {
      const occasion = state.incidentOfSession.has(session.session) ? undefined : ofSession(session)
      const flaggedMs = session.risk?.atMs ?? 0
      if (occasion && Math.abs(nowMs - flaggedMs) >= incidentDueMs) found.push(occasion)
    }
    for (const control of session.controls) {
      const occasion = ofControl(session, control, nowMs)
      if (occasion) found.push(occasion)
    }
    if (session.endedAtMs === undefined && session.held !== 'none' && session.host) lastOn.add(session.host)
  }
  for (const host of state.hosts.values()) found.push(ofHost(host, lastOn.has(host.host), nowMs))
  return found
}

function ofApproval({
  approval,
  session,
  severity,
  askedAtMs,
  decided,
  tool,
  heldFor,
  people,
}: ApprovalState): Occasion {
  const ends = { approved: 'approved', edited: 'approved with an edit', denied: 'denied' } as const
  const because =
    decided === undefined
      ? undefined
      : decided.decision === 'expired' || decided.decision === 'withdrawn'
        ? `${decided.decision}: it was not run`
        : `${ends[decided.decision]} by ${decided.by.name}`
  return {
    key: `approval:${approval}`,
    about: 'approval',
    state: decided ? 'resolved' : 'open',
    severity,
    sinceMs: askedAtMs,
    mark: '',
    title: people === 2 ? 'An action waits for two people' : 'An action waits for a person',
    said: [`tool ${tool}`, ...heldFor.map((each) => each.title)].slice(0, saidMax),
    session,
    path: `/approvals?open=${encodeURIComponent(approval)}`,
    because,
  }
}

/** However many flags and sessions it has, it is one thing to wake somebody for. */
function ofIncident(state: ConsoleState, incident: IncidentState, nowMs: number): Occasion {
  const { incident: id, flags, resolved, owner, acknowledged, flagCount, sessions } = incident
  const status = statusOf(state, incident, nowMs)
  const severity = severityOf(incident)
  const [session] = sessions
  const isNothing = isJudgedNothing(state, incident)
  const taken =
    acknowledged && nowMs < acknowledged.untilMs
      ? `${acknowledged.by.name} acknowledged it`
      : status === 'contained'
        ? 'every session of it is seen to be held or has ended'
        : undefined
  return {
    key: `incident:${id}`,
    about: 'session',
    state: resolved || isNothing ? 'resolved' : taken ? 'acknowledged' : 'open',
    severity: severity === 'sev1' ? 'critical' : severity === 'sev2' ? 'high' : 'medium',
    sinceMs: incident.detectedAtMs,
    mark: String(flagCount),
    title: `${incident.isDrill ? 'Drill: ' : ''}${id}, ${severity.replace('sev', 'SEV ')} (${count(flagCount, 'flag')}${sessions.length > 1 ? ` in ${sessions.length} sessions` : ''}${owner ? `, ${owner.name} has it` : ''})`,
    said: [titleOf(incident), ...flags.slice(-saidMax).map((flag) => flag.title)].slice(0, saidMax),
    ...(sessions.length === 1 && { session }),
    path: `/incidents/${id}`,
    because: resolved
      ? `${resolved.by.name} resolved it (${resolved.verdict === 'true' ? 'it was real' : resolved.verdict === 'false' ? 'it was noise' : 'a drill'})`
      : isNothing
        ? 'every flag was judged to be noise or a drill'
        : taken,
  }
}

/** People judged every flag that it was opened for, and none of them to be so. A flag that no session holds any more was judged by nobody. */
function isJudgedNothing(state: ConsoleState, { flags, moreSessions }: IncidentState): boolean {
  if (moreSessions || flags.length === 0) return false
  const paged = flags.filter(({ severity }) => isPage(severity))
  return (paged.length > 0 ? paged : flags).every(({ session, rule }) => {
    const held = session === undefined ? undefined : state.sessions.get(session)?.flags
    const ofRule = held?.filter((flag) => flag.rule === rule) ?? []
    return ofRule.length > 0 && ofRule.every(({ verdict }) => verdict !== undefined && verdict !== 'true')
  })
}

/** Further flags of the session belong to the same occasion. */
function ofSession(session: SessionState): Occasion | undefined {
  const isIncident = session.risk?.isIncident === true
  const flags = session.flags.filter((flag) => isIncident || isPage(flag.severity))
  const [first] = flags
  if (!first) return undefined
  const worst = flags.reduce((worst, flag) => (rankOf(flag.severity) > rankOf(worst.severity) ? flag : worst), first)
  const severity = isIncident && !isPage(worst.severity) ? 'high' : worst.severity
  const held = session.holds.find((hold) => hold.by.type !== 'server')
  const judged = flags.filter((flag) => flag.verdict !== undefined)
  const unjudged = flags.filter((flag) => flag.verdict === undefined)
  const isAllJudged = unjudged.length === 0
  const isNothing = isAllJudged && judged.every((flag) => flag.verdict !== 'true')
  const isOver = isNothing || (isAllJudged && (session.endedAtMs !== undefined || held !== undefined))
  const taken = held
    ? `${held.by.name} holds it (${held.action})`
    : judged.length > 0
      ? 'a person judged it'
      : undefined
  return {
    key: `session:${session.session}`,
    about: 'session',
    state: isOver ? 'resolved' : taken ? 'acknowledged' : 'open',
    severity,
    sinceMs: Math.min(...(isAllJudged ? flags : unjudged).map((flag) => flag.atMs)),
    mark: String(flags.reduce((sum, flag) => sum + flag.count, 0)),
    title: isIncident
      ? `A session's risk is enough for an incident (${count(flags.length, 'flag')})`
      : `A session was flagged (${count(flags.length, 'flag')} that page)`,
    said: [worst, ...flags.filter((flag) => flag !== worst).reverse()].slice(0, saidMax).map((flag) => flag.title),
    session: session.session,
    path: `/sessions/${encodeURIComponent(session.session)}`,
    because: isNothing
      ? 'every flag was judged to be noise or a drill'
      : isOver
        ? `every flag was judged, and the session ${session.endedAtMs === undefined ? 'is held' : 'has ended'}`
        : taken,
  }
}

/** What was asked and is not so, or not whole. */
function ofControl(session: SessionState, control: ControlRecord, nowMs: number): Occasion | undefined {
  if (control.state !== 'failed' && control.state !== 'partial') return undefined
  const endedAtMs = control.endedAtMs ?? control.requestedAtMs
  if (nowMs - endedAtMs > endedShownMs) return undefined
  const isLater = (other: ControlRecord) =>
    other.requestedAtMs > control.requestedAtMs &&
    ((other.action === control.action && other.capability === control.capability) || other.action === 'end') &&
    other.state === 'enforced'
  const isOver = session.endedAtMs !== undefined || session.controls.some(isLater)
  const what = control.capability === undefined ? control.action : `${control.action} ${control.capability}`
  return {
    key: `control:${control.control}`,
    about: 'control',
    state: isOver ? 'resolved' : 'open',
    // Who asked for it has its receipt before them: a shell, for one, is only ever revoked in part.
    severity: control.state === 'failed' ? 'critical' : control.by.type === 'operator' ? 'medium' : 'high',
    sinceMs: endedAtMs,
    mark: '',
    title: `A control ${control.state === 'failed' ? 'failed' : 'took effect only in part'}: ${what}, asked by ${control.by.name}`,
    said: [control.detail, ...(control.left ?? [])].filter((each) => each !== undefined).slice(0, saidMax),
    session: session.session,
    path: `/sessions/${encodeURIComponent(session.session)}`,
    because: isOver
      ? session.endedAtMs === undefined
        ? 'the same was enforced later'
        : 'the session has ended'
      : undefined,
  }
}

/** Sessions run on it and nobody sees them. */
function ofHost({ host, connected, sinceMs }: HostState, hasSessions: boolean, nowMs: number): Occasion {
  const isLost = !connected && hasSessions
  return {
    key: `host:${host}`,
    about: 'host',
    state: isLost && nowMs - sinceMs >= hostLostAfterMs ? 'open' : 'resolved',
    severity: 'high',
    sinceMs,
    mark: '',
    title: `The probe of host ${host} is not heard: its sessions are neither seen nor held from here`,
    said: [],
    path: '/live',
    because: connected
      ? 'the probe is heard again'
      : isLost
        ? 'it is not lost for long yet'
        : 'no session is left on it',
  }
}

export function rankOf(severity: FlagSeverity): number {
  return FlagSeverity.options.indexOf(severity)
}

function count(n: number, what: string): string {
  return n === 1 ? `1 ${what}` : `${n} ${what}s`
}
