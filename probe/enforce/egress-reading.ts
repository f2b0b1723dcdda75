// Says from what the kernel shows whether a session is cut off: in the set, under an untouched rule, in every namespace it is in, and
// without an open flow. What a cgroup's rule cannot reach is said as left.
import { cutText, shortTextMax } from '../../server/protocol/text.ts'
import { isInside } from '../observe/processes.ts'
import { readNetns, readSocketInodes, readStat } from '../observe/read-process.ts'
import type { DeviceCuts } from './egress-devices.ts'
import type { FlowListing, SessionFlows } from './egress-flows.ts'
import type { EgressPlaces } from './egress-places.ts'
import { type CutTables, countsOf } from './egress-tables.ts'
import { placesMax, type Target } from './egress-target.ts'
import type { Place } from './egress-tools.ts'
import type { Reading } from './enforcer.ts'
import { type Flow, isAttempt, isBelowIp, isOpen } from './kill-flows.ts'
import { readHeld, readRawInodes } from './session-namespaces.ts'

export type ReadingParts = { tables: CutTables; flows: SessionFlows; devices: DeviceCuts; held: EgressPlaces }

/** The cut in one namespace. */
export type PlaceCut = { place: Place; inSet: boolean; inForce: boolean; dropped: number; passed: number | undefined }
type DeviceState = { cut: string[]; broken: string[]; dropped: number }
const noDevices: DeviceState = { cut: [], broken: [], dropped: 0 }

/** `places`: every namespace that counts, the host's own first. */
export async function readEgress(target: Target, places: readonly Place[], parts: ReadingParts): Promise<Reading> {
  parts.flows.remember(target)
  const observedFrom = `nft list table inet ${parts.tables.table.name}; ss`
  const empty = target.tasks.pids.length === 0
  if (target.cgroupId === undefined) {
    return { restricted: false, observed: 'cgroup is gone', observedFrom, empty: true, left: [] }
  }
  const [cuts, listings, devices] = await Promise.all([
    Promise.all(places.map((place) => readPlace(target, place, parts))),
    Promise.all(places.map(async (place) => [place, await parts.flows.read(place)] as const)),
    readDevices(target, parts),
  ])
  const open: Flow[] = []
  let attempts = 0
  for (const [place, listing] of listings) {
    // Where every packet is dropped, an attempt is not a flow: a program that tries again and again is cut off all the same.
    const dropped = cuts.some((cut) => cut.place === place && cut.inForce)
    for (const flow of (await parts.flows.of(target, listing)).filter(isOpen)) {
      if (dropped && isAttempt(flow)) attempts += 1
      else open.push(flow)
    }
  }
  const stateOf = (place: Place) => devices.get(place.netns) ?? noDevices
  const left = cuts.filter(({ inForce }) => !inForce).map((cut) => missingAt(cut, stateOf(cut.place), parts))
  const inForce = left.length === 0
  const anything = cuts.some((cut) => cut.inForce) || [...devices.values()].some(({ cut }) => cut.length > 0)
  for (const { broken } of devices.values()) {
    if (broken.length > 0) left.push(`No longer cut on the host's side: ${some(broken)}.`)
  }
  if (open.length > 0) {
    left.push(`${count(open.length, 'flow')} still open: ${some(open.map(({ remote }) => remote))}.`)
  }
  left.push(...limitsOf(target))
  if (anything) {
    const closed = (place: Place): boolean =>
      stateOf(place).cut.length > 0 && parts.devices.otherWays(place.netns)?.length === 0
    left.push(...(await heldBesides(target, listings, closed, parts)), ...(await heldOutside(target, listings, parts)))
  }
  const inSet = cuts.some((cut) => cut.inSet)
  const dropped = [...cuts, ...devices.values()].reduce((sum, cut) => sum + cut.dropped, 0)
  const tried = attempts > 0 ? `, ${count(attempts, 'attempt')}` : ''
  const counted = inSet || dropped > 0 ? `, ${count(dropped, 'packet')} dropped` : ''
  return {
    restricted: anything ? (inForce && left.length === 0 ? true : 'mixed') : false,
    observed: `${inSet ? 'in set cut' : 'not in set cut'}, ${count(open.length, 'flow')} open${tried}${counted}`,
    attempts,
    observedFrom,
    empty,
    left: anything || inSet ? left : [],
  }
}

export async function readPlace(
  target: Target,
  place: Place,
  { tables }: Pick<ReadingParts, 'tables'>,
): Promise<PlaceCut> {
  const listing = await tables.read(place)
  const counts = countsOf(listing, target.nftPath, target.cgroupId)
  return {
    place,
    inSet: counts !== undefined,
    inForce: counts !== undefined && listing.drops,
    dropped: counts?.dropped ?? 0,
    passed: listing.watches ? counts?.passed : undefined,
  }
}

async function readDevices(target: Target, { devices }: ReadingParts): Promise<Map<number, DeviceState>> {
  const states = new Map<number, DeviceState>()
  for (const cut of devices.of(target.cgroupId)) {
    const dropped = await devices.dropped(cut)
    if (dropped === 'gone') continue
    const state = states.get(cut.netns) ?? { cut: [], broken: [], dropped: 0 }
    states.set(cut.netns, state)
    if (dropped === undefined) state.broken.push(cut.device)
    else state.cut.push(cut.device)
    state.dropped += dropped ?? 0
  }
  return states
}

function missingAt(cut: PlaceCut, devices: DeviceState, { held, devices: cuts }: ReadingParts): string {
  const where = cut.place === held.host ? "this host's network namespace" : `network namespace ${cut.place.netns}`
  const what = cut.inSet ? `The drop rule is missing or changed in ${where}` : `Not in the cut set of ${where}`
  if (devices.cut.length === 0) return `${what}.`
  const others = cuts.otherWays(cut.place.netns)
  const besides =
    others === undefined
      ? 'whether it has other ways out is not known'
      : others.length === 0
        ? 'only traffic that stays inside it passes'
        : `it has other devices: ${some(others)}`
  return `${what}; cut on the host's side: ${some(devices.cut)}; ${besides}.`
}

function limitsOf({ placesCut, tasks }: Target): string[] {
  return [
    ...(placesCut ? [`It is in more than ${placesMax} network namespaces of its own: not all of them are cut.`] : []),
    ...(tasks.cutShort ? ['It has more cgroups or threads than can be read: some may be elsewhere.'] : []),
  ]
}

/**
 * What its processes hold that the rule does not match: sockets that were made in another cgroup, connected or not, and what lies below
 * the IP layer. A cgroup that is gone counts as the session's own only where it was seen inside it.
 */
async function heldBesides(
  target: Target,
  listings: readonly (readonly [Place, FlowListing])[],
  closed: (place: Place) => boolean,
  { flows, held: places }: ReadingParts,
): Promise<string[]> {
  const held = await readHeld(target.tasks.pids)
  const left = held.cutShort ? ['Its processes have more open descriptors than can be read.'] : []
  for (const [device, pid] of held.devices) {
    left.push(`Process ${pid} holds /dev/${device}, which no rule of a cgroup stops.`)
  }
  for (const [place, { all, byInode }] of listings) {
    const isClosed = closed(place)
    for (const flow of all) {
      const pid = flow.inode === 0 || isReached(flow, target, flows) ? undefined : held.sockets.get(flow.inode)
      // What leaves through another machine's socket leaves through no device.
      // Listeners too: what they accept is theirs, not the session's.
      if (pid === undefined || (isClosed && !isVsock(flow))) continue
      if (isBelowIp(flow)) left.push(`Process ${pid} holds ${remoteOf(flow)}, which no rule of a cgroup stops.`)
      else if (flow.cgroup === undefined && flow.goneCgroup === undefined) {
        left.push(`Process ${pid} holds a socket of which the kernel does not say who made it: ${remoteOf(flow)}.`)
      } else left.push(`Process ${pid} holds a socket that was made outside the session: ${remoteOf(flow)}.`)
    }
    const task = place === places.host ? 'self' : target.tasks.namespaces.get(place.netns)
    if (isClosed || task === undefined) continue
    for (const inode of readRawInodes(task)) {
      const pid = byInode.has(inode) ? undefined : held.sockets.get(inode)
      if (pid !== undefined)
        left.push(`Process ${pid} holds a raw socket of which the kernel does not say who made it.`)
    }
  }
  return shorten(left)
}

function isReached(flow: Flow, target: Target, flows: SessionFlows): boolean {
  if (isBelowIp(flow)) return false
  if (flow.goneCgroup !== undefined) return flows.isNested(target, flow.goneCgroup)
  return flow.cgroup !== undefined && isInside(flow.cgroup, target.cgroupPath)
}

function isVsock(flow: Flow): boolean {
  return flow.protocol.startsWith('v_')
}

/** Open sockets of processes that have left the session's cgroup. */
async function heldOutside(
  { session }: Target,
  listings: readonly (readonly [Place, FlowListing])[],
  { flows, held }: ReadingParts,
): Promise<string[]> {
  const left: string[] = []
  for (const known of session.processes.values()) {
    if (!known.escaped || readStat(known.pid)?.startTicks !== known.startTicks) continue
    const netns = readNetns(known.pid)
    const here = listings.some(([place]) => place.netns === netns)
    const elsewhere = here || netns === 0 ? undefined : held.hold(netns, known.pid)
    const all = [...listings.map(([, listing]) => listing), ...(elsewhere ? [await flows.read(elsewhere)] : [])]
    const sockets = readSocketInodes(known.pid).flatMap((inode) => {
      const flow = all.map(({ byInode }) => byInode.get(inode)).find((found) => found !== undefined)
      return flow ? [remoteOf(flow)] : []
    })
    if (sockets.length === 0) continue
    const who = `Process ${known.pid} (${JSON.stringify(cutText(known.comm, 64))})`
    left.push(`${who} is outside the session's cgroup with ${count(sockets.length, 'open socket')}: ${some(sockets)}.`)
  }
  return shorten(left)
}

function remoteOf(flow: Flow): string {
  if (isVsock(flow)) return 'a socket to a virtual machine'
  return isBelowIp(flow) ? 'a packet socket' : isOpen(flow) ? flow.remote : `${flow.protocol} ${flow.local}`
}

const shownMax = 3

function some(texts: readonly string[]): string {
  const shown = texts.slice(0, shownMax).map((text) => cutText(text, 64))
  return texts.length > shownMax ? `${shown.join(', ')} and ${texts.length - shownMax} more` : shown.join(', ')
}

function shorten(left: readonly string[]): string[] {
  const shown = left.slice(0, shownMax).map((text) => cutText(text, shortTextMax))
  return left.length > shownMax ? [...shown, `And ${left.length - shownMax} more of that kind.`] : shown
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
