// The cut's own tables in the kernel: puts sessions into their sets and takes them out, in every network namespace concerned, and
// reads them back. It must never touch another table.
import { SharedReading } from './egress-batch.ts'
import { type CutListing, noListing, parseCutListing } from './egress-listing.ts'
import {
  addScript,
  type CutElement,
  type CutTable,
  deleteScript,
  ensureScript,
  removeTableScript,
  replaceScript,
} from './egress-script.ts'
import { cgroupIdOf, nftRoot, type Target } from './egress-target.ts'
import { type EgressTools, isAbsent, type Place } from './egress-tools.ts'

export class CutTables {
  private readonly readings = new Map<Place, SharedReading<CutListing>>()

  constructor(
    readonly table: CutTable,
    private readonly tools: EgressTools,
    /** Every cgroup that may be in the sets, as nft names them. */
    private readonly cgroups: () => string[],
  ) {}

  /**
   * Puts the sessions into the sets. Where there is no table yet, it is made; whether its rules are in shape must be read. Gives the
   * refusal for each session that was refused.
   */
  async add(place: Place, targets: readonly Target[]): Promise<Map<Target, string>> {
    const elements = targets.map(({ nftPath }) => ({ path: nftPath }))
    const done = await this.tools.transact(place, addScript(this.table, elements))
    return done.ok ? new Map() : this.ensure(place, targets)
  }

  /** The same, with the rules put into shape: slower, since the kernel waits for packets under way. */
  async ensure(place: Place, targets: readonly Target[]): Promise<Map<Target, string>> {
    const elements = targets.map(({ nftPath }) => ({ path: nftPath }))
    const done = await this.tools.transact(place, ensureScript(this.table) + addScript(this.table, elements))
    if (done.ok) return new Map()
    if (targets.length > 1) return this.each(targets, (target) => this.ensure(place, [target]))
    return this.replace(place, targets)
  }

  async remove(place: Place, targets: readonly Target[]): Promise<Map<Target, string>> {
    const paths = targets.map(({ nftPath }) => nftPath)
    const done = await this.tools.transact(place, deleteScript(this.table, paths))
    if (done.ok) return new Map()
    if (targets.length > 1) return this.each(targets, (target) => this.remove(place, [target]))
    return new Map(targets.map((target) => [target, `nft: ${done.reason}`]))
  }

  /** Makes the table anew in one transaction, with its present elements and counters: those whose cgroup is gone fall away. */
  async replace(place: Place, targets: readonly Target[] = []): Promise<Map<Target, string>> {
    const problem = await this.makeAnew(place, targets)
    return new Map(problem === undefined ? [] : targets.map((target) => [target, problem]))
  }

  private async makeAnew(place: Place, targets: readonly Target[]): Promise<string | undefined> {
    let listing: CutListing
    try {
      listing = await this.list(place)
    } catch (error) {
      return (error as Error).message
    }
    const elements = new Map<string, CutElement>()
    for (const path of this.cgroups()) {
      const counts = countsOf(listing, path, cgroupIdOf(`${nftRoot}/${path}`))
      if (counts) elements.set(path, { path, ...counts })
    }
    for (const { nftPath } of targets) if (!elements.has(nftPath)) elements.set(nftPath, { path: nftPath })
    const done = await this.tools.transact(place, replaceScript(this.table, [...elements.values()]))
    return done.ok ? undefined : `nft: ${done.reason}`
  }

  private async each(targets: readonly Target[], work: (target: Target) => Promise<Map<Target, string>>) {
    const refused = new Map<Target, string>()
    for (const target of targets) for (const [which, reason] of await work(target)) refused.set(which, reason)
    return refused
  }

  async removeTable(place: Place): Promise<string | undefined> {
    const done = await this.tools.transact(place, removeTableScript('inet', this.table.name))
    return done.ok ? undefined : done.reason
  }

  /** Read after the call. Throws when it cannot be read; a table that is not there is an empty one. */
  read(place: Place): Promise<CutListing> {
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

  private async list(place: Place): Promise<CutListing> {
    const result = await this.tools.list(place, 'inet', this.table.name)
    if (result.ok) return parseCutListing(result.stdout, this.table.level)
    if (isAbsent(result.reason)) return noListing
    throw new Error(`table inet ${this.table.name} cannot be read: ${result.reason}`)
  }
}

/** Packets of a session by the counters of its element; undefined when it is not in the set. */
export function countsOf(
  listing: CutListing,
  nftPath: string,
  cgroupId: number | undefined,
): { dropped: number; passed: number | undefined } | undefined {
  const of = (set: ReadonlyMap<string, number>) => set.get(String(cgroupId)) ?? set.get(nftPath)
  const dropped = of(listing.cut)
  return dropped === undefined ? undefined : { dropped, passed: of(listing.passed) }
}
