// Takes the network away from a session: every packet is dropped, then open flows are killed. It is cut off only when sets, rules and
// sockets read so; having asked for it proves nothing. Before the network is given back flows are killed again, or what was queued
// meanwhile would be sent.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import type { Ability } from '../../server/protocol/ability.ts'
import type { CgroupHome } from '../cgroup-mount.ts'
import { readCgroupPids } from '../observe/cgroup-pids.ts'
import type { Session } from '../session.ts'
import { inParallel } from './egress-batch.ts'
import { DeviceCuts } from './egress-devices.ts'
import { SessionFlows } from './egress-flows.ts'
import { EgressPlaces } from './egress-places.ts'
import { type PlaceCut, readEgress, readPlace } from './egress-reading.ts'
import { CutTables } from './egress-tables.ts'
import { lookAt, type Target } from './egress-target.ts'
import { EgressTools, type Place } from './egress-tools.ts'
import { tryEgress } from './egress-trial.ts'
import type { Wish } from './egress-wish.ts'
import { EgressWork } from './egress-work.ts'
import type { AskedStep, Enforcer, Reading } from './enforcer.ts'
import { readEveryNamespace } from './session-namespaces.ts'

export type EgressOptions = {
  home: CgroupHome | undefined
  /** Text that is the same after a restart of this probe, so that its table is found again. */
  owner: string
  /** Inode of the network namespace that the probe runs in. */
  hostNetns: number
  /**
   * For cgroups that were adopted at this depth instead of our own: a rule looks at one depth, so each has a table of its own.
   * `paths`: those of them that there are, as nft names them.
   */
  adopted?: { level: number; paths: () => string[] }
  warn: (text: string) => void
}
export type EgressFinding = { ok: true; egress: Egress } | { ok: false; reason: string }

/** Tries everything out. A cut that a probe before this one has made stays in force all the while. Never throws. */
export async function openEgress({ home, owner, hostNetns, adopted, warn }: EgressOptions): Promise<EgressFinding> {
  if (process.getuid?.() !== 0) return { ok: false, reason: 'it needs root' }
  if (!home) return { ok: false, reason: 'it needs cgroup v2' }
  if (home.nftPath === undefined) return { ok: false, reason: 'cgroup v2 is not mounted below /sys/fs/cgroup' }
  const depth = adopted ? `_d${adopted.level}` : ''
  const name = `vigil_cut_${createHash('sha256').update(owner).digest('hex').slice(0, 10)}${depth}`
  const tools = new EgressTools()
  const tables = new CutTables(
    { name, level: adopted?.level ?? home.level + 1 },
    tools,
    adopted?.paths ?? (() => ownPaths(home)),
  )
  const flows = new SessionFlows(tools)
  const held = new EgressPlaces({ netns: hostNetns, path: undefined }, (place) => {
    tables.leave(place)
    flows.leave(place)
  })
  const version = await tools.nft(held.host, ['--version'])
  if (!version.ok) return { ok: false, reason: version.missing ? 'nft (nftables) is not installed' : version.reason }
  const devices = new DeviceCuts(name, tools, held.host)
  const egress = new Egress({ home, tools, held, tables, devices, flows, warn })
  const reason = (await tryEgress(home, held.host, tables, tools)) ?? (await egress.adopt())
  if (reason === undefined) return { ok: true, egress }
  await egress.close()
  return { ok: false, reason }
}

function ownPaths({ folder, nftPath }: CgroupHome): string[] {
  const entries = fs.readdirSync(folder, { withFileTypes: true })
  return entries.flatMap((entry) => (entry.isDirectory() ? [`${nftPath}/${entry.name}`] : []))
}

/** What a host says that has no egress enforcer. */
export function noEgress(reason: string): Ability {
  return { name: 'network', can: 'no', enforcer: '', detail: `The network cannot be taken away here: ${reason}.` }
}

export type EgressParts = {
  home: CgroupHome
  tools: EgressTools
  held: EgressPlaces
  tables: CutTables
  devices: DeviceCuts
  flows: SessionFlows
  warn: (text: string) => void
}

export class Egress implements Enforcer {
  readonly name = 'nft-egress'
  readonly restriction = 'network'
  readonly sweeps = false
  private readonly work: EgressWork
  /** The newest wish of each session: they are granted in their order, and none waits for another session's. */
  private readonly newest = new Map<string, Promise<unknown>>()

  constructor(private readonly parts: EgressParts) {
    this.work = new EgressWork({ ...parts, look: (session) => this.look(session) })
  }

  /** Of the table in which the cut stands, for an operator who wants to look. */
  get tableName(): string {
    return this.parts.tables.table.name
  }

  /** Runs of host tools so far. */
  get runs(): Readonly<EgressTools['runs']> {
    return this.parts.tools.runs
  }

  can(): Ability {
    return {
      name: 'network',
      can: 'proven',
      enforcer: this.name,
      detail:
        'Every packet of the session is dropped (IPv4, IPv6, UDP, DNS and loopback too), open flows are killed and counted to zero, and both are read back; what cannot be reached is said.',
    }
  }

  apply(session: Session): Promise<AskedStep[]> {
    return this.ask({ kind: 'cut', session })
  }

  revert(session: Session): Promise<AskedStep[]> {
    return this.ask({ kind: 'restore', session })
  }

  /** The session is over and its cgroup is empty. Never rejects. */
  async forget(session: Session): Promise<void> {
    try {
      await this.ask({ kind: 'forget', session })
    } catch (error) {
      this.parts.warn(`the egress cut of ${session.id} was not cleared away: ${(error as Error).message}`)
    }
  }

  async observe(session: Session): Promise<Reading> {
    const target = await this.look(session)
    return readEgress(target, this.placesOf(target), this.parts)
  }

  count(session: Session): number {
    return session.cgroupFolder === undefined ? 0 : readCgroupPids(session.cgroupFolder).length
  }

  /**
   * Packets of a session that got past the drop since it was cut; undefined where that is not known. One that was on its way
   * while the rule was set can count: compare with a reading after `apply`.
   */
  packetsPassed(session: Session): Promise<number | undefined> {
    return this.packets(session, ({ passed }) => passed)
  }

  /** Packets of a session that the rule of its cgroup dropped since it was cut; undefined where it is not cut. */
  packetsDropped(session: Session): Promise<number | undefined> {
    return this.packets(session, ({ dropped, inSet }) => (inSet ? dropped : undefined))
  }

  private async packets(session: Session, which: (cut: PlaceCut) => number | undefined): Promise<number | undefined> {
    const target = await this.look(session)
    let sum = 0
    for (const place of this.placesOf(target)) {
      const packets = which(await readPlace(target, place, this.parts))
      if (packets === undefined) return undefined
      sum += packets
    }
    return sum
  }

  /** Finds the cuts of a probe before this one again; gives the reason when that fails. */
  async adopt(): Promise<string | undefined> {
    const { held, tables, devices, warn } = this.parts
    try {
      // Elements of cgroups that are gone stand there as numbers.
      if ((await tables.read(held.host)).cut.size > 0) await tables.replace(held.host)
      const { cut } = await tables.read(held.host)
      const lost = (await devices.adopt()).filter((id) => !cut.has(String(id)))
      await devices.free(new Set(lost))
      await inParallel([...(await readEveryNamespace())], async ([netns, [pid]]) => {
        const place = pid === undefined ? undefined : held.hold(netns, pid)
        if (!place || place === held.host) return
        try {
          for (const id of (await tables.read(place)).cut.keys()) held.noteCut(Number(id), netns)
        } catch (error) {
          warn(`network namespace ${netns}: ${(error as Error).message}`)
        }
      })
      held.letGo()
      return undefined
    } catch (error) {
      return (error as Error).message
    }
  }

  /** Takes the tables away, unless something is still cut: that stays as it is, for the next probe. */
  async close(): Promise<void> {
    const { held, tables, devices } = this.parts
    try {
      if ((await tables.read(held.host)).cut.size > 0) await tables.replace(held.host)
      if ((await tables.read(held.host)).cut.size === 0) {
        await devices.free(new Set(await devices.adopt()))
        await tables.removeTable(held.host)
      }
    } catch {
      // nft refuses: there is nothing that we could take away.
    }
    held.close()
  }

  private ask(wish: Wish): Promise<AskedStep[]> {
    const { id } = wish.session
    const granted = (this.newest.get(id) ?? Promise.resolve()).then(() => this.work.grant(wish))
    const over = granted.then(
      () => {},
      () => {},
    )
    this.newest.set(id, over)
    void over.then(() => {
      if (this.newest.get(id) === over) this.newest.delete(id)
    })
    return granted
  }

  private look(session: Session): Promise<Target> {
    return lookAt(session, this.parts.home, this.parts.held)
  }

  /** Where the session is now, and where it was cut. */
  private placesOf(target: Target): Place[] {
    const before = target.cgroupId === undefined ? [] : this.parts.held.of(target.cgroupId)
    return [...new Set([...target.places, ...before])]
  }
}
