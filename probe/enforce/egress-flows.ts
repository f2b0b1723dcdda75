// Whose the open flows are, and their end: lists the sockets of a namespace, kills those of the given sessions, and asks again until
// none is left.
import { SharedReading } from './egress-batch.ts'
import type { Target } from './egress-target.ts'
import type { EgressTools, Place } from './egress-tools.ts'
import {
  addressFilters,
  cgroupFilters,
  type Flow,
  isAttempt,
  isOpen,
  killArgs,
  listArgs,
  parseFlows,
} from './kill-flows.ts'
import { readHeldSockets } from './session-namespaces.ts'

export type FlowListing = {
  all: Flow[]
  byCgroup: Map<string, Flow[]>
  /** Sockets whose cgroup was removed. */
  gone: Flow[]
  byInode: Map<number, Flow>
}

const triesMax = 6
const betweenTriesMs = 3
const nestedKeptMax = 10_000

export class SessionFlows {
  private readonly readings = new Map<Place, SharedReading<FlowListing>>()
  /** Ids of cgroups that sessions have or had inside their own, by session cgroup: a socket outlives the cgroup it was made in. */
  private readonly nested = new Map<number, Set<number>>()

  constructor(private readonly tools: EgressTools) {}

  /** Read after the call. Throws when it cannot be read. */
  read(place: Place): Promise<FlowListing> {
    let reading = this.readings.get(place)
    if (!reading) {
      reading = new SharedReading(() => this.list(place))
      this.readings.set(place, reading)
    }
    return reading.read()
  }

  leave(place: Place): void {
    this.readings.delete(place)
  }

  forget(cgroupId: number): void {
    this.nested.delete(cgroupId)
  }

  remember({ cgroupId, tasks }: Target): void {
    if (cgroupId === undefined || tasks.cgroups.length < 2) return
    const ids = this.nested.get(cgroupId) ?? new Set<number>()
    this.nested.set(cgroupId, ids)
    for (const { id } of tasks.cgroups) if (ids.size < nestedKeptMax) ids.add(id)
  }

  /** Sockets that were made in the session's cgroup or below it. */
  async of(target: Target, listing: FlowListing): Promise<Flow[]> {
    const own: Flow[] = []
    for (const [cgroup, flows] of listing.byCgroup) {
      if (cgroup === target.cgroupPath || cgroup.startsWith(`${target.cgroupPath}/`)) own.push(...flows)
    }
    if (listing.gone.length === 0) return own
    const ids = target.cgroupId === undefined ? undefined : this.nested.get(target.cgroupId)
    const unclear = listing.gone.filter((flow) => {
      const isOwn = flow.goneCgroup !== undefined && ids?.has(flow.goneCgroup)
      if (isOwn) own.push(flow)
      return !isOwn && flow.inode !== 0
    })
    if (unclear.length === 0) return own
    const held = await readHeldSockets(target.tasks.pids)
    return [...own, ...unclear.filter(({ inode }) => held.has(inode))]
  }

  /**
   * Kills the sessions' open flows in one namespace. Gives how many were killed, and what is open after several tries. Attempts count as
   * neither: a program may make new ones as fast as they are killed. To be called while packets are dropped.
   */
  async kill(place: Place, targets: readonly Target[]): Promise<Map<Target, { killed: number; open: Flow[] }>> {
    const killed = new Map<Target, Set<string>>(targets.map((target) => [target, new Set()]))
    let open = new Map<Target, Flow[]>()
    for (const target of targets) this.remember(target)
    for (let attempt = 0; attempt < triesMax; attempt += 1) {
      if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, betweenTriesMs))
      const folders = targets.flatMap(({ tasks }) => tasks.cgroups.map(({ folder }) => folder))
      const ended = await this.destroy(
        place,
        attempt === 0 ? cgroupFilters(folders) : addressFilters([...open.values()].flat()),
      )
      const listing = await this.list(place)
      const endedListing = indexFlows(ended)
      const endedCookies = new Set(ended.map(({ cookie }) => cookie))
      const openBefore = open
      open = new Map()
      for (const target of targets) {
        // What was its own a moment ago may be closed by now, and no longer tell whose it was.
        const before = (openBefore.get(target) ?? []).filter(({ cookie }) => endedCookies.has(cookie))
        for (const { cookie } of [...before, ...(await this.of(target, endedListing))]) killed.get(target)?.add(cookie)
        const its = (await this.of(target, listing)).filter((flow) => isOpen(flow) && !isAttempt(flow))
        if (its.length > 0) open.set(target, its)
      }
      if (open.size === 0) break
    }
    return new Map(targets.map((t) => [t, { killed: killed.get(t)?.size ?? 0, open: open.get(t) ?? [] }]))
  }

  private async destroy(place: Place, filters: readonly string[]): Promise<Flow[]> {
    const flows: Flow[] = []
    for (const filter of filters) {
      const result = await this.tools.ss(place, [...killArgs, filter])
      if (result.ok) flows.push(...parseFlows(result.stdout))
      // One cgroup that has just gone spoils a whole filter.
      else if (filter.includes(' or cgroup')) flows.push(...(await this.destroy(place, filter.split(' or '))))
    }
    return flows
  }

  private async list(place: Place): Promise<FlowListing> {
    const result = await this.tools.ss(place, listArgs)
    if (!result.ok) throw new Error(`sockets cannot be read: ${result.reason}`)
    return indexFlows(parseFlows(result.stdout))
  }
}

export function indexFlows(all: Flow[]): FlowListing {
  const listing: FlowListing = { all, byCgroup: new Map(), gone: [], byInode: new Map() }
  for (const flow of all) {
    if (flow.inode !== 0) listing.byInode.set(flow.inode, flow)
    if (flow.goneCgroup !== undefined) listing.gone.push(flow)
    if (flow.cgroup === undefined) continue
    const flows = listing.byCgroup.get(flow.cgroup)
    if (flows) flows.push(flow)
    else listing.byCgroup.set(flow.cgroup, [flow])
  }
  return listing
}
