// Which session and action caused a flow that a network sensor saw. Best key first: the same connection on the host (5-tuple, also across
// NAT), else the same destination at the same time, else the address of a session with what its calls say and when they ran.
import type { SessionId } from '../protocol/ids.ts'
import type { NetEnd } from '../protocol/signal.ts'
import type { ClockOffsets } from './clock-offsets.ts'
import { apart, fitInTime } from './compare-times.ts'
import type { Action, ConnectionItem, Decision, FlowItem, ProcessTie, SessionEvidence } from './evidence.ts'
import { type Named, namedBy } from './hints.ts'
import { bitsOf, type Candidate, type Feature, weigh } from './weigh.ts'

export type FlowWorld = {
  offsets: ClockOffsets
  sessionOf(id: SessionId): SessionEvidence | undefined
  processTieOf(connection: ConnectionItem): ProcessTie | undefined
  /** Connections with the same protocol, remote end and local port, in either direction of the flow. */
  connectionsOfPorts(flow: FlowItem): readonly ConnectionItem[]
  /** Connections whose local port is not known, to either end of the flow. */
  connectionsOfRemote(flow: FlowItem): readonly ConnectionItem[]
  sessionsOfAddress(address: string): readonly { session: SessionId; by: 'kernel' | 'told' }[]
  /** Sessions on the hosts whose connections were seen behind this address. */
  sessionsBehind(address: string): readonly SessionId[]
  sessionOfWorkloads(flow: FlowItem): SessionId | undefined
  /** Actions of any session that name one of these. */
  actionsNaming(address: string, names: Iterable<string>): readonly Action[]
  namesOf(address: string): Iterable<string>
}

/** One hypothesis: an action, or a session outside of any known action. */
type What = { session: SessionId; action: Action | undefined; link: Link | undefined }
type Link = { connection: ConnectionItem; tie: ProcessTie | undefined; features: Feature[]; exact: boolean }

const sharedByMax = 64
const same = (a: What, b: What) => a.session === b.session && a.action === b.action

/** Undefined: nothing may be said. `considered`: sessions whose later actions may change that. */
export function tieFlow(world: FlowWorld, flow: FlowItem): { decision: Decision | undefined; considered: SessionId[] } {
  const links = linksOf(world, flow)
  const places = placesOf(world, flow)
  const considered = new Set<SessionId>([...places.keys()])
  const candidates: Candidate<What>[] = []
  for (const link of links) {
    const session = link.tie?.session ?? link.connection.session
    if (session === undefined) continue
    considered.add(session)
    candidates.push(candidateOfLink(world, flow, link, session, places))
  }
  const linked = new Set(candidates.map(({ what }) => what.action))
  const exactSessions = new Set(
    links.filter((link) => link.exact).map((link) => link.tie?.session ?? link.connection.session),
  )
  for (const [session, place] of places) {
    // The host saw the very connection: whose it is, is not a question of addresses any more.
    if (exactSessions.size > 0 && !exactSessions.has(session)) continue
    const link = links.find((each) => (each.tie?.session ?? each.connection.session) === session)
    for (const action of world.sessionOf(session)?.actions.values() ?? []) {
      if (linked.has(action) || isLongOver(world, flow, action)) continue
      const features = [place, ...actionFeatures(world, flow, action, 2 ** -11)]
      // The host saw the very connection and its process is another call's: time alone does not outweigh that.
      if (link?.exact && link.tie?.action) features.push({ name: 'its process is of another call', weightBits: -8 })
      if (bitsOf(features) > -14 + place.weightBits) candidates.push({ what: { session, action, link }, features })
    }
  }
  if (candidates.length === 0 && places.size === 0) {
    candidates.push(...hintsAlone(world, flow))
    for (const { what } of candidates) considered.add(what.session)
    return { decision: decisionOf(world, flow, candidates, links, true), considered: [...considered] }
  }
  return { decision: decisionOf(world, flow, candidates, links, false), considered: [...considered] }
}

function decisionOf(
  world: FlowWorld,
  flow: FlowItem,
  candidates: readonly Candidate<What>[],
  links: readonly Link[],
  hintsOnly: boolean,
): Decision | undefined {
  const weighed = weigh(candidates, same, ({ what }) => {
    const tie = what.link?.tie
    return what.link?.exact === true && (what.action === undefined || (tie?.action === what.action && tie.exact))
  })
  if (weighed) {
    const { session, action, link } = weighed.best.what
    const hasRunnerUp = weighed.runnerUp !== undefined
    return {
      session,
      action,
      level: hintsOnly || needsClockToBeOff(weighed.best.features, link) ? 'possible' : weighed.level,
      score: weighed.score,
      features: [...(link?.features ?? []), ...weighed.best.features.filter((each) => !link?.features.includes(each))],
      runnerUp: {
        session: weighed.runnerUp?.what.session ?? session,
        action: hasRunnerUp ? weighed.runnerUp?.what.action : undefined,
        score: weighed.runnerUpScore,
      },
      clock: action ? estimateOf(world, flow, action) : undefined,
    }
  }
  return sessionAlone(candidates, links)
}

/** Only clocks that are off would explain it, and nothing else ties it exactly: that is a suggestion, not a finding. */
function needsClockToBeOff(features: readonly Feature[], link: Link | undefined): boolean {
  return link?.exact !== true && features.some((each) => each.name === outsideFeature && each.weightBits < -3)
}

/** No action wins, but all that come into question may be of one session. */
function sessionAlone(candidates: readonly Candidate<What>[], links: readonly Link[]): Decision | undefined {
  const exact = links.filter((link) => link.exact)
  const first = exact[0] && (exact[0].tie?.session ?? exact[0].connection.session)
  if (first !== undefined && exact.every((link) => (link.tie?.session ?? link.connection.session) === first)) {
    return {
      session: first,
      action: undefined,
      level: 'confirmed',
      score: 0.99,
      features: exact[0]?.features ?? [],
      runnerUp: undefined,
      clock: undefined,
    }
  }
  // The best of each session stands for it.
  const best = new Map<SessionId, Candidate<What>>()
  for (const candidate of candidates) {
    const known = best.get(candidate.what.session)
    if (!known || bitsOf(candidate.features) > bitsOf(known.features)) best.set(candidate.what.session, candidate)
  }
  const weighed = weigh(
    [...best.values()],
    (a, b) => a.session === b.session,
    () => false,
  )
  if (!weighed?.best.features.some((each) => each.name === addressFeature)) return undefined
  return {
    session: weighed.best.what.session,
    action: undefined,
    level: 'possible',
    score: weighed.score,
    features: weighed.best.features.filter((each) => each.name === addressFeature),
    runnerUp: weighed.runnerUp && {
      session: weighed.runnerUp.what.session,
      action: undefined,
      score: weighed.runnerUpScore,
    },
    clock: undefined,
  }
}

// ---- by a connection that the host saw ---------------------------------------------------------------------------------

function linksOf(world: FlowWorld, flow: FlowItem): Link[] {
  const links: Link[] = []
  for (const connection of world.connectionsOfPorts(flow)) {
    const match = endsMatch(flow, connection)
    if (!match) continue
    const gap = apart(world.offsets, flow, connection, flow.errorMs)
    if (gap.known ? gap.z > 8 && Math.abs(gap.ms) > 2_000 : Math.abs(gap.ms) > 10 * 60_000) continue
    const tie = world.processTieOf(connection)
    const features: Feature[] = [
      match === 'translated-source'
        ? { name: 'same ports and destination, source translated', weightBits: 14 }
        : { name: match === 'nat' ? 'same 5-tuple behind NAT' : 'same 5-tuple', weightBits: 24 },
      { name: 'opened at the same time', weightBits: Math.max(-12, 2 - gap.z * gap.z * 0.5) },
    ]
    links.push({ connection, tie, features, exact: match !== 'translated-source' || gap.z < 6 })
  }
  for (const connection of world.connectionsOfRemote(flow)) {
    if (protocolsDiffer(flow.protocol, connection.protocol)) continue
    const gap = apart(world.offsets, flow, connection, flow.errorMs)
    if (gap.z > 5 && Math.abs(gap.ms) > (gap.known ? 1_500 : 5_000)) continue
    const tie = world.processTieOf(connection)
    const features: Feature[] = [
      { name: 'the host saw a connection there', weightBits: 6 },
      { name: 'at the same time', weightBits: Math.max(-12, 3 - gap.z * gap.z * 0.5) },
    ]
    links.push({ connection, tie, features, exact: false })
  }
  return onePerCall(links)
}

/** Forty connections of one call to one place are one piece of evidence, not forty. */
function onePerCall(links: readonly Link[]): Link[] {
  const best = new Map<unknown, Link>()
  for (const link of links) {
    const key = link.tie?.action ?? link.tie?.session ?? link.connection.session ?? link
    const known = best.get(key)
    if (!known || bitsOf(link.features) > bitsOf(known.features)) best.set(key, link)
  }
  return [...best.values()]
}

function endsMatch(flow: FlowItem, connection: ConnectionItem): 'same' | 'nat' | 'translated-source' | undefined {
  if (protocolsDiffer(flow.protocol, connection.protocol)) return undefined
  for (const [near, far] of [
    [flow.source, flow.destination],
    [flow.destination, flow.source],
  ] as const) {
    const inner = near === flow.source ? flow.translated?.source : flow.translated?.destination
    if (!isSameEnd(far, connection.remote)) continue
    if (connection.local && (isSameEnd(near, connection.local) || (inner && isSameEnd(inner, connection.local))))
      return 'same'
    if (connection.translated && isSameEnd(near, connection.translated)) return 'nat'
    if (connection.local?.port !== undefined && near.port === connection.local.port && !connection.translated)
      return 'translated-source'
  }
  return undefined
}

const isSameEnd = (a: NetEnd, b: NetEnd) => a.address === b.address && a.port === b.port

function protocolsDiffer(a: string, b: string): boolean {
  return a !== b && a !== 'unknown' && b !== 'unknown'
}

function candidateOfLink(
  world: FlowWorld,
  flow: FlowItem,
  link: Link,
  session: SessionId,
  places: ReadonlyMap<SessionId, Feature>,
): Candidate<What> {
  const action = link.tie?.action
  const features = [...link.features]
  const place = places.get(session)
  if (place) features.push(place)
  else if (places.size > 0 && !link.exact) features.push({ name: 'its address is another session’s', weightBits: -16 })
  if (action && link.tie) {
    features.push({
      name: link.tie.exact ? 'its process runs the command of the call' : 'its process is of the call',
      weightBits: Math.log2(link.tie.score) + (link.tie.exact ? 4 : 2),
      detail: processWords(link.connection),
    })
    // The process lives as long as it likes: a flow after the call's end is still the call's.
    features.push(...actionFeatures(world, flow, action, 2 ** -1))
  } else features.push({ name: 'its process is of no known call', weightBits: -2 })
  return { what: { session, action, link }, features }
}

function processWords(connection: ConnectionItem): string | undefined {
  const { process } = connection
  return process && `${process.comm}[${process.pid}]`
}

// ---- by address --------------------------------------------------------------------------------------------------------

const addressFeature = 'address of the session'
const outsideFeature = 'first packet outside of the call’s time'

/** Sessions that either end of the flow may be, with what that is worth. */
function placesOf(world: FlowWorld, flow: FlowItem): Map<SessionId, Feature> {
  const places = new Map<SessionId, Feature>()
  const workload = world.sessionOfWorkloads(flow)
  if (workload !== undefined) {
    places.set(workload, { name: addressFeature, weightBits: 10, detail: 'its container or pod' })
    return places
  }
  const ends = [flow.source, flow.destination, flow.translated?.source, flow.translated?.destination]
  for (const end of ends) {
    if (!end) continue
    const owners = world.sessionsOfAddress(end.address)
    if (owners.length === 0 || owners.length > sharedByMax) continue
    for (const { session } of owners) {
      const weightBits = 8 - Math.log2(owners.length)
      const detail = owners.length === 1 ? end.address : `${end.address}, shared by ${owners.length}`
      if ((places.get(session)?.weightBits ?? -1) < weightBits)
        places.set(session, { name: addressFeature, weightBits, detail })
    }
  }
  if (places.size > 0) return places
  for (const end of [flow.source, flow.destination]) {
    const behind = world.sessionsBehind(end.address)
    if (behind.length === 0 || behind.length > sharedByMax) continue
    const weightBits = 6 - Math.log2(behind.length)
    const detail = `${end.address}, ${behind.length} behind it`
    for (const session of behind) places.set(session, { name: addressFeature, weightBits, detail })
  }
  return places
}

/** Calls that ended long before, and left nothing running, need no weighing: sessions have hundreds of them. */
function isLongOver(world: FlowWorld, flow: FlowItem, action: Action): boolean {
  if (action.endMs === undefined || action.hints.leavesRunning) return false
  const estimate = world.offsets.between(flow.clock, action.clock)
  const correctedMs = flow.atMs + (estimate?.offsetMs ?? 0)
  return correctedMs - action.endMs > (estimate ? 60_000 : 600_000) + 10 * (estimate?.spreadMs ?? 0)
}

// ---- by what the call says and when it ran -----------------------------------------------------------------------------

function actionFeatures(world: FlowWorld, flow: FlowItem, action: Action, leak: number): Feature[] {
  const features: Feature[] = []
  const isLookup = flow.destination.port === 53 || flow.source.port === 53
  const named = bestNamed(world, flow, action, isLookup)
  if (named.place === 'address') features.push({ name: 'the call names the address', weightBits: 7 })
  if (named.place === 'name') features.push({ name: 'the call names the host', weightBits: 7 })
  if (named.place === 'range') features.push({ name: 'the call names its network', weightBits: 5 })
  if (named.place === 'other' && !isLookup) features.push({ name: 'the call names other addresses', weightBits: -3 })
  const isPlace = named.place !== 'other' && named.place !== 'none'
  if (named.port === 'named') features.push({ name: 'the call names the port', weightBits: 2 })
  if (named.port === 'usual') features.push({ name: 'its program uses this port', weightBits: 1.5 })
  if (named.port === 'other' && !isLookup) features.push({ name: 'the call names other ports', weightBits: -1 })
  const left = action.hints.leavesRunning ? (isPlace ? 2 ** -3 : 2 ** -7) : leak
  const fit = fitInTime(
    world.offsets,
    { clock: flow.clock, atMs: flow.atMs, errorMs: flow.errorMs },
    action,
    Math.max(leak, left),
  )
  const sinceMs = fit.correctedMs - action.startMs
  features.push({
    name: fit.probability > 0.5 ? 'first packet while the call ran' : outsideFeature,
    weightBits: fit.bits,
    detail: `${(sinceMs / 1_000).toFixed(2)} s after it began`,
  })
  return features
}

const rank: Record<Named['place'], number> = { address: 4, name: 3, range: 2, none: 1, other: 0 }

/** The far end is whichever the call speaks of: sensors do not always know who opened a flow. */
function bestNamed(world: FlowWorld, flow: FlowItem, action: Action, isLookup: boolean): Named {
  const ends = isLookup ? [flow.destination, flow.source] : [flow.destination, flow.source]
  let best: Named = { place: 'other', port: 'none' }
  for (const end of ends) {
    const names = new Set([...flow.names, ...world.namesOf(end.address)])
    const named = namedBy(action.hints, { address: end.address, port: end.port, names })
    if (rank[named.place] > rank[best.place] || (end === flow.destination && rank[named.place] === rank[best.place]))
      best = named
  }
  return best
}

/** Nothing tells the session: only a call that names the destination, at the right time, may be suggested. */
function hintsAlone(world: FlowWorld, flow: FlowItem): Candidate<What>[] {
  const found = new Set<Action>()
  for (const end of [flow.destination, flow.source])
    for (const action of world.actionsNaming(end.address, [...flow.names, ...world.namesOf(end.address)]))
      found.add(action)
  return [...found].map((action) => ({
    what: { session: action.session, action, link: undefined },
    features: [
      { name: 'nothing else tells the session', weightBits: -12 },
      ...actionFeatures(world, flow, action, 2 ** -11),
    ],
  }))
}

function estimateOf(world: FlowWorld, flow: FlowItem, action: Action): Decision['clock'] {
  const found = world.offsets.between(flow.clock, action.clock)
  return found && { offsetMs: found.offsetMs, spreadMs: found.spreadMs, pairs: Math.min(found.pairs, 1_000_000) }
}
