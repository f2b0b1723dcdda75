// Cuts the host's ends of the veth pairs that lead into a namespace of one session alone: from there no rule inside the namespace
// matters, which its root could flush.
import fs from 'node:fs'
import { readStat } from '../observe/read-process.ts'
import { SharedReading } from './egress-batch.ts'
import { type DeviceListing, droppedAtDevice, parseDeviceChain, parseDeviceListing } from './egress-listing.ts'
import {
  cutDevicesScript,
  type DeviceCut,
  deviceChains,
  freeDevicesScript,
  removeTableScript,
} from './egress-script.ts'
import type { Target } from './egress-target.ts'
import { type EgressTools, isAbsent, type Place } from './egress-tools.ts'
import { readPeers } from './veth-peer.ts'

export class DeviceCuts {
  /** By session cgroup. */
  private readonly cuts = new Map<number, DeviceCut[]>()
  /** Other ways out of a namespace, as they were when its devices were cut. */
  private readonly others = new Map<number, string[]>()
  private readonly reading: SharedReading<DeviceListing>

  constructor(
    private readonly name: string,
    private readonly tools: EgressTools,
    private readonly host: Place,
  ) {
    this.reading = new SharedReading(() => this.list())
  }

  /** Knows again what a probe before this one has cut. */
  async adopt(): Promise<number[]> {
    for (const [name, { header }] of (await this.list()).chains) {
      const cut = parseDeviceChain(name, header)
      if (cut && !this.of(cut.cgroupId).some(({ ifindex }) => ifindex === cut.ifindex)) this.keep(cut)
    }
    return [...this.cuts.keys()]
  }

  of(cgroupId: number | undefined): readonly DeviceCut[] {
    return (cgroupId === undefined ? undefined : this.cuts.get(cgroupId)) ?? []
  }

  /** Devices inside that may lead out besides those that are cut; undefined when that is not known. */
  otherWays(netns: number): readonly string[] | undefined {
    return this.others.get(netns)
  }

  /** Cuts what leads into the namespace; says in a sentence why nothing was cut. */
  async cut(target: Target, place: Place, everyNamespace: ReadonlyMap<number, number[]>): Promise<string | undefined> {
    const { cgroupId } = target
    if (cgroupId === undefined) return 'its cgroup is gone'
    if (!isAlone(target, everyNamespace.get(place.netns) ?? [])) return 'others use it too'
    const found = await readPeers(this.tools, this.host, place)
    if (!found) return 'its devices cannot be told'
    this.others.set(place.netns, found.others)
    const cuts = found.peers.map((peer) => ({ ...peer, netns: place.netns, cgroupId }))
    if (cuts.length === 0) return 'no device of this host leads into it'
    const done = await this.tools.transact(this.host, cutDevicesScript(this.name, cuts))
    if (!done.ok) return `nft: ${done.reason}`
    for (const cut of cuts) if (!this.of(cgroupId).some(({ ifindex }) => ifindex === cut.ifindex)) this.keep(cut)
    return undefined
  }

  private keep(cut: DeviceCut): void {
    this.cuts.set(cut.cgroupId, [...this.of(cut.cgroupId), cut])
  }

  /** Lets the devices of these sessions go again. Throws when the kernel refuses. */
  async free(cgroupIds: ReadonlySet<number>): Promise<void> {
    const cuts = [...cgroupIds].flatMap((id) => this.of(id))
    if (cuts.length === 0) return
    const listing = await this.list()
    const chains = cuts.flatMap(deviceChains).filter(({ name }) => listing.chains.has(name))
    const names = chains.map(({ name }) => name)
    const script =
      names.length === listing.chains.size
        ? removeTableScript('netdev', this.name)
        : freeDevicesScript(this.name, names)
    const done = await this.tools.transact(this.host, script)
    if (!done.ok) throw new Error(`nft: ${done.reason}`)
    for (const { netns } of cuts) this.others.delete(netns)
    for (const id of cgroupIds) this.cuts.delete(id)
  }

  /** Packets dropped at a device; `gone` when there is no such device any more, undefined when it is not cut. */
  async dropped(cut: DeviceCut): Promise<number | 'gone' | undefined> {
    if (readIfindex(cut.device) !== cut.ifindex) return 'gone'
    return droppedAtDevice(await this.reading.read(), cut)
  }

  private async list(): Promise<DeviceListing> {
    const result = await this.tools.list(this.host, 'netdev', this.name)
    if (result.ok) return parseDeviceListing(result.stdout)
    if (isAbsent(result.reason)) return { chains: new Map() }
    throw new Error(`table netdev ${this.name} cannot be read: ${result.reason}`)
  }
}

/** Every process in the namespace is this session's: in its cgroup, or escaped from it. */
export function isAlone(target: Target, pids: readonly number[]): boolean {
  const own = new Set(target.tasks.pids)
  for (const known of target.session.processes.values()) {
    if (known.escaped && readStat(known.pid)?.startTicks === known.startTicks) own.add(known.pid)
  }
  return pids.length > 0 && pids.every((pid) => own.has(pid))
}

function readIfindex(device: string): number | undefined {
  try {
    return Number(fs.readFileSync(`/sys/class/net/${device}/ifindex`, 'utf8'))
  } catch {
    return undefined
  }
}
