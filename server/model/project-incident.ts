// Incidents as they are shown: title and severity are made of what is in them, unless a person said otherwise.
import { FlagSeverity, isPage } from '../protocol/flag.ts'
import type { SessionId } from '../protocol/ids.ts'
import type {
  IncidentDetail,
  IncidentFlagView,
  IncidentSeverity,
  IncidentStatus,
  IncidentsMark,
  IncidentView,
} from '../protocol/incident.ts'
import { cutText } from '../protocol/text.ts'
import { type IncidentState, isOver } from './incident-state.ts'
import { isContainedAsSeen, isHeldOrOver } from './reduce-incident.ts'
import type { ConsoleState } from './state.ts'

const titleMax = 160

/** GPU time beside the task of some sessions and what it cost; undefined where there was none that is known. */
export type OffTaskOf = (sessions: readonly SessionId[]) => IncidentView['offTask']

export function statusOf(state: ConsoleState, incident: IncidentState, nowMs: number): IncidentStatus {
  if (isOver(incident)) return 'resolved'
  const { acknowledged } = incident
  if (isContainedAsSeen(state, incident)) return 'contained'
  return acknowledged && nowMs < acknowledged.untilMs ? 'acknowledged' : 'open'
}

export function projectIncident(
  state: ConsoleState,
  incident: IncidentState,
  nowMs: number,
  offTaskOf: OffTaskOf = () => undefined,
): IncidentView {
  const { sessions, resolved, flags } = incident
  return {
    incident: incident.incident,
    title: titleOf(incident),
    severity: severityOf(incident),
    status: statusOf(state, incident, nowMs),
    isDrill: incident.isDrill,
    because: incident.because,
    owner: incident.owner,
    sessions: [...sessions],
    moreSessions: incident.moreSessions,
    containedSessions: sessions.filter((each) => isHeldOrOver(state, each)).length,
    forgottenSessions: sessions.filter((each) => !state.sessions.has(each)).length,
    hosts: [...incident.hosts],
    flagCount: incident.flagCount,
    tactics: [...new Set(flags.flatMap(({ tactics }) => tactics))].sort(),
    techniques: [...new Set(flags.flatMap(({ techniques }) => techniques))].sort(),
    firstAtMs: incident.firstAtMs,
    detectedAtMs: incident.detectedAtMs,
    newestAtMs: incident.newestAtMs,
    acknowledgedAtMs: incident.acknowledgedAtMs,
    acknowledgedUntilMs: incident.acknowledged?.untilMs,
    containedAtMs: incident.containedAtMs,
    resolvedAtMs: resolved?.atMs,
    verdict: resolved?.verdict,
    mergedInto: incident.mergedInto,
    follows: incident.follows,
    from: incident.from,
    offTask: offTaskOf(sessions),
    seq: incident.seq,
  }
}

export function projectIncidentDetail(...given: Parameters<typeof projectIncident>): IncidentDetail {
  const [, { flags, log }] = given
  return { ...projectIncident(...given), flags: [...flags].sort(byTime), log: [...log] }
}

/** Those that are not over first, worst first, then the newest. */
export function projectIncidents(state: ConsoleState, nowMs: number, offTaskOf?: OffTaskOf): IncidentView[] {
  return [...state.incidents.values()]
    .map((each) => projectIncident(state, each, nowMs, offTaskOf))
    .sort(
      (a, b) =>
        Number(a.status === 'resolved') - Number(b.status === 'resolved') ||
        (a.status === 'resolved' ? 0 : a.severity.localeCompare(b.severity)) ||
        b.detectedAtMs - a.detectedAtMs,
    )
}

export function incidentsMark(state: ConsoleState): IncidentsMark {
  let open = 0
  let drills = 0
  let seq = 0
  let contained = 0
  for (const incident of state.incidents.values()) {
    seq = Math.max(seq, incident.seq)
    if (incident.containedAtMs !== undefined) contained += 1
    if (isOver(incident)) continue
    if (incident.isDrill) drills += 1
    else open += 1
  }
  return { open, drills, mark: `${open} ${drills} ${seq} ${contained}` }
}

const byTime = (a: IncidentFlagView, b: IncidentFlagView) => a.flagAtMs - b.flagAtMs

/** "Reverse SSH tunnel, then GPU mining on gpu-node-17": what paged, in the order in which it happened, and where. */
export function titleOf(incident: IncidentState): string {
  if (incident.title !== undefined) return incident.title
  const inOrder = [...incident.flags].sort(byTime)
  const paged = inOrder.filter(({ severity }) => isPage(severity))
  const titles = [...new Set((paged.length > 0 ? paged : inOrder).map(({ title }) => title))]
  const [first = 'Flags that belong together', second] = titles
  const what = second === undefined ? first : `${first}, then ${lowered(second)}`
  const more = titles.length > 2 ? ` and ${titles.length - 2} more` : ''
  const [host] = incident.hosts
  const [session] = incident.sessions
  const where =
    incident.hosts.length === 1 && host !== undefined
      ? ` on ${host}`
      : incident.hosts.length > 1
        ? ` on ${incident.hosts.length} hosts`
        : session === undefined
          ? ''
          : incident.sessions.length === 1
            ? ` by ${session}`
            : ` by ${incident.sessions.length} sessions`
  return cutText(`${what}${more}${where}`, titleMax)
}

/** Only where the second letter shows that it is no abbreviation. */
function lowered(title: string): string {
  return /^[A-Z][a-z ]/.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title
}

/** A critical flag, or several that page and reach for different ends, or several sessions that page: the worst. */
export function severityOf(incident: IncidentState): IncidentSeverity {
  if (incident.graded) return incident.graded
  const paged = incident.flags.filter(({ severity }) => isPage(severity))
  if (paged.some(({ severity }) => severity === FlagSeverity.enum.critical)) return 'sev1'
  const tactics = new Set(paged.flatMap((each) => each.tactics))
  const sessions = new Set(paged.flatMap(({ session }) => session ?? []))
  if (tactics.size > 1 || sessions.size > 1) return 'sev1'
  return paged.length > 0 ? 'sev2' : 'sev3'
}
