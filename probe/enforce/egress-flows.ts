// Whose the open flows are, and their end: lists the sockets of a namespace, kills those of the given sessions, and asks again until
// none is left.
import { SharedReading, Turns, WishBatch } from './egress-batch.ts'
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
import { readHeld } from './session-namespaces.ts'

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
/** One with more open flows than that is killed by itself, so many at a time, and holds nobody else up. */
const manyFlows = 256
const fewRunsMax = 4
const manyRunsMax = 2

export type Killed = { killed: number; open: Flow[] }
/** `open`: what was open of it a moment ago. */
type Wanted = { target: Target; open: Flow[] }

export class SessionFlows {
  private readonly readings = new Map<Place, SharedReading<FlowListing>>()
  /** Ids of cgroups that sessions have or had inside their own, by session cgroup: a socket outlives the cgroup it was made in. */
  private readonly nested = new Map<number, Set<number>>()
  /** By the time they may take: a cut must not wait for a restore, nor a restore end early with a cut. */
  private readonly few = new Map<Place, Map<number, WishBatch<Wanted, Killed>>>()
  private readonly many = new Map<number, Turns>()

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
    this.few.delete(place)
  }

  forget(cgroupId: number): void {
    this.nested.delete(cgroupId)
    for (const turns of this.many.values()) turns.forget(cgroupId)
  }

  remember({ cgroupId, tasks }: Target): void {
    if (cgroupId === undefined || tasks.cgroups.length < 2) return
    const ids = this.nested.get(cgroupId) ?? new Set<number>()
    this.nested.set(cgroupId, ids)
    for (const { id } of tasks.cgroups) if (ids.size < nestedKeptMax) ids.add(id)
  }

  /** A cgroup that was seen inside the session's. */
  isNested({ cgroupId }: Target, id: number): boolean {
    return cgroupId !== undefined && this.nested.get(cgroupId)?.has(id) === true
  }

  /** Sockets that were made in the session's cgroup or below it, and those it holds whose cgroup is gone. */
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
    const { sockets } = await readHeld(target.tasks.pids)
    return [...own, ...unclear.filter(({ inode }) => sockets.has(inode))]
  }

  /**
   * Kills a session's open flows in one namespace, for `withinMs` at most. Gives how many were killed, and what is open after that.
   * Attempts count as neither: a program may make new ones as fast as they are killed. To be called while packets are dropped.
   */
  async kill(place: Place, target: Target, withinMs: number): Promise<Killed> {
    this.remember(target)
    const open = (await this.of(target, await this.read(place))).filter(isFlowing)
    if (open.length <= manyFlows) return this.fewAt(place, withinMs).ask({ target, open }, target)
    const turns = this.many.get(withinMs) ?? new Turns(manyRunsMax)
    this.many.set(withinMs, turns)
    return turns.take(target.cgroupId, async () => {
      const [killed] = await this.killAll(place, [{ target, open }], withinMs, true)
      return killed ?? { killed: 0, open }
    })
  }

  private fewAt(place: Place, withinMs: number): WishBatch<Wanted, Killed> {
    const here = this.few.get(place) ?? new Map<number, WishBatch<Wanted, Killed>>()
    this.few.set(place, here)
    const batch =
      here.get(withinMs) ??
      new WishBatch<Wanted, Killed>(async (wanted) => {
        const killed = await this.killAll(place, wanted, withinMs, false)
        return killed.map((value) => ({ ok: true, value }))
      }, fewRunsMax)
    here.set(withinMs, batch)
    return batch
  }

  /** `isMany`: one target, with more open than one run can take. */
  private async killAll(place: Place, wanted: readonly Wanted[], withinMs: number, isMany: boolean): Promise<Killed[]> {
    const endMs = performance.now() + withinMs
    const targets = wanted.map(({ target }) => target)
    const killed = new Map<Target, Set<string>>(targets.map((target) => [target, new Set()]))
    let open = new Map<Target, Flow[]>(wanted.map(({ target, open }) => [target, open]))
    // Addresses that ss could misread are killed by their cgroup.
    let isStuck = false
    for (let attempt = 0; ; attempt += 1) {
      if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, betweenTriesMs))
      const byCgroup = isStuck || (attempt === 0 && !isMany)
      const folders = targets.flatMap(({ tasks }) => tasks.cgroups.map(({ folder }) => folder))
      // Of each only so many: one that opens more and more must not spend the others' time.
      const some = [...open.values()].flatMap((flows) => flows.slice(0, manyFlows))
      const { ended, isComplete } = await this.destroy(
        place,
        byCgroup ? cgroupFilters(folders) : addressFilters(some),
        endMs,
      )
      const listing = await this.list(place)
      const endedListing = indexFlows(ended)
      const endedCookies = new Set(ended.map(({ cookie }) => cookie))
      // A run that was ended by its time kills and tells nothing of it: what it was to end, and is no longer there, it ended.
      const stillThere = isComplete ? undefined : new Set(listing.all.map(({ cookie }) => cookie))
      const openBefore = open
      open = new Map()
      for (const target of targets) {
        // What was its own a moment ago may be closed by now, and no longer tell whose it was.
        const before = (openBefore.get(target) ?? []).filter(
          ({ cookie }) => endedCookies.has(cookie) || stillThere?.has(cookie) === false,
        )
        for (const { cookie } of [...before, ...(await this.of(target, endedListing))]) killed.get(target)?.add(cookie)
        const its = (await this.of(target, listing)).filter(isFlowing)
        if (its.length > 0) open.set(target, its)
      }
      const wentOn = isMany && ended.length > 0
      isStuck = isMany && ended.length === 0
      if (open.size === 0 || performance.now() >= endMs || (attempt + 1 >= triesMax && !wentOn)) break
    }
    return targets.map((t) => ({ killed: killed.get(t)?.size ?? 0, open: open.get(t) ?? [] }))
  }

  /** A run that is under way is ended when the time is up, and then nobody knows what it killed: `isComplete` is false. */
  private async destroy(
    place: Place,
    filters: readonly string[],
    endMs: number,
  ): Promise<{ ended: Flow[]; isComplete: boolean }> {
    const ended: Flow[] = []
    let isComplete = true
    for (const filter of filters) {
      const leftMs = Math.ceil(endMs - performance.now())
      if (leftMs <= 0) break
      const result = await this.tools.ss(place, [...killArgs, filter], leftMs)
      if (result.ok) {
        ended.push(...parseFlows(result.stdout))
        continue
      }
      isComplete = false
      // One cgroup that has just gone spoils a whole filter.
      if (!filter.includes(' or cgroup')) continue
      ended.push(...(await this.destroy(place, filter.split(' or '), endMs)).ended)
    }
    return { ended, isComplete }
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

function isFlowing(flow: Flow): boolean {
  return isOpen(flow) && !isAttempt(flow)
}
