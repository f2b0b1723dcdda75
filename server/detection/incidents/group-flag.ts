// One flag and the incidents that there are: does it join one, open one, or neither? Bounded by what it is given; knows no time but the flag's.
import { type IncidentState, isOver } from '../../model/incident-state.ts'
import type { EventOf } from '../../protocol/event.ts'
import { isPage } from '../../protocol/flag.ts'
import type { HostId, SessionId } from '../../protocol/ids.ts'
import type { IncidentId } from '../../protocol/incident.ts'

/** Evidence of different sessions belongs together when it is no further apart, by our clock. */
export const togetherMs = 60 * 60_000
/** Open at once; what would open a further one joins the newest that has the same rule, or the newest. */
export const openIncidentsMax = 300
const destinationsMax = 8

export type FlagToGroup = {
  flag: EventOf<'flag.raised'>
  /** Of the session, where it is known better than the flag itself knows. */
  host: HostId | undefined
  /** Training run and RL group of the session, as its host or trainer said. */
  run: string | undefined
  group: string | undefined
  isDrill: boolean
}

/** What is known of the sessions of an incident, to compare with. */
export type AboutSessions = (session: SessionId) => {
  run: string | undefined
  group: string | undefined
  /** One of the two was started by a process of the other. */
  isKin: boolean
}

export type Grouping =
  | { is: 'nothing' }
  | { is: 'join'; incident: IncidentId; because: string }
  | { is: 'open'; because: string; follows: IncidentId | undefined }

export function groupFlag(
  incidents: readonly IncidentState[],
  ofSession: (session: SessionId) => IncidentState | undefined,
  given: FlagToGroup,
  about: AboutSessions,
): Grouping {
  const { flag, host, isDrill } = given
  const { session, data, seenAtMs } = flag
  const mayKnow = ({ sessions }: IncidentState) => session === undefined || sessions.includes(session)
  if (incidents.some((each) => mayKnow(each) && each.flags.some((known) => known.flag === flag.id)))
    return { is: 'nothing' }
  const own = session === undefined ? undefined : ofSession(session)
  if (own && own.isDrill === isDrill) {
    if (!isOver(own)) return { is: 'join', incident: own.incident, because: 'same session' }
    if (own.resolved && isLate(flag, own.resolved.atMs))
      return { is: 'join', incident: own.incident, because: 'same session, from before it was resolved' }
  }
  const why = whyItOpens(flag)
  const standing = incidents.filter((each) => !isOver(each) && each.isDrill === isDrill)
  const near = standing.filter((each) => Math.abs(seenAtMs - each.newestAtMs) <= togetherMs)
  const related = relatedOf(near, given, about, why !== undefined)
  if (related) return related
  if (why === undefined) return { is: 'nothing' }
  if (standing.length >= openIncidentsMax) {
    const like = standing.findLast(({ flags }) => flags.some(({ rule }) => rule === data.rule)) ?? standing.at(-1)
    if (like)
      return {
        is: 'join',
        incident: like.incident,
        because: `${openIncidentsMax} incidents are open: this one is the nearest`,
      }
  }
  const follows = own?.resolved && own.isDrill === isDrill ? own.incident : undefined
  const where = session !== undefined ? `session ${session}` : host !== undefined ? `host ${host}` : 'no session known'
  return { is: 'open', because: `${why}: ${where}`, follows }
}

/** What sensors see, and not the agent: their clock can be taken for when it was. */
const sensorSources: ReadonlySet<string> = new Set(['alert', 'connection', 'dns', 'traffic', 'gpu'])
/** Sensors are late by minutes, not hours. */
const lateForMs = 10 * 60_000

/**
 * Of before the incident was resolved, and only told now: it belongs to that and wakes nobody. An agent writes the times of its own
 * events: what it says, however old it says that it is, is new.
 */
function isLate({ data, atMs, seenAtMs }: EventOf<'flag.raised'>, resolvedAtMs: number): boolean {
  return sensorSources.has(data.source) && atMs <= resolvedAtMs && seenAtMs - resolvedAtMs <= lateForMs
}

/** What is enough for an incident of its own. */
export function whyItOpens({ data: { severity, risk } }: EventOf<'flag.raised'>): string | undefined {
  if (isPage(severity)) return `a flag of severity ${severity}`
  return risk?.isIncident === true ? `risk of ${risk.score} points` : undefined
}

/** What would open one may join by lineage, host, run or group; anything milder only by a far end that both name. */
function relatedOf(
  near: readonly IncidentState[],
  { flag, host, run, group }: FlagToGroup,
  about: AboutSessions,
  opens: boolean,
): Extract<Grouping, { is: 'join' }> | undefined {
  const { session, data } = flag
  const join = (each: IncidentState, because: string) => ({ is: 'join', incident: each.incident, because }) as const
  const newestFirst = [...near].reverse()
  const destinations = destinationsOf(data)
  for (const each of newestFirst) {
    const same = destinations.find((destination) => each.destinations.includes(destination))
    if (same !== undefined && (opens || data.severity !== 'informational'))
      return join(each, `same destination ${same}`)
  }
  if (!opens) return undefined
  for (const each of newestFirst) {
    const others = each.sessions.map(about)
    const kin = others.findIndex((other) => other.isKin)
    if (kin >= 0)
      return join(each, `same process lineage: one of it and session ${each.sessions[kin]} started the other`)
    const isOfRule = each.flags.some(({ rule }) => rule === data.rule)
    if (run !== undefined && isOfRule && others.some((other) => other.run === run))
      return join(each, `same rule in the same training run ${run}`)
    if (group !== undefined && others.some((other) => other.group === group))
      return join(each, `same RL group ${group}`)
    const isSameHost = host !== undefined && each.hosts.includes(host)
    if (isSameHost && (session === undefined || each.sessions.length === 0))
      return join(each, `same host ${host}, and of one of them no session is known`)
    if (isSameHost && run !== undefined && others.some((other) => other.run === run))
      return join(each, `same host ${host} and training run ${run}`)
  }
  return undefined
}

const destinationFields = new Set(['DestinationIp', 'DestinationHostname', 'QueryName', 'RemoteIp', 'Destination'])
/** Not a far end that two sessions could share by more than chance. */
const isNear = (value: string) => /^(127\.|0\.0\.0\.0$|::1?$|localhost$|169\.254\.)/.test(value)

/** Far ends that a flag names: addresses and names, no ports. */
export function destinationsOf({ matched }: EventOf<'flag.raised'>['data']): string[] {
  const found = matched
    .filter(({ field }) => destinationFields.has(field))
    .map(({ value }) => value.toLowerCase().slice(0, 128))
    .filter((value) => value !== '' && !isNear(value))
  return [...new Set(found)].slice(0, destinationsMax)
}
